/**
 * Containers before their first process runs: a runtime makes a cgroup named after the container, then the
 * namespace, then its interfaces, then it lets the process go. cgroups(7), inotify(7); any runtime.
 */
import { existsSync, type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { basename } from 'node:path';

/**
 * Where every container's cgroup shows up: version 2 has one tree, version 1 one a controller, of which every
 * runtime uses this one; with systemd's own tree beside.
 */
const trees = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup'];
/** Directories watched: a large host has some hundred slices. inotify's limit is some ten thousand. */
const directoriesMax = 4096;
/** `docker-ID.scope`, `libpod-ID`, `cri-containerd-ID.scope`, `ID`; 64 digits with the engines of today. */
const idForm = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/;
/** systemd's own: no container's. */
const unitForm = /\.(?:service|slice|mount|swap|socket|timer)$/;

export interface Arrival {
  /** As far as the cgroup's name tells. */
  readonly id: string;
  /** Processes in it now; undefined when it is gone. */
  pids(): number[] | undefined;
}

/** The id that a cgroup's name tells; '' for what is no container's. */
export function idOfCgroup(name: string): string {
  const id = idForm.exec(name)?.[1];
  if (id !== undefined) return id;
  // containerd's own containers are called as people like.
  return unitForm.test(name) || /\.scope$/.test(name) ? '' : name;
}

const isContainer = (name: string) => idForm.test(name);

export class Arrivals {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onArrival: (arrival: Arrival) => void;

  /** Without cgroups, or rights to look at them, nothing arrives: then the runtimes' events must do. */
  constructor(onArrival: (arrival: Arrival) => void) {
    this.#onArrival = onArrival;
    const root = trees.find((tree) => existsSync(`${tree}/cgroup.procs`));
    if (root !== undefined) this.#enter(root);
  }

  /** Watches a directory and those in it, but not inside of containers: those have cgroups of their own. */
  #enter(directory: string): void {
    if (this.#watchers.size >= directoriesMax || this.#watchers.has(directory)) return;
    try {
      const watcher = watch(directory, { persistent: false }, (kind, name) => {
        if (kind === 'rename' && name) this.#changed(`${directory}/${name}`);
      });
      watcher.on('error', () => this.#leave(directory));
      this.#watchers.set(directory, watcher);
      for (const entry of readdirSync(directory, { withFileTypes: true }))
        if (entry.isDirectory() && !isContainer(entry.name)) this.#enter(`${directory}/${entry.name}`);
    } catch {
      // Gone meanwhile, or no watches are left.
    }
  }

  #leave(directory: string): void {
    this.#watchers.get(directory)?.close();
    this.#watchers.delete(directory);
  }

  #changed(path: string): void {
    if (!existsSync(path)) {
      this.#leave(path);
      return;
    }
    // Files come and go with the cgroup itself.
    if (!existsSync(`${path}/cgroup.procs`)) return;
    const name = basename(path);
    const id = idOfCgroup(name);
    if (!isContainer(name)) this.#enter(path);
    if (id !== '') this.#onArrival({ id, pids: () => pidsOf(path) });
  }
}

function pidsOf(path: string): number[] | undefined {
  try {
    return readFileSync(`${path}/cgroup.procs`, 'latin1').split('\n').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}
