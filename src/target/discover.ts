/**
 * Which runtimes there are: by the sockets that are listened on, wherever they are, then by the places they
 * are known to be in; `--runtime` and `--socket` override. Nothing is asked here, nothing is started.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Environment } from './docker/endpoint.ts';
import { enumerate, TargetError } from './errors.ts';
import { lazyRuntime } from './lazy.ts';
import { machinesExist } from './proc/machines.ts';
import { listPids } from './proc/scan.ts';
import { readProc } from './proc/stat.ts';
import { type ListeningSocket, listeningSockets } from './proc/unix.ts';
import type { Runtime } from './runtime.ts';
import { socketInodes } from './sockets.ts';

/** What was said about runtimes on the command line. */
export interface RuntimeChoice {
  /** Only this one is asked. */
  readonly runtime?: string | undefined;
  /** Only this socket is asked. */
  readonly socket?: string | undefined;
}

export interface DiscoverOptions extends RuntimeChoice {
  readonly env?: Environment;
  /** What is listened on; default: as the kernel tells. */
  readonly listening?: readonly ListeningSocket[];
}

export const runtimeNames = ['docker', 'podman', 'containerd', 'cri', 'machine'] as const;
type Kind = 'docker' | 'podman' | 'containerd' | 'cri';

/** Names of sockets, wherever they lie; containerd serves the CRI on its own socket. */
const socketKinds: readonly { readonly name: RegExp; readonly kind: Kind }[] = [
  { name: /^docker\.sock$/, kind: 'docker' },
  { name: /^podman\.sock$/, kind: 'podman' },
  { name: /^containerd\.sock$/, kind: 'containerd' },
  { name: /^(crio|cri-dockerd)\.sock$/, kind: 'cri' },
];

/** Daemons by the kernel's name of their process, for sockets that are called something else. */
const daemons: Readonly<Record<string, Kind>> = {
  dockerd: 'docker',
  podman: 'podman',
  containerd: 'containerd',
  crio: 'cri',
  'cri-dockerd': 'cri',
};

/** Sockets of daemons that are not for us: metrics, debugging, containerd's ttrpc, libnetwork's externals. */
const otherSockets = /\.ttrpc$|debug[^/]*$|metrics[^/]*$|\/libnetwork\/|\/s\/[0-9a-f]{64}$/;

function findByProcess(listening: readonly ListeningSocket[]): Found[] {
  const found: Found[] = [];
  const candidates = listening.filter(({ path }) => !kindOf(path) && !otherSockets.test(path));
  if (candidates.length === 0) return found;
  for (const pid of listPids()) {
    const kind = daemons[readProc(pid, 'comm')?.trimEnd() ?? ''];
    if (!kind) continue;
    const inodes = new Set<number>();
    socketInodes(pid, inodes);
    for (const { path, inode } of candidates)
      if (inodes.has(inode) && existsSync(path)) found.push({ kind, path: canonical(path), isGuess: false });
  }
  return found;
}

/** For where /proc/net/unix does not show them: a daemon in a network namespace of its own. */
const knownPlaces: readonly string[] = [
  '/run/podman/podman.sock',
  '/run/containerd/containerd.sock',
  '/run/k3s/containerd/containerd.sock', // k3s and RKE2
  '/run/k0s/containerd.sock',
  '/var/snap/microk8s/common/run/containerd.sock',
  '/run/crio/crio.sock',
  '/run/cri-dockerd.sock',
];

interface Found {
  readonly kind: Kind;
  readonly path: string;
  readonly isGuess: boolean;
}

/** /var/run is /run: each socket once. */
const canonical = (path: string) => path.replace(/^\/var\/run\//, '/run/');

const kindOf = (path: string) => socketKinds.find(({ name }) => name.test(basename(path)))?.kind;

function findSockets(listening: readonly ListeningSocket[], uid: string | undefined): Found[] {
  const found = new Map<string, Found>();
  const add = (path: string, isGuess: boolean) => {
    const kind = kindOf(path);
    const key = canonical(path);
    // A path of another mount namespace leads nowhere here.
    if (kind && !found.has(key) && existsSync(path)) found.set(key, { kind, path: key, isGuess });
  };
  for (const { path } of listening) add(path, false);
  for (const path of knownPlaces) add(path, true);
  if (uid !== undefined) add(`/run/user/${uid}/podman/podman.sock`, true);
  return [...found.values()];
}

/**
 * Has this containerd nothing running outside `moby`? Its state directory has a directory for each task, by
 * namespace; false when it is not where it usually is.
 */
export function isContainerdIdle(socket: string): boolean {
  for (const state of [dirname(socket), join(dirname(socket), 'daemon')]) {
    try {
      const tasks = join(state, 'io.containerd.runtime.v2.task');
      return readdirSync(tasks).every(
        (namespace) => namespace === 'moby' || readdirSync(join(tasks, namespace)).length === 0,
      );
    } catch {
      // Not here.
    }
  }
  return false;
}

/** conmon listens for who wants to attach, under a name it reaches through its own descriptors. */
const hasConmon = (listening: readonly ListeningSocket[]) =>
  listening.some(({ path }) => path.startsWith('/proc/self/fd/') && path.endsWith('/attach'));

/** In the order in which they are believed when two tell of one container. Throws TargetError. */
export async function discover(options: DiscoverOptions = {}): Promise<Runtime[]> {
  const env = options.env ?? process.env;
  if (options.runtime !== undefined && !(runtimeNames as readonly string[]).includes(options.runtime))
    throw new TargetError(
      'usage',
      `--runtime ${options.runtime}: there is ${enumerate(runtimeNames.toSorted())}`,
    );
  if (options.socket !== undefined) return atSocket(options.socket, options.runtime);
  const listening = options.listening ?? listeningSockets();
  const sockets = findSockets(listening, env['SUDO_UID'] ?? process.getuid?.()?.toString());
  const wanted = (kind: string) => options.runtime === undefined || options.runtime === kind;
  const all: Runtime[] = [];
  const podmanSockets = sockets.filter((s) => s.kind === 'podman').map((s) => s.path);
  const pods = podman(podmanSockets, { listening, env, isNamed: options.runtime === 'podman' });
  // Without any other runtime the absence of Docker is the news.
  const isNews = options.runtime === 'docker' || (sockets.length === 0 && pods.length === 0);
  const docker = await dockers(sockets, env, isNews);
  if (wanted('cri')) all.push(...sockets.filter(speaksCri).map(cri));
  if (wanted('docker')) all.push(...docker);
  if (wanted('podman')) all.push(...pods);
  if (wanted('containerd'))
    all.push(...sockets.filter((s) => s.kind === 'containerd').map((s) => containerd(s, docker.length > 0)));
  if (wanted('machine') && (options.runtime === 'machine' || machinesExist())) all.push(machines());
  return all;
}

/**
 * Runtimes on sockets whose names tell nothing, by the process that listens there: a look at every process.
 * What `discover` finds is not among them.
 */
export async function discoverByProcess(options: DiscoverOptions = {}): Promise<Runtime[]> {
  if (options.socket !== undefined) return [];
  const env = options.env ?? process.env;
  const sockets = findByProcess(options.listening ?? listeningSockets());
  const isWanted = (kind: string) => options.runtime === undefined || options.runtime === kind;
  const { Docker } = await import('./docker/index.ts');
  const { findEndpoint, unix } = await import('./docker/endpoint.ts');
  const isDockerChosen = () => {
    try {
      return findEndpoint(env).origin !== '';
    } catch {
      return true;
    }
  };
  const all: Runtime[] = [];
  for (const socket of sockets) {
    if (isWanted('cri') && speaksCri(socket)) all.push(cri(socket));
    if (isWanted('containerd') && socket.kind === 'containerd') all.push(containerd(socket, true));
    if (isWanted('docker') && socket.kind === 'docker' && !isDockerChosen())
      all.push(new Docker({ env, endpoint: unix(socket.path, '') }));
    if (isWanted('podman') && socket.kind === 'podman')
      all.push(
        lazyRuntime({
          name: 'podman',
          place: socket.path,
          load: async () =>
            new (await import('./podman/index.ts')).Podman({ sockets: [socket.path], usesDisk: false, env }),
        }),
      );
  }
  return all;
}

const speaksCri = ({ kind }: Found) => kind === 'cri' || kind === 'containerd';

async function dockers(sockets: readonly Found[], env: Environment, isNews: boolean): Promise<Runtime[]> {
  const [{ Docker }, { findEndpoint, unix }] = await Promise.all([
    import('./docker/index.ts'),
    import('./docker/endpoint.ts'),
  ]);
  const first = new Docker({ env });
  let chosen: ReturnType<typeof findEndpoint>;
  try {
    chosen = findEndpoint(env);
  } catch {
    // A setting that names no daemon: asked, it says so.
    return [first];
  }
  // Somebody said which daemon is meant: then it is that one.
  if (chosen.origin !== '') return [first];
  const path = 'path' in chosen.address ? canonical(chosen.address.path) : '';
  const others = sockets.filter((s) => s.kind === 'docker' && s.path !== path && !s.isGuess);
  const isThere = existsSync(path);
  return [
    ...(isThere || (isNews && others.length === 0) ? [first] : []),
    ...others.map((s) => new Docker({ env, endpoint: unix(s.path, '') })),
  ];
}

const cri = ({ path, kind, isGuess }: Found): Runtime =>
  lazyRuntime({
    name: 'cri',
    place: path,
    isGuess,
    ...(kind === 'containerd' ? { isIdle: () => isContainerdIdle(path) } : {}),
    // A daemon that is a runtime besides may have no CRI.
    load: async () => new (await import('./cri/index.ts')).Cri({ path, isOptional: kind === 'containerd' }),
  });

const containerd = ({ path, isGuess }: Found, hasDocker: boolean): Runtime =>
  lazyRuntime({
    name: 'containerd',
    place: path,
    isGuess,
    isIdle: () => isContainerdIdle(path),
    async load() {
      const [{ Containerd }, { Cri }] = await Promise.all([
        import('./containerd/index.ts'),
        import('./cri/index.ts'),
      ]);
      const pods = new Cri({ path, isOptional: true });
      return new Containerd({
        path,
        leaves: (namespace) =>
          namespace === 'moby' ? hasDocker : namespace === 'k8s.io' ? pods.answers() : false,
      });
    },
  });

function podman(
  sockets: readonly string[],
  {
    listening,
    env,
    isNamed,
  }: { readonly listening: readonly ListeningSocket[]; readonly env: Environment; readonly isNamed: boolean },
): Runtime[] {
  const runs = hasConmon(listening) || sockets.length > 0;
  if (!runs && !isNamed && !usedPodman(env)) return [];
  return [
    lazyRuntime({
      name: 'podman',
      place: sockets.join(', '),
      isIdle: () => !runs,
      load: async () => new (await import('./podman/index.ts')).Podman({ sockets, env }),
    }),
  ];
}

/** Its database is there: stopped containers may be told of. */
function usedPodman(env: Environment): boolean {
  const homes = [env['HOME'] ?? '/root', '/root'].map((home) =>
    join(home, '.local/share/containers/storage'),
  );
  return ['/var/lib/containers/storage', ...homes].some((root) => existsSync(join(root, 'libpod')));
}

const machines = (): Runtime =>
  lazyRuntime({
    name: 'machine',
    load: async () => new (await import('./machines.ts')).Machines(),
  });

async function atSocket(path: string, runtime: string | undefined): Promise<Runtime[]> {
  const plain = path.replace(/^unix:\/\//, '');
  const kind = runtime ?? kindOf(plain);
  const found = (as: Kind): Found => ({ kind: as, path: plain, isGuess: false });
  switch (kind) {
    case 'docker': {
      const [{ Docker }, { unix }] = await Promise.all([
        import('./docker/index.ts'),
        import('./docker/endpoint.ts'),
      ]);
      return [new Docker({ endpoint: unix(plain, '--socket') })];
    }
    case 'podman': {
      const { Podman } = await import('./podman/index.ts');
      return [new Podman({ sockets: [plain], usesDisk: false })];
    }
    case 'cri':
      return [cri(found('cri'))];
    case 'containerd':
      // Named by hand with its name: its own API and nothing else.
      return runtime === undefined
        ? [cri(found('containerd')), containerd(found('containerd'), false)]
        : [containerd(found('containerd'), false)];
    default:
      throw new TargetError(
        'usage',
        `--socket ${path}: what listens there is not told by its name`,
        `say it with --runtime: ${enumerate(['docker', 'podman', 'containerd', 'cri'], 'or')}`,
      );
  }
}
