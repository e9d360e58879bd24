/** The clocks of all nodes: what each is taken off, and what people are told of it. */
import { agreed, type ClockOffset, Correction } from '../remote/index.ts';
import { steadyMs } from './remote-source.ts';

/** What was measured may change with every answer; so often all of it is looked at together. */
const lookMs = 1000;
/** A change that is worth a line. */
const tellMs = 10;
/** Nodes named in a line. */
const namedMax = 4;

/** What is known of a node's clock, and what is done about it. */
export interface ClockState {
  /** Milliseconds it is ahead of this machine's, and by how much that may be wrong. */
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
  /** What is taken off its times; 0: the two may agree. */
  readonly correctedMs: number;
}

interface Node {
  readonly clock: ClockOffset;
  readonly correction: Correction;
  /** Last said of it, and what that could be wrong by: within it nothing else is news. */
  toldMs: number;
  toldUncertaintyMs: number;
}

export class NodeClocks {
  readonly #nodes = new Map<string, Node>();
  readonly #note: (text: string) => void;
  readonly #isApplied: boolean;
  #isKnown = true;
  #timer: NodeJS.Timeout | undefined;

  /** @param isApplied false: times are shown as the nodes have them; they are put in order all the same */
  constructor(isApplied: boolean, note: (text: string) => void) {
    this.#isApplied = isApplied;
    this.#note = note;
  }

  /** A node's correction: one that comes back keeps it. */
  of(node: string, clock: ClockOffset): Correction {
    const correction = this.#nodes.get(node)?.correction ?? new Correction();
    const { toldMs = 0, toldUncertaintyMs = 0 } = this.#nodes.get(node) ?? {};
    this.#nodes.set(node, { clock, correction, toldMs, toldUncertaintyMs });
    return correction;
  }

  /** More is known of some node. */
  changed(): void {
    this.#isKnown = false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.look();
      this.#tell();
    }, lookMs);
  }

  /** The node's clock was set. */
  set(node: string, byMs: number): void {
    const known = this.#nodes.get(node);
    if (!known) return;
    known.correction.set(byMs);
    known.toldMs += byMs;
    const seconds = (Math.abs(byMs) / 1000).toFixed(3);
    this.#note(`${node}: its clock was set ${byMs > 0 ? 'forward' : 'back'} by ${seconds} s`);
    this.changed();
  }

  /** What is measured is taken for true from now on. Before the first packet of a node, that it is not too late. */
  look(): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    const now = steadyMs();
    const nodes = [...this.#nodes.values()];
    const values = agreed(
      nodes.map(({ clock }) => clock.boundsAt(now)),
      nodes.map(({ correction }) => correction.aimMs),
    );
    for (const [i, { correction }] of nodes.entries()) correction.aim(values[i]!);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Undefined before the node has answered. */
  state(node: string): ClockState | undefined {
    const known = this.#nodes.get(node);
    const best = known?.clock.best;
    return best && { ...best, correctedMs: this.#isApplied ? known!.correction.aimMs : 0 };
  }

  /** Nodes of one clock in one line. */
  #tell(): void {
    const groups = new Map<number, string[]>();
    const widest = new Map<number, number>();
    for (const [node, known] of this.#nodes) {
      const { correction, clock } = known;
      const least = Math.max(tellMs, known.toldUncertaintyMs);
      if (Math.abs(correction.aimMs - known.toldMs) < least) continue;
      known.toldMs = correction.aimMs;
      known.toldUncertaintyMs = clock.best!.uncertaintyMs;
      groups.set(correction.aimMs, [...(groups.get(correction.aimMs) ?? []), node]);
      const { uncertaintyMs } = clock.best!;
      widest.set(correction.aimMs, Math.max(uncertaintyMs, widest.get(correction.aimMs) ?? 0));
    }
    for (const [ms, nodes] of groups) {
      const names =
        nodes.length > namedMax
          ? `${nodes.slice(0, namedMax).join(', ')} and ${nodes.length - namedMax} more`
          : nodes.join(', ');
      const text = clockText({ offsetMs: ms, uncertaintyMs: widest.get(ms)! });
      this.#note(`${names}: ${text}: ${this.#done}`);
    }
  }

  get #done(): string {
    return this.#isApplied ? 'times are corrected by that' : 'times are its own';
  }
}

/** 'the clock is 312 ms ahead of this machine's (give or take 4 ms)' */
export function clockText({ offsetMs, uncertaintyMs }: Omit<ClockState, 'correctedMs'>): string {
  const most = `give or take ${uncertaintyMs < 10_000 ? `${Math.ceil(uncertaintyMs)} ms` : figureMs(uncertaintyMs)}`;
  if (Math.abs(offsetMs) <= uncertaintyMs) return `the clock agrees with this machine's (${most})`;
  const side = offsetMs > 0 ? 'ahead of' : 'behind';
  return `the clock is ${figureMs(Math.abs(offsetMs))} ${side} this machine's (${most})`;
}

const figureMs = (ms: number) => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
