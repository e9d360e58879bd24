/** Targets that come and go, of every runtime, and of runtimes in trouble: killed, silent, talking nonsense. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ContainerdDaemon, startContainerd } from '../support/containerd.ts';
import { type Docker, image, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { startPodman } from '../support/podman.ts';
import { start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'docker', 'cc');
const noPodman = need('linux', 'root', 'cc', 'podman');
const noContainerd = need('linux', 'root', 'cc', 'containerd', 'cni');

/** Names that no other test uses: groups ask every runtime of the machine. */
const tag = `lv${process.pid}`;

let docker: Docker;
before(async () => {
  if (!skip) docker = await startDocker();
});
after(async () => {
  stopAll();
  await docker?.stop();
});

const startContainer = (name: string, ...command: string[]) =>
  docker.later('run', '--detach', '--name', name, '--network', docker.network, image, ...command);

const here = () => ['--socket', docker.host.replace('unix://', '')];
const joined = (name: string) => new RegExp(`^\\+ ${name} \\(docker, [0-9a-f]{12}\\) joined$`, 'm');

test('a daemon that is killed and started again: packets go on, then who is there is found anew', {
  skip,
}, async () => {
  docker.start('steady', [], 'tick', '127.0.0.1', '9', '10');
  const watch = start(['dump', ...here(), '-nn', 'steady', 'udp port 9']);
  await watch.listening();
  docker.killDaemon();
  await watch.saw(
    /docker (no longer tells|does not tell) what starts and ends \(.*\): it is asked until it does/,
  );
  const seen = watch.stdout().length;
  await until(() => watch.stdout().length > seen + 1000, 'packets without a daemon');
  await docker.startDaemon();
  await watch.saw(/docker tells (again )?what starts and ends$/m);
  // Without live-restore a daemon ends what it finds.
  await watch.saw(/^- steady left/m);
  await docker.later('start', 'steady');
  await watch.saw(/^\+ steady \(docker, [0-9a-f]{12}\) joined again$/m);
  assert.equal((await watch.stop()).code, 0);
});

test('a socket that hangs and one that answers garbage: told, and the others are followed', {
  skip,
}, async () => {
  const directory = temporaryDirectory('living');
  const servers: Server[] = [];
  const listen = (name: string, answer: string) => {
    const server = createServer((peer) => {
      peer.on('error', () => {});
      if (answer !== '') peer.end(answer);
    });
    servers.push(server);
    return new Promise<void>((done) => server.listen(join(directory, name), done));
  };
  await listen('docker.sock', '');
  await listen('podman.sock', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[{"x"');
  try {
    docker.start(`${tag}-a`, [], 'idle');
    const watch = start(['watch', `${tag}-*`]);
    await watch.listening();
    await startContainer(`${tag}-b`, 'idle');
    await watch.saw(joined(`${tag}-b`));
    await watch.saw(
      /docker does not tell what starts and ends \(.*silent for 2 s\): it is asked until it does/,
    );
    await docker.later('kill', `${tag}-b`);
    await watch.saw(new RegExp(`^- ${tag}-b left(?:: exit code 137)?$`, 'm'));
    assert.equal((await watch.stop()).code, 0);
  } finally {
    for (const server of servers) server.close();
  }
});

test('podman: a container that is started again, and one that joins', { skip: noPodman }, async () => {
  const podman = startPodman();
  try {
    podman.start(`${tag}p1`, [], 'tick', '127.0.0.1', '9', '20');
    const watch = start(['dump', '-nn', `${tag}p*`, 'udp port 9']);
    await watch.listening();
    podman.run('kill', `${tag}p1`);
    await watch.saw(new RegExp(`^- ${tag}p1 left`, 'm'));
    podman.run('start', `${tag}p1`);
    await watch.saw(new RegExp(`^\\+ ${tag}p1 \\(podman, [0-9a-f]{12}\\) joined again$`, 'm'));
    podman.start(`${tag}p2`, [], 'tick', '127.0.0.1', '9', '20');
    await watch.saw(new RegExp(`^\\+ ${tag}p2 \\(podman, [0-9a-f]{12}\\) joined$`, 'm'));
    await watch.saw(new RegExp(`${tag}p2/lo In {2}IP `));
    assert.equal((await watch.stop()).code, 0);
  } finally {
    podman.stop();
  }
});

test('containerd and its CRI: a container of a namespace, a pod', { skip: noContainerd }, async () => {
  const containerd: ContainerdDaemon = await startContainerd();
  try {
    containerd.run('default', `${tag}c1`, [], 'idle');
    const watch = start(['dump', '-nn', `${tag}c*`, 'udp port 9']);
    await watch.listening();
    containerd.run('default', `${tag}c2`, [], 'tick', '127.0.0.1', '9', '20');
    await watch.saw(new RegExp(`^\\+ ${tag}c2 \\(containerd\\) joined$`, 'm'));
    const pod = await containerd.runPod({ namespace: 'shop', name: `${tag}c3` });
    await watch.saw(new RegExp(`^\\+ ${tag}c3 \\(cri, [0-9a-f]{12}\\) joined$`, 'm'));
    await containerd.runInPod(pod, 'app', ['tick', '127.0.0.1', '9', '20']);
    await watch.saw(new RegExp(`${tag}c3/lo In {2}IP `));
    containerd.ctr('default', 'tasks', 'kill', '--signal', 'KILL', `${tag}c2`);
    await watch.saw(new RegExp(`^- ${tag}c2 left`, 'm'));
    assert.equal((await watch.stop()).code, 0);
  } finally {
    await containerd.stop();
  }
});
