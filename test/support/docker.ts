/**
 * A Docker daemon of our own: data, state and socket in a temporary directory, no default bridge, no
 * packet filter rules, mounts in a mount namespace that ends with it. The machine's own daemon, if it
 * runs one, is neither used nor disturbed, and stale sockets and pid files of one do not matter.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import { sweepLeftovers } from './netns.ts';
import { temporaryDirectory, upbeat } from './upbeat.ts';
import { until } from './wait.ts';

export interface Docker {
  /** For DOCKER_HOST. */
  readonly host: string;
  readonly env: { readonly DOCKER_HOST: string };
  readonly network: string;
  /** First three bytes of the network's addresses: `10.213.7`. */
  readonly prefix: string;
  /** The docker command; its output without the last line end. */
  run(...args: string[]): string;
  /** The same without standing still: what is watched tells meanwhile. Rejects when the command fails. */
  later(...args: string[]): Promise<void>;
  /** Starts a container of the scratch image; returns its id. */
  start(name: string, options: readonly string[], ...command: string[]): string;
  pid(name: string): number;
  /** The daemon alone, at once: containers go on, for a while or for good. */
  killDaemon(): void;
  /** After `killDaemon`. */
  startDaemon(): Promise<void>;
  stop(): Promise<void>;
}

/** FROM scratch: nothing in it but the static program. */
export const image = 'porthole-upbeat';

export async function startDocker(options: { readonly tcpPort?: number } = {}): Promise<Docker> {
  sweepLeftovers();
  const directory = temporaryDirectory('docker');
  const host = `unix://${join(directory, 'docker.sock')}`;
  const network = 'quay';
  const bridge = `phb${process.pid}`.slice(0, 15);
  let log = '';
  const launchDaemon = () => {
    const child = spawn(
      'unshare',
      // The daemon ends when this process does, whatever ends it.
      [
        '--mount',
        '--',
        'setpriv',
        '--pdeathsig',
        'TERM',
        '--',
        'dockerd',
        ...arguments_(directory, host, options.tcpPort),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    );
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
    return child;
  };
  let daemon = launchDaemon();
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_CONFIG: directory, DOCKER_BUILDKIT: '0' };
  const run = (...args: string[]) =>
    execFileSync('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString()
      .trimEnd();
  /** Containers do not heed SIGTERM: removed by us, or the daemon waits for them when it ends. */
  const empty = () => {
    const all = run('ps', '--all', '--quiet').split('\n').filter(Boolean);
    if (all.length > 0) run('rm', '--force', ...all);
    run('network', 'rm', network);
  };
  let stopped = false;
  atEnd(() => {
    if (stopped) return;
    try {
      empty();
    } catch {
      killShims(directory);
      execFileSync('ip', ['link', 'del', bridge], { stdio: 'ignore' });
    }
    daemon.kill('SIGTERM');
    execFileSync('sh', [
      '-c',
      `for i in $(seq 100); do grep -q '^State:.[^Z]' /proc/${daemon.pid}/status 2>/dev/null || exit 0; sleep 0.1; done`,
    ]);
  });
  const answers = () => {
    try {
      return run('version', '--format', '{{.Server.Version}}');
    } catch {
      if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}:\n${log}`);
      return '';
    }
  };
  await until(answers, () => `dockerd:\n${log}`);
  const prefix = `10.213.${process.pid % 250}`;
  run(
    'network',
    'create',
    '--subnet',
    `${prefix}.0/24`,
    '-o',
    `com.docker.network.bridge.name=${bridge}`,
    network,
  );
  copyFileSync(upbeat(), join(directory, 'upbeat'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY upbeat /upbeat\nENTRYPOINT ["/upbeat"]\n');
  writeFileSync(join(directory, '.dockerignore'), '*\n!upbeat\n');
  run('build', '--quiet', '--tag', image, directory);
  return {
    host,
    env: { DOCKER_HOST: host },
    network,
    prefix,
    run,
    later: (...args) =>
      new Promise((done, reject) => {
        const child = spawn('docker', args, { env, stdio: 'ignore' });
        child.once('close', (code) =>
          code === 0 ? done() : reject(new Error(`docker ${args.join(' ')}: exit status ${code}`)),
        );
      }),
    start(name, given, ...command) {
      const place = given.includes('--network') ? [] : ['--network', network];
      return run('run', '--detach', '--name', name, ...place, ...given, image, ...command);
    },
    pid: (name) => Number(run('inspect', '--format', '{{.State.Pid}}', name)),
    killDaemon: () => void daemon.kill('SIGKILL'),
    async startDaemon() {
      // The next one would wait for its containerd, as long as there is a process of that number.
      const pid = readFileSync(join(directory, 'exec/containerd/containerd.pid'), 'latin1');
      await until(() => !existsSync(`/proc/${pid}`), 'the end of its containerd');
      daemon = launchDaemon();
      await until(answers, () => `dockerd:\n${log}`);
    },
    async stop() {
      stopped = true;
      empty();
      const exited = new Promise((done) => daemon.once('exit', done));
      daemon.kill('SIGTERM');
      await exited;
    },
  };
}

/** What a daemon that was killed has left running: shims, by the directory they name, and their containers. */
function killShims(directory: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (!command.includes('containerd-shim') || !command.includes(`${directory}/`)) continue;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
      for (const child of [...children, pid]) process.kill(Number(child), 'SIGKILL');
    } catch {
      // Has ended.
    }
}

function arguments_(directory: string, host: string, tcpPort?: number): string[] {
  const config = join(directory, 'daemon.json');
  // Not the machine's /etc/docker/daemon.json.
  writeFileSync(config, '{}');
  return [
    ...['--config-file', config],
    ...['--data-root', join(directory, 'data')],
    ...['--exec-root', join(directory, 'exec')],
    ...['--pidfile', join(directory, 'dockerd.pid')],
    ...['--host', host],
    ...(tcpPort === undefined ? [] : ['--host', `tcp://127.0.0.1:${tcpPort}`, '--tls=false']),
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
    '--userland-proxy=false',
    '--shutdown-timeout=3',
    '--log-level=error',
  ];
}

/** Every process of the pid namespace that `pid` is in: number, parent, command line. */
function processesBeside(pid: string): string[] {
  const namespace = readlinkSync(`/proc/${pid}/ns/pid`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (readlinkSync(`/proc/${name}/ns/pid`) !== namespace) return [];
        const parent = /^PPid:.*$/m.exec(readFileSync(`/proc/${name}/status`, 'latin1'));
        return [`${name} ${parent} ${readFileSync(`/proc/${name}/cmdline`, 'latin1')}`];
      } catch {
        return []; // ended, or not ours to look at
      }
    });
}

/** What a container looks like from inside and outside, for before and after. */
export function portrait({ run }: Docker, name: string) {
  const pid = run('inspect', '--format', '{{.State.Pid}}', name);
  return {
    processes: processesBeside(pid),
    threads: readdirSync(`/proc/${pid}/task`),
    mounts: readFileSync(`/proc/${pid}/mountinfo`, 'utf8'),
    namespaces: readdirSync(`/proc/${pid}/ns`).map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`)),
    filesystem: run('diff', name),
    restarts: run('inspect', '--format', '{{.RestartCount}} {{.State.StartedAt}} {{.State.Pid}}', name),
    interfaces: readdirSync(`/proc/${pid}/net/dev_snmp6`),
    capabilities: /^CapEff:.*$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[0],
  };
}
