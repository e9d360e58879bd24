// The demo's container: processes of this very Node in a network namespace of their own, talking HTTP
// and DNS. Nothing is installed, nothing leaves the machine, all is gone when `stop` is called or we die.
import { spawn } from 'node:child_process';
import { programPath } from '../util/program.ts';

export interface Demo {
  /** First process of the namespace. */
  readonly pid: number;
  stop(): void;
}

/** Resolves when the server listens. Needs CAP_SYS_ADMIN (unshare). */
export function startDemo(): Promise<Demo> {
  const child = spawn(process.execPath, [...process.execArgv, programPath('demo/container')], {
    // Its stdin is our end of a pipe: it ends when we do, whatever happens to us.
    stdio: ['pipe', 'pipe', 'inherit'],
    // Terminal signals are for the watcher.
    detached: true,
  });
  const stop = () => void child.kill('SIGTERM');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the demo container ended at once (exit status ${code})`)));
    child.stdout.once('data', () => {
      child.unref();
      (child.stdin as unknown as { unref(): void }).unref();
      (child.stdout as unknown as { unref(): void }).unref();
      resolve({ pid: child.pid!, stop });
    });
  });
}
