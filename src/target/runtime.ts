/** The port each container runtime fills: Docker, Podman, containerd, the CRI; all have the same shape. */

/** Where a container belongs in Kubernetes. */
export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
  /** The container's name in the pod's specification; '' for the sandbox, which is the pod itself. */
  readonly container: string;
  readonly sandboxId: string;
}

/** A container as its runtime describes it; nothing here is from /proc. */
export interface Container {
  readonly runtime: string;
  /** Full id. */
  readonly id: string;
  /** What people call it; never empty. */
  readonly name: string;
  readonly image: string;
  /** In the runtime's words: running, paused, restarting, created, exited, dead. */
  readonly state: string;
  /** First process; 0 when it does not run, or when only `find` tells. */
  readonly pid: number;
  /** Of the last run; -1 unknown. */
  readonly exitCode: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** Unix milliseconds; 0 unknown. */
  readonly startedAt: number;
  readonly pod?: PodPlace;
  /** Part of the runtime that ids are unique in: a containerd namespace. */
  readonly realm?: string;
}

export interface ContainerEvent {
  readonly runtime: string;
  /** The runtime's word: create, start, die, pause, unpause, rename, destroy ... */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  /** Where the runtime tells it with its events. */
  readonly image?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** With `die`; -1 otherwise. */
  readonly exitCode: number;
  /** Unix milliseconds, by the runtime's clock. */
  readonly at: number;
}

export interface Subscription {
  close(): void;
}

export interface Runtime {
  readonly name: string;
  /** Where it is asked, for people: a socket's path or a URL; '' where files are looked at. */
  readonly place?: string;
  /** It surely runs nothing now, as far as a look at a few files tells: not asked for a name. */
  isIdle?(): boolean;
  /**
   * By full id, exact name or a prefix of the id that only one container has; undefined when there is
   * none or more than one. Throws TargetError when the runtime cannot be asked.
   */
  find(nameOrId: string): Promise<Container | undefined>;
  /** The same container as it is now; where it is not given, `find` by its id. */
  again?(container: Container): Promise<Container | undefined>;
  /** Every container, those that do not run too. `pid` may be 0 where only `find` tells. */
  list(): Promise<Container[]>;
  /**
   * Calls `onEvent` from now on. `onEnd` is called once, with the reason, when the runtime stops
   * telling; not after `close`. Resolves when the subscription stands.
   */
  watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd?: (reason: Error) => void,
  ): Promise<Subscription>;
}

/** A paused or restarting container still has its place on the network. */
export function mayRun(container: Container): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
}
