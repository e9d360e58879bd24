/**
 * Podman, with or without a daemon: who runs is told by the conmon processes, everything else by the
 * database of the storage they name (and of the usual storages); the API is asked too where it listens.
 * Nothing is started: `find` asks the API last, for systemd may have to start it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pick } from '../cri/pods.ts';
import { type Environment, homes, unix } from '../docker/endpoint.ts';
import { Docker } from '../docker/index.ts';
import { TargetError } from '../errors.ts';
import { type PollOptions, pollEvents } from '../poll.ts';
import { readStat, startedAt } from '../proc/stat.ts';
import type { Container, ContainerEvent, Runtime, Subscription } from '../runtime.ts';
import { conmons, type OwnedConmon, pidOf } from './conmon.ts';
import { databasesOf, readLibpod } from './libpod.ts';

export interface PodmanOptions {
  readonly env?: Environment;
  /** Sockets of the API that listen. */
  readonly sockets?: readonly string[];
  readonly silenceMs?: number;
  /** false: only the sockets are asked. */
  readonly usesDisk?: boolean;
  readonly poll?: PollOptions;
}

/** Where Podman keeps things when nobody says otherwise: containers-storage.conf(5). */
export function usualRoots(env: Environment): string[] {
  return [
    '/var/lib/containers/storage',
    ...homes(env).map((home) => join(home, '.local/share/containers/storage')),
  ];
}

/** Has anybody used Podman here, as far as a look at a few files tells? */
export const hasDatabase = (env: Environment): boolean =>
  usualRoots(env).some((root) => databasesOf(root).some((path) => existsSync(path)));

export class Podman implements Runtime {
  readonly name = 'podman';
  private readonly options: PodmanOptions;
  private readonly apis: readonly Docker[];

  constructor(options: PodmanOptions = {}) {
    this.options = options;
    this.apis = (options.sockets ?? []).map(
      (path) =>
        new Docker({
          endpoint: unix(path, ''),
          ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
        }),
    );
  }

  async find(nameOrId: string): Promise<Container | undefined> {
    const onDisk = pick(await this.fromDisk(), nameOrId);
    if (onDisk) return onDisk;
    const { found } = await this.askApis(async (api) => {
      const one = await api.find(nameOrId);
      return one ? [one] : [];
    });
    return found.length === 1 ? found[0] : undefined;
  }

  async list(): Promise<Container[]> {
    const [onDisk, { found, failure }] = await Promise.all([
      this.fromDisk(),
      this.askApis((api) => api.list()),
    ]);
    const known = new Set(onDisk.map((c) => c.id));
    if (failure && onDisk.length === 0 && found.length === 0) throw failure;
    return [...onDisk, ...found.filter((c) => !known.has(c.id))];
  }

  watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd: (reason: Error) => void = () => {},
  ): Promise<Subscription> {
    return pollEvents(this, onEvent, onEnd, this.options.poll);
  }

  /** What the APIs answer; one that does not is no reason to hear nothing of the others. */
  private async askApis(
    ask: (api: Docker) => Promise<Container[]>,
  ): Promise<{ found: Container[]; failure: Error | undefined }> {
    const answers = await Promise.allSettled(this.apis.map(ask));
    const found = answers.flatMap((a) => (a.status === 'fulfilled' ? a.value : []));
    const refused = answers.find((a) => a.status === 'rejected')?.reason as Error | undefined;
    return { found: found.map((c) => ({ ...c, runtime: this.name })), failure: refused && asPodman(refused) };
  }

  private async fromDisk(): Promise<Container[]> {
    if (this.options.usesDisk === false) return [];
    const env = this.options.env ?? process.env;
    const watched = new Map(conmons().map((conmon) => [conmon.id, conmon]));
    const roots = new Set(usualRoots(env));
    for (const { root } of watched.values()) if (root !== '') roots.add(root);
    const trusted = new Set([0, process.getuid?.() ?? 0, Number(env['SUDO_UID'] ?? 0)]);
    const answers = await Promise.all([...roots].map((root) => readLibpod(root, (uid) => trusted.has(uid))));
    const recorded = answers.flatMap((list) => list ?? []);
    const known = new Map(recorded.map((c) => [c.id, c]));
    const all = recorded.map((container) => asItRuns(container, watched.get(container.id)));
    // Those of a database we may not read, or that is not where we look.
    for (const conmon of watched.values()) if (!known.has(conmon.id)) all.push(asItRuns(undefined, conmon));
    return all;
  }
}

/** Who runs is what the processes say: the database learns of an end only when Podman is called again. */
function asItRuns(recorded: Container | undefined, conmon: OwnedConmon | undefined): Container {
  const pid = conmon ? pidOf(conmon) : 0;
  const stat = pid > 0 ? readStat(pid) : undefined;
  const isUp = stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
  if (recorded && !isUp) {
    const claims = recorded.state === 'running' || recorded.state === 'paused';
    return claims ? { ...recorded, state: 'exited', pid: 0 } : recorded;
  }
  const base: Container = recorded ?? {
    runtime: 'podman',
    id: conmon!.id,
    name: conmon!.name || conmon!.id.slice(0, 12),
    image: '',
    state: 'exited',
    pid: 0,
    exitCode: -1,
    labels: {},
    addresses: [],
    startedAt: 0,
  };
  if (!isUp) return base;
  return {
    ...base,
    state: base.state === 'paused' ? 'paused' : 'running',
    pid,
    exitCode: -1,
    startedAt: base.startedAt || startedAt(stat.startTime),
  };
}

/** Podman answers as Docker does, and what it does not answer is told as of Podman. */
function asPodman(error: Error): Error {
  if (!(error instanceof TargetError)) return error;
  return new TargetError(error.kind, error.message.replaceAll('Docker', 'Podman'), '');
}
