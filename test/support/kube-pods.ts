/** Traffic of a pod's own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { resolve } from '../../src/target/index.ts';

/** Asks over the loopback of a pod (`namespace/name`) of this runtime, and waits for the answer. */
export async function askInPod(socket: string, pod: string, port: number, path: string): Promise<void> {
  const [target] = await resolve(`pod:${pod}`, { runtime: 'cri', socket });
  const call = [
    `exec 3<>/dev/tcp/127.0.0.1/${port}`,
    `printf 'GET ${path} HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n' >&3`,
    'cat <&3',
  ];
  const caller = spawn(
    'nsenter',
    [`--net=/proc/${target!.pid}/ns/net`, '--', 'timeout', '10', 'bash', '-c', call.join('; ')],
    { stdio: 'ignore' },
  );
  const code = await new Promise((done) => caller.once('close', done));
  assert.equal(code, 0, path);
}
