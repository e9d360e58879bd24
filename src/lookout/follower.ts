/** Follows what was typed: who starts is joined, who ends is left, each told once to opener and parser. */
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenerError, openVerified } from '../capture/opener/index.ts';
import { pidfdOpen, SystemError } from '../capture/sys/index.ts';
import type { Target } from '../model/index.ts';
import {
  type Container,
  type ContainerEvent,
  discover,
  discoverByProcess,
  isHostNetns,
  livingSelectors,
  mayRun,
  netnsOf,
  type Runtime,
  startTimeOf,
  TargetError,
  targetOfContainer,
} from '../target/index.ts';
import { type Arrival, Arrivals } from './arrivals.ts';
import { Feed } from './feeds.ts';
import { Membership } from './membership.ts';
import type { LookoutConfig, Member, News } from './messages.ts';
import type { Seat, Seats } from './seats.ts';

export interface Outbox {
  tell(news: News): void;
  /** Hands the namespace's descriptor over, and closes it here. */
  entrust(seat: Seat, fd: number): void;
  takeBack(seat: Seat): void;
  /** `fds` has changed. */
  changed(): void;
}

/** A container that is in a seat. */
interface Present {
  readonly runtime: string;
  readonly id: string;
  readonly name: string;
  readonly seat: Seat;
  /** 0 while its process has not started. */
  pid: number;
  startTime: string;
  pidfd: number;
  /** Unix ms; 0 while it runs. */
  endedAt: number;
}

/** A process has ended: a runtime tells its exit code at once, on a busy machine within so long. */
const exitCodeMs = 1000;
/** A namespace is made some milliseconds after the cgroup: looked at so often, and so long. */
const arrivalLookMs = 1;
/** The longer it takes, the less often: one on the host's network never gets a namespace. */
const arrivalLookPart = 1 / 50;
const arrivalPatienceMs = 5000;
/** Between the namespace and the start of the process: how often its cgroup is looked at, the runtime asked. */
const processLookMs = 50;
const looksPerQuestion = 10;
/** Stopped containers whose names are remembered. */
const rememberedMax = 10_000;
/** How often a container that restarts under our hands is asked for again. */
const attemptsMax = 3;

const keyOf = (runtime: string, id: string) => `${runtime}\0${id}`;

export class Follower {
  readonly #config: LookoutConfig;
  readonly #seats: Seats;
  readonly #out: Outbox;
  readonly #membership: Membership;
  readonly #present = new Map<string, Present>();
  /** By id: what a container is called, so that nobody need be asked when it starts. */
  readonly #remembered = new Map<string, Container>();
  /** By label: when its namespace was left. */
  readonly #leftAt = new Map<string, number>();
  /** By key: looks that are under way, one after the other. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly #told = new Set<string>();
  #runtimes: Runtime[] = [];
  #isOver = false;
  /** Said that nothing is left, and nobody has joined since. */
  #isEmptyTold = false;
  #isReady = false;

  constructor(config: LookoutConfig, seats: Seats, out: Outbox) {
    this.#config = config;
    this.#seats = seats;
    this.#out = out;
    const known = seats.all().flatMap((seat) => seat.members);
    this.#membership = new Membership(livingSelectors(config.spec), known);
    for (const seat of seats.all()) for (const member of seat.members) this.#settle(seat, member);
  }

  start(): void {
    new Arrivals((arrival) => void this.#arrived(arrival));
    void this.#subscribe();
  }

  async #subscribe(): Promise<void> {
    const choice = { runtime: this.#config.runtime, socket: this.#config.socket };
    const [first, more] = await Promise.all([discover(choice), discoverByProcess(choice)]);
    this.#runtimes = [...first, ...more];
    const told = new Set(this.#seats.all().flatMap((seat) => seat.members.map((m) => m.runtime)));
    const feeds = this.#runtimes.map(
      (runtime) =>
        new Feed(runtime, told.has(runtime.name), {
          event: (from, event) => this.#event(from, event),
          list: (from, all) => this.#listed(from, all),
          note: (text) => this.#note(text),
        }),
    );
    await Promise.all(feeds.map((feed) => feed.start()));
    this.#isReady = true;
    this.#out.tell({ news: 'ready' });
    this.#endIfOver();
  }

  /** Processes whose end is waited for. */
  fds(): number[] {
    return [...this.#present.values()].map((p) => p.pidfd).filter((fd) => fd >= 0);
  }

  /** Looks which of them have ended. */
  look(isReady: (fd: number) => boolean): void {
    for (const present of this.#present.values())
      if (present.pidfd >= 0 && isReady(present.pidfd)) {
        this.#unwatch(present);
        this.#processEnded(present);
      }
  }

  #note(text: string): void {
    this.#out.tell({ news: 'note', text, label: '' });
  }

  #mark(mark: '+' | '-', text: string, label: string): void {
    this.#out.tell({ news: 'note', text, label, mark });
  }

  /** The same line about the same thing would come with every event. */
  #noteOnce(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#note(text);
  }

  #remember(container: Container): void {
    this.#remembered.delete(container.id);
    this.#remembered.set(container.id, container);
    if (this.#remembered.size > rememberedMax) this.#remembered.delete(this.#remembered.keys().next().value!);
  }

  #event(runtime: Runtime, event: ContainerEvent): void {
    const { id, action } = event;
    // Podman's Docker API tells of Podman's.
    const name = runtime.name;
    if (action === 'create' || action === 'rename') {
      const known = this.#remembered.get(id);
      // Docker's events tell all that there is to know.
      if (known ?? name === 'docker')
        this.#remember({ ...(known ?? fromEvent(event)), runtime: name, name: event.name });
    }
    if (action === 'start' || action === 'unpause' || action === 'rename')
      this.#queue(keyOf(name, id), () => this.#consider(runtime, id));
    else if (action === 'die') {
      const present = this.#present.get(keyOf(name, id));
      if (present) this.#leave(present, event.exitCode);
    } else if (action === 'destroy' || action === 'remove') {
      this.#remembered.delete(id);
      this.#membership.removed(id);
      this.#endIfOver();
    }
  }

  #listed(runtime: Runtime, all: readonly Container[]): void {
    const running = new Set<string>();
    for (const container of all) {
      this.#remember(container);
      if (!mayRun(container)) continue;
      running.add(container.id);
      if (!this.#present.has(keyOf(runtime.name, container.id)) && this.#membership.wants(container))
        this.#queue(keyOf(runtime.name, container.id), () => this.#consider(runtime, container.id));
    }
    // Who is followed may speak with any of them; the parser has asked too, but does not wait for long.
    for (const container of all) if (mayRun(container)) this.#tellNames(container, true);
    // What ended while nobody told us; those whose process we wait for tell it themselves.
    for (const present of [...this.#present.values()])
      if (
        present.runtime === runtime.name &&
        present.pidfd < 0 &&
        present.pid > 0 &&
        !running.has(present.id)
      )
        this.#leave(present, -1);
  }

  /** One look at a container at a time. */
  #queue(key: string, task: () => Promise<void>): void {
    const before = this.#queues.get(key) ?? Promise.resolve();
    const after = before.then(task).catch((error: unknown) => {
      if (!(error instanceof TargetError) && !(error instanceof OpenerError)) throw error;
      if (error.name === 'OpenerError' && (error as OpenerError).code === 'GONE') return;
      this.#noteOnce(error.message);
    });
    this.#queues.set(key, after);
    void after.finally(() => {
      if (this.#queues.get(key) === after) this.#queues.delete(key);
    });
  }

  /** It runs, or may: where is it now? */
  async #consider(runtime: Runtime, id: string): Promise<void> {
    const known = this.#remembered.get(id);
    if (known && !this.#membership.wants(known)) return this.#nameStranger(runtime, known);
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const found = await (known && runtime.again ? runtime.again(known) : runtime.find(id));
      if (!found) return;
      const container = { ...found, runtime: runtime.name };
      this.#remember(container);
      if (container.pid === 0 || !this.#membership.wants(container)) return;
      const target = targetOfContainer(container);
      if (target) return this.#isInPod(container, target.netns) ? undefined : this.#seat(target);
    }
  }

  /** It is not followed, but who is may speak with it. */
  async #nameStranger(runtime: Runtime, known: Container): Promise<void> {
    try {
      const found = await (runtime.again ? runtime.again(known) : runtime.find(known.id));
      const target =
        found && found.pid > 0 ? targetOfContainer({ ...found, runtime: runtime.name }, true) : undefined;
      if (target && !target.hostNetwork) this.#tellNames(target);
    } catch (error) {
      // It stays without a name.
      if (!(error instanceof TargetError)) throw error;
    }
  }

  /** A cgroup of that name was made: if it is a container we follow, its namespace is next. */
  async #arrived(arrival: Arrival): Promise<void> {
    const container = this.#remembered.get(arrival.id) ?? (await this.#ask(arrival.id));
    if (!container || !this.#membership.wants(container)) return;
    const key = keyOf(container.runtime, container.id);
    const before = this.#present.get(key);
    const began = performance.now();
    for (let waited = 0; waited < arrivalPatienceMs; waited = performance.now() - began) {
      const pids = arrival.pids();
      if (!pids) return;
      const pid = pids.find(isInOwnNetwork);
      // The runtime's processes that make the namespace end when they have: then it is the next one's turn.
      if (pid !== undefined) this.#queue(key, async () => this.#seatEarly(container, pid));
      await this.#queues.get(key);
      const present = this.#present.get(key);
      if (present && present !== before) return this.#awaitProcess(present, arrival);
      if (pid !== undefined && this.#isInPod(container, netnsOf(pid))) return;
      await sleep(Math.max(arrivalLookMs, waited * arrivalLookPart));
    }
  }

  /** It has been seen coming. Where the runtime does not tell that it runs, it is asked; it may have failed. */
  async #awaitProcess(present: Present, { id, pids }: Arrival): Promise<void> {
    // Docker tells it, and answers no question about a container that is being started.
    const runtime = this.#runtimes.find((r) => r.name === present.runtime && r.name !== 'docker');
    for (let looks = 1; present.pid === 0; looks++) {
      await sleep(processLookMs);
      const now = pids();
      if (!now || now.length === 0) {
        // The runtime's word that it started, and ended, may be on its way still.
        if (present.pid === 0) this.#processEnded(present);
        return;
      }
      if (runtime && looks % looksPerQuestion === 0)
        this.#queue(keyOf(runtime.name, id), () => this.#consider(runtime, id));
    }
  }

  /** Its process is not what it will be: only the namespace stays. */
  #seatEarly(container: Container, pid: number): void {
    const target = targetOfContainer({ ...container, pid, startedAt: Date.now() });
    if (target && !target.hostNetwork && !this.#isInPod(container, target.netns))
      this.#seat({ ...target, pid: 0, startTime: '' }, target);
  }

  /** A pod's containers are in the namespace its sandbox holds: where that is watched, they add nothing. */
  #isInPod({ pod }: Container, netns: number): boolean {
    if (!pod || pod.container === '') return false;
    return this.#seats.at(netns)?.members.some((member) => member.id === pod.sandboxId) ?? false;
  }

  /** Of a container nobody has told of yet. */
  async #ask(id: string): Promise<Container | undefined> {
    // Short names are containerd's, in its own words.
    const wanted = id.length === 64 ? this.#runtimes : this.#runtimes.filter((r) => r.name === 'containerd');
    const lists = await Promise.allSettled(wanted.map((runtime) => runtime.list()));
    for (const [i, list] of lists.entries()) {
      if (list.status === 'rejected') continue;
      const found = list.value.find((container) => container.id === id);
      if (!found) continue;
      const container = { ...found, runtime: wanted[i]!.name };
      this.#remember(container);
      return container;
    }
    return undefined;
  }

  /** @param proof the target with a process by which its namespace can be verified */
  #seat(target: Target, proof = target): void {
    if (target.hostNetwork && !this.#config.host) {
      // Of those that ran before, the look-up has told.
      if (this.#isReady || this.#config.isWaiting)
        this.#noteOnce(`left out: ${target.name} (network of the host; --host-all includes it)`);
      return;
    }
    const key = keyOf(target.runtime, target.id);
    const before = this.#present.get(key);
    if (before && before.seat.inode === target.netns && before.endedAt === 0) {
      // It was seen coming: now its process is known.
      if (before.pid === 0 && target.pid > 0) this.#complete(before, target);
      return;
    }
    if (before) this.#leave(before, -1);
    const member = memberOf(target);
    const shared = this.#seats.at(target.netns);
    const seat = shared ?? this.#join(target, proof, member);
    if (shared) {
      shared.members = [...shared.members, member];
      this.#out.tell({ news: 'members', namespace: shared.namespace, members: shared.members });
      this.#mark('+', `${describe(target)} joined: it shares the network of ${shared.label}`, target.name);
    }
    this.#membership.bind(member);
    this.#settle(seat, member);
    this.#tellNames(target);
  }

  /** Throws OpenerError. */
  #join(target: Target, proof: Target, member: Member): Seat {
    const label = this.#labelFor(target);
    const { fd } = openVerified({
      path: proof.netnsPath,
      inode: proof.netns,
      pid: proof.pid,
      startTime: proof.startTime,
      label,
    });
    this.#isEmptyTold = false;
    const seat = this.#seats.add({ inode: target.netns, label, members: [member] });
    // First the opener: when the parser asks it for the namespace, it has it.
    this.#out.entrust(seat, fd);
    const leftAt = this.#leftAt.get(label);
    this.#out.tell({
      news: 'joined',
      namespace: seat.namespace,
      inode: seat.inode,
      label,
      members: seat.members,
      text: describe(target),
      ...(leftAt === undefined ? {} : { leftAt }),
    });
    return seat;
  }

  /** By its name; with the id when another that is watched has the same. */
  #labelFor({ name, id }: Target): string {
    return this.#seats.all().some((seat) => seat.label === name) ? `${name}@${id.slice(0, 12)}` : name;
  }

  #complete(present: Present, target: Target): void {
    const { seat } = present;
    const member = memberOf(target);
    seat.members = seat.members.map((m) => (m.id === member.id && m.runtime === member.runtime ? member : m));
    this.#out.tell({ news: 'members', namespace: seat.namespace, members: seat.members });
    this.#tellNames(target);
    present.pid = target.pid;
    present.startTime = target.startTime;
    this.#watch(present);
  }

  #tellNames({ name, addresses }: Pick<Target, 'name' | 'addresses'>, isOld = false): void {
    // Loopback and link-local addresses are everybody's.
    const own = addresses.filter((address) => !/^127\.|^::1$|^fe80:/.test(address));
    if (own.length > 0)
      this.#out.tell({
        news: 'names',
        names: own.map((address) => [address, name]),
        ...(isOld ? { isOld } : {}),
      });
  }

  #settle(seat: Seat, { runtime, id, name, pid, startTime }: Member): void {
    const present: Present = { runtime, id, name, seat, pid, startTime, pidfd: -1, endedAt: 0 };
    // A process or a namespace without an id stays as long as its seat does.
    this.#present.set(keyOf(runtime, id === '' ? `${seat.namespace}/${pid}` : id), present);
    if (pid > 0) this.#watch(present);
  }

  #watch(present: Present): void {
    try {
      present.pidfd = pidfdOpen(present.pid);
      this.#out.changed();
      // The number may have had a new owner before it was held.
      if (present.startTime !== '' && startTimeOf(present.pid) !== present.startTime) {
        this.#unwatch(present);
        this.#processEnded(present);
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // Any other error: a kernel before 5.3, where the runtime's word must do.
      if (error.code === 'ESRCH') this.#processEnded(present);
    }
  }

  #unwatch(present: Present): void {
    if (present.pidfd < 0) return;
    closeSync(present.pidfd);
    present.pidfd = -1;
    this.#out.changed();
  }

  /** The runtime is about to say how it ended. */
  #processEnded(present: Present): void {
    present.endedAt = Date.now();
    if (present.id === '') this.#leave(present, -1);
    else setTimeout(() => this.#leave(present, -1), exitCodeMs);
  }

  /** Any number of times. */
  #leave(present: Present, exitCode: number): void {
    const { runtime, id, name, seat, pid } = present;
    const key = keyOf(runtime, id === '' ? `${seat.namespace}/${pid}` : id);
    if (this.#present.get(key) !== present) return;
    this.#unwatch(present);
    this.#present.delete(key);
    seat.members = seat.members.filter(
      (m) => m.id !== id || m.runtime !== runtime || (id === '' && m.pid !== pid),
    );
    const how = exitCode >= 0 ? `: exit code ${exitCode}` : '';
    if (seat.members.length > 0) {
      this.#out.tell({ news: 'members', namespace: seat.namespace, members: seat.members });
      this.#mark('-', `${name} left${how}`, name);
      return;
    }
    this.#seats.remove(seat);
    const at = present.endedAt || Date.now();
    this.#leftAt.set(seat.label, at);
    this.#out.takeBack(seat);
    this.#out.tell({
      news: 'left',
      namespace: seat.namespace,
      label: seat.label,
      text: `${name} left${how}`,
      at,
    });
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#isOver || this.#seats.all().length > 0) return;
    const hasHadSome = this.#leftAt.size > 0;
    if ((this.#config.isOnce && hasHadSome) || this.#membership.isOver) {
      this.#isOver = true;
      this.#out.tell({ news: 'over', text: '' });
    } else if (hasHadSome && !this.#isEmptyTold) {
      this.#isEmptyTold = true;
      this.#note('nothing is left to watch: waiting for it to come back (Ctrl-C ends; --once ends here)');
    }
  }
}

function memberOf({ runtime, id, name, pid, startTime }: Target): Member {
  return { runtime, id, name, pid, startTime };
}

/** `web (docker, 3f2a1b2c3d4e)` */
function describe({ name, runtime, id }: Target): string {
  return `${name} (${runtime}${id === '' || id === name ? '' : `, ${id.slice(0, 12)}`})`;
}

function fromEvent({ runtime, id, name, image = '', labels }: ContainerEvent): Container {
  return {
    ...{ runtime, id, name, image, labels },
    state: 'created',
    pid: 0,
    exitCode: -1,
    addresses: [],
    startedAt: 0,
  };
}

/** In none of those that the host's own processes are in. */
function isInOwnNetwork(pid: number): boolean {
  const netns = netnsOf(pid);
  return netns > 0 && !isHostNetns(netns);
}
