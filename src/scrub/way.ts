/** One direction of a TCP connection: its segments put in order, read, and masked. RFC 9293 section 3.4. */
import type { Held } from './held.ts';
import { limits } from './limits.ts';
import { Marks } from './marks.ts';
import { FirstReader } from './plain.ts';
import type { Reader, Talk, Tools, Track } from './reader.ts';

/** Both directions of a connection, in order of who was seen first. */
export class Ways {
  readonly first: Way;
  readonly second: Way;
  readonly talk: Talk = { methods: [], upgrade: '' };
  /** It is over, and waits to be forgotten. */
  isClosed = false;

  constructor(tools: Tools) {
    this.first = new Way(tools, this);
    this.second = new Way(tools, this);
  }

  /** Nothing more comes: what waits is decided about. */
  finish(): void {
    for (const way of [this.first, this.second]) way.finish();
  }
}

export class Way implements Track {
  readonly tools: Tools;
  readonly #ways: Ways;
  /** Of the next byte: its sequence number (int32), and its position. */
  #next = 0;
  #known = false;
  #pos = 0;
  /** Of the SYN, to tell one that is sent again from a new connection. */
  isn: number | undefined;
  reader: Reader;
  readonly marks = new Marks();
  /** Segments behind holes, by position. */
  #early: Held[] = [];
  /** Positions before it are written. */
  emitted = 0;

  constructor(tools: Tools, ways: Ways) {
    this.tools = tools;
    this.#ways = ways;
    this.reader = new FirstReader(this, 0);
  }

  /** The connection. */
  get ways(): Ways {
    return this.#ways;
  }

  get peer(): Way {
    return this === this.#ways.first ? this.#ways.second : this.#ways.first;
  }

  get talk(): Talk {
    return this.#ways.talk;
  }

  get isFresh(): boolean {
    return !this.#known;
  }

  synchronize(seq: number): void {
    this.isn = seq | 0;
    if (this.#known) return;
    this.#known = true;
    this.#next = (seq + 1) | 0;
  }

  /** Position of the byte with that sequence number. */
  positionOf(seq: number): number {
    if (!this.#known) {
      this.#known = true;
      this.#next = seq | 0;
    }
    return this.#pos + (((seq | 0) - this.#next) | 0);
  }

  /** Whether what lies there was, or can be, decided about. */
  canJudge(pos: number): boolean {
    return pos >= 0 && pos >= this.marks.knownFrom && pos - this.#pos < limits.ahead;
  }

  segment(held: Held): void {
    if (held.pos > this.#pos) {
      let at = this.#early.length;
      while (at > 0 && this.#early[at - 1]!.pos > held.pos) at--;
      this.#early.splice(at, 0, held);
      return;
    }
    this.#take(held);
    while (this.#early.length > 0 && this.#early[0]!.pos <= this.#pos) this.#take(this.#early.shift()!);
  }

  /** Reads what is new of it. */
  #take({ buf, pos, length, payload, captured }: Held): void {
    const old = this.#pos - pos;
    if (old >= length) return;
    this.#next = (this.#next + length - old) | 0;
    const from = this.#pos;
    this.#pos = pos + length;
    if (captured > old) this.reader.data(buf.slice(payload + old, payload + captured), from);
    const missing = length - Math.max(captured, old);
    if (missing > 0) this.reader.gap(this.#pos - missing, missing);
  }

  /** Has sent a FIN. */
  isEnded = false;

  /** A FIN, when all before it has come. */
  fin(pos: number): void {
    this.isEnded = true;
    if (pos <= this.#pos) this.reader.end();
  }

  /** Nobody waits any longer for what comes before `pos`: holes are holes, and what is there is judged. */
  decideUpTo(pos: number): void {
    while (this.#early.length > 0 && this.#early[0]!.pos < pos) {
      const { pos: next } = this.#early[0]!;
      if (next > this.#pos) this.#skipTo(next);
      while (this.#early.length > 0 && this.#early[0]!.pos <= this.#pos) this.#take(this.#early.shift()!);
    }
    if (this.reader.decided < pos) this.reader.settle();
  }

  #skipTo(pos: number): void {
    const length = pos - this.#pos;
    const from = this.#pos;
    this.#next = (this.#next + length) | 0;
    this.#pos = pos;
    this.reader.gap(from, length);
  }

  finish(): void {
    this.decideUpTo(Number.POSITIVE_INFINITY);
    this.reader.end();
  }

  // What a reader does.

  mark(from: number, to: number, bytes?: Uint8Array): void {
    this.marks.add(from, to, bytes);
  }

  become(reader: Reader, rest: Uint8Array, pos: number): void {
    this.reader = reader;
    if (rest.length > 0) reader.data(rest, pos);
  }
}
