/**
 * A containerd of our own: data, state and socket in a temporary directory, pods made through its CRI, other
 * containers by `ctr`. What it mounts, what it runs and the networks of its pods are gone when it stops.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrpcClient } from '../../src/target/grpc/client.ts';
import { type Field, type Message, mapFields } from '../../src/target/grpc/protobuf.ts';
import { atEnd } from './at-end.ts';
import { scratchImage, writeScratchImage } from './scratch-image.ts';
import { temporaryDirectory } from './upbeat.ts';
import { until } from './wait.ts';

export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly isHostNetwork?: boolean;
}

export interface Pod extends PodSpec {
  readonly sandboxId: string;
  readonly sandboxFields: readonly Field[];
}

export interface ContainerdDaemon {
  readonly socket: string;
  readonly pid: number;
  /** The ctr command in a containerd namespace. */
  ctr(namespace: string, ...args: string[]): string;
  /** Starts a container through the native API. */
  run(namespace: string, id: string, options: readonly string[], ...command: string[]): void;
  runPod(spec: PodSpec): Promise<Pod>;
  /** Returns the container's id. */
  runInPod(pod: Pod, name: string, args: readonly string[], attempt?: number): Promise<string>;
  stopContainer(id: string): Promise<void>;
  stopPod(pod: Pod): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param socketName by which it is found, or not
 * @param subnet of its pods: two at once need two
 */
export async function startContainerd(
  socketName = 'containerd.sock',
  subnet = `10.214.${process.pid % 250}.0/24`,
): Promise<ContainerdDaemon> {
  const directory = temporaryDirectory('containerd');
  const socket = join(directory, 'state', socketName);
  mkdirSync(join(directory, 'state'));
  const config = join(directory, 'config.toml');
  writeFileSync(config, configuration(directory, socket));
  mkdirSync(join(directory, 'net.d'));
  writeFileSync(join(directory, 'net.d', '1.conflist'), JSON.stringify(network(directory, subnet)));
  const daemon = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'containerd', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [daemon.stdout, daemon.stderr])
    stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  const exited = new Promise<void>((done) => daemon.once('exit', () => done()));
  const ctr = (namespace: string, ...args: string[]) =>
    execFileSync('ctr', ['--address', socket, '--namespace', namespace, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .toString()
      .trimEnd();
  let stopped = false;
  /** By id, the namespace that the CRI names for a pod: it would outlive a daemon that is killed. */
  const netns = new Map<string, string>();
  atEnd(() => {
    if (!stopped) sweep(directory, daemon.pid!, netns);
  });
  const answers = () => {
    try {
      return ctr('default', 'version');
    } catch {
      if (daemon.exitCode !== null) throw new Error(`containerd ended with ${daemon.exitCode}:\n${log}`);
      return '';
    }
  };
  await until(answers, () => `containerd:\n${log}`);
  const image = writeScratchImage(directory);
  const supplied = new Set<string>();
  /** Images are of one namespace too. */
  const supply = (namespace: string) => {
    if (!supplied.has(namespace)) ctr(namespace, 'images', 'import', '--snapshotter', 'native', image);
    supplied.add(namespace);
  };
  supply('k8s.io');
  // Starting a pod takes a second or two on a busy machine.
  const client = new GrpcClient(socket, 60_000);
  const cri = (method: string, fields: readonly Field[]): Promise<Message> =>
    client.call(`/runtime.v1.RuntimeService/${method}`, fields);
  const pods: Pod[] = [];
  const natives: [string, string][] = [];
  return {
    socket,
    pid: daemon.pid!,
    ctr,
    run(namespace, id, options, ...command) {
      supply(namespace);
      const args = ['run', '--detach', '--snapshotter', 'native', ...options, scratchImage, id];
      ctr(namespace, ...args, '/upbeat', ...command);
      natives.push([namespace, id]);
    },
    async runPod(spec) {
      const sandboxFields = sandboxConfig(spec, directory);
      const answer = await cri('RunPodSandbox', [[1, sandboxFields]]);
      const pod = { ...spec, sandboxId: answer.string(1), sandboxFields };
      pods.push(pod);
      const status = await cri('PodSandboxStatus', [
        [1, pod.sandboxId],
        [2, true],
      ]);
      const path = /"type":"network","path":"([^"]+)"/.exec(status.map(2)['info'] ?? '')?.[1];
      if (path !== undefined) netns.set(pod.sandboxId, path);
      return pod;
    },
    async runInPod(pod, name, args, attempt = 0) {
      const created = await cri('CreateContainer', [
        [1, pod.sandboxId],
        [2, containerConfig(pod, name, args, attempt)],
        [3, pod.sandboxFields],
      ]);
      const id = created.string(1);
      await cri('StartContainer', [[1, id]]);
      return id;
    },
    async stopContainer(id) {
      await cri('StopContainer', [[1, id]]);
    },
    async stopPod(pod) {
      const { sandboxId } = pod;
      pods.splice(pods.indexOf(pod), 1);
      await cri('StopPodSandbox', [[1, sandboxId]]);
      await cri('RemovePodSandbox', [[1, sandboxId]]);
    },
    async stop() {
      for (const [namespace, id] of natives) {
        ctr(namespace, 'tasks', 'rm', '--force', id);
        ctr(namespace, 'containers', 'rm', id);
      }
      for (const { sandboxId } of pods) {
        await cri('StopPodSandbox', [[1, sandboxId]]);
        await cri('RemovePodSandbox', [[1, sandboxId]]);
      }
      daemon.kill('SIGTERM');
      await exited;
      stopped = true;
      sweep(directory, 0, new Map());
    },
  };
}

/** PodSandboxConfig: metadata 1, hostname 2, log_directory 3, labels 6, linux 8 (security_context 2 (namespaces 1)). */
function sandboxConfig({ name, namespace, labels = {}, isHostNetwork }: PodSpec, directory: string): Field[] {
  const kubelet = {
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.uid': `uid-${namespace}-${name}`,
  };
  const NODE = 2;
  return [
    [
      1,
      [
        [1, name],
        [2, `uid-${namespace}-${name}`],
        [3, namespace],
      ],
    ],
    ...(isHostNetwork ? [] : [[2, name] as const]),
    [3, join(directory, 'logs')],
    ...mapFields(6, { ...labels, ...kubelet }),
    [8, [[2, [[1, isHostNetwork ? [[1, NODE]] : []]]]]],
  ];
}

/** ContainerConfig: metadata 1, image 2, command 3, args 4, labels 9, log_path 11, linux 15. */
function containerConfig(pod: Pod, name: string, args: readonly string[], attempt: number): Field[] {
  return [
    [
      1,
      [
        [1, name],
        [2, attempt],
      ],
    ],
    [2, [[1, scratchImage]]],
    [3, '/upbeat'],
    ...args.map((arg): Field => [4, arg]),
    ...mapFields(9, {
      'io.kubernetes.container.name': name,
      'io.kubernetes.pod.name': pod.name,
      'io.kubernetes.pod.namespace': pod.namespace,
    }),
    [11, `${pod.name}-${name}-${attempt}.log`],
    [15, [[2, []]]],
  ];
}

function configuration(directory: string, socket: string): string {
  const own = ['btrfs', 'zfs', 'devmapper', 'aufs', 'overlayfs'].map(
    (s) => `io.containerd.snapshotter.v1.${s}`,
  );
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ${JSON.stringify(own)}
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${scratchImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/net.d"
`;
}

/** A veth pair for each pod and an address, no rules of a packet filter. */
function network(directory: string, subnet: string) {
  const ipam = { type: 'host-local', dataDir: join(directory, 'ipam'), ranges: [[{ subnet }]] };
  return { cniVersion: '0.4.0', name: `porthole-${process.pid}`, plugins: [{ type: 'ptp', ipam }] };
}

/** Whatever is left: shims and what runs under them, then mounts. Only what names our directory. */
function sweep(directory: string, daemon: number, netns: ReadonlyMap<string, string>): void {
  const kill = (pid: number) => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Has ended.
    }
  };
  if (daemon > 0) kill(daemon);
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
        return { pid, parent, command: readFileSync(`/proc/${pid}/cmdline`, 'latin1') };
      } catch {
        return { pid, parent: '', command: '' };
      }
    });
  const shims = processes.filter(
    (p) => p.command.includes(directory) && p.command.includes('containerd-shim'),
  );
  for (const shim of shims) {
    for (const child of processes) if (child.parent === shim.pid) kill(Number(child.pid));
    kill(Number(shim.pid));
  }
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  for (const mount of [...mounts.toReversed(), ...netns.values()]) {
    try {
      execFileSync('umount', ['--lazy', mount], { stdio: 'ignore' });
    } catch {
      // Went with the one above it.
    }
  }
  for (const path of netns.values()) rmSync(path, { force: true });
  // What CNI remembers of our pods.
  const results = '/var/lib/cni/results';
  for (const name of existsSync(results) ? readdirSync(results) : [])
    if ([...netns.keys()].some((id) => name.includes(id))) rmSync(join(results, name));
}
