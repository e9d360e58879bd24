/**
 * Podman with a storage of its own in a temporary directory, as root or as a user who has nothing: nothing of
 * the machine's is used or left.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import { scratchImage, writeScratchImage } from './scratch-image.ts';
import { temporaryDirectory } from './upbeat.ts';
import { until } from './wait.ts';

export interface Podman {
  /** The podman command; its output without the last line end. */
  run(...args: string[]): string;
  /** Starts a container of the scratch image, with a network of loopback only; returns its id. */
  start(name: string, options: readonly string[], ...command: string[]): string;
  pid(name: string): number;
  /** Starts the API; returns its socket. */
  serve(): Promise<string>;
  stop(): void;
}

export interface PodmanOptions {
  readonly runtime?: 'runc' | 'crun';
  /** Rootless: of a user that need not exist. */
  readonly uid?: number;
}

export function startPodman({ runtime = 'runc', uid = 0 }: PodmanOptions = {}): Podman {
  const directory = temporaryDirectory('podman');
  const image = writeScratchImage(directory);
  for (const name of ['home', 'run', 'store', 'tmp']) mkdirSync(join(directory, name));
  // crun goes without cgroups: version 1 and 2 side by side are more than it wants.
  const cgroups = runtime === 'crun' ? 'disabled' : 'enabled';
  writeFileSync(
    join(directory, 'containers.conf'),
    `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
cgroups = "${cgroups}"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "${runtime}"
[network]
network_config_dir = "${directory}/tmp/networks"
`,
  );
  writeFileSync(
    join(directory, 'storage.conf'),
    `[storage]
driver = "vfs"
runroot = "${directory}/run/containers"
graphroot = "${directory}/store"
rootless_storage_path = "${directory}/store"
[storage.options.vfs]
ignore_chown_errors = "true"
`,
  );
  if (uid !== 0)
    for (const name of ['', 'home', 'run', 'store', 'tmp']) chownSync(join(directory, name), uid, uid);
  const env = {
    PATH: process.env['PATH'],
    HOME: join(directory, 'home'),
    XDG_RUNTIME_DIR: join(directory, 'run'),
    CONTAINERS_CONF: join(directory, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(directory, 'storage.conf'),
  };
  const command = [
    ...(uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']),
    // What crun finds there decides whether it works; the mount is gone for this process only.
    ...(runtime === 'crun' && existsSync('/sys/fs/cgroup/unified')
      ? ['unshare', '--mount', '--', 'sh', '-c', 'umount /sys/fs/cgroup/unified; exec "$@"', 'sh']
      : []),
    ...['podman', '--tmpdir', join(directory, 'tmp')],
  ];
  const run = (...args: string[]) =>
    execFileSync(command[0]!, [...command.slice(1), ...args], {
      env,
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .toString()
      .trimEnd();
  let service: ChildProcess | undefined;
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    service?.kill();
    run('rm', '--all', '--force', '--time', '0');
    // Files of a user namespace, and the process that keeps it.
    if (uid !== 0) run('system', 'migrate');
  };
  atEnd(stop);
  run('load', '--input', image);
  return {
    run,
    start(name, options, ...args) {
      return run('run', '--detach', '--name', name, '--network', 'none', ...options, scratchImage, ...args);
    },
    pid: (name) => Number(run('inspect', '--format', '{{.State.Pid}}', name)),
    async serve() {
      const socket = join(directory, 'podman.sock');
      service = spawn(
        command[0]!,
        [...command.slice(1), 'system', 'service', '--time', '0', `unix://${socket}`],
        {
          env,
          cwd: directory,
          stdio: 'ignore',
        },
      );
      await until(() => existsSync(socket), 'the API of Podman');
      return socket;
    },
    stop,
  };
}
