/** One connection's protocol: looked for, then spoken to; a child takes the place of its parent. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  Clock,
  Connection,
  EndReason,
  Exchange,
  Inner,
  InnerModule,
  ProtocolModule,
  Secured,
  Side,
  StreamWithin,
  Timestamp,
} from '../model/index.ts';
import type { Conn } from '../stream/index.ts';
import { concatBytes } from '../util/bytes.ts';
import type { Budget } from './budget.ts';
import { describe } from './connection.ts';
import type { Detection, Verdict } from './detection.ts';
import { type InnerHost, openInner } from './inner.ts';
import type { Names } from './names.ts';
import { Preview } from './preview.ts';
import { type Ending, withReason } from './under-way.ts';

/** Bytes kept while no protocol has said yes or no: longer than any first message that tells. */
const sniffLimit = 8 * 1024;
/** Segments in which the beginning of a message is looked for when we joined in its middle. */
const resyncTries = 4096;
/** Upgrades within upgrades: CONNECT in CONNECT has an end. */
const maxChildren = 8;

export interface TreeHost {
  readonly detection: Detection;
  readonly names: Names;
  readonly bodyLimit: number;
  readonly clock: Clock;
  readonly decryption: AnalyzerContext['decryption'];
  readonly budget: Budget;
  readonly inners: readonly InnerModule[];
  readonly mayRide: NonNullable<AnalyzerContext['mayRide']>;
  /** Whether any sink shows requests under way. */
  readonly wantsOpened: boolean;
  exchange(exchange: Exchange): void;
  opened(exchange: Exchange): void;
  weird(name: string): void;
}

interface Piece {
  readonly side: Side;
  readonly bytes: Uint8Array;
  readonly at: Timestamp;
}

/** Names of oddities kept of a connection. */
const maxWeirds = 8;

const nothing = new Uint8Array(0);
const noPieces: readonly Piece[] = [];

export class Tree implements AnalyzerOutput, InnerHost, StreamWithin {
  readonly #host: TreeHost;
  readonly #conn: Conn;
  #connection: Connection | undefined;
  #module: ProtocolModule | undefined;
  #analyzer: Analyzer | undefined;
  #state: 'looking' | 'speaking' | 'unknown' = 'looking';
  #pieces: readonly Piece[] = noPieces;
  #sniffed = 0;
  #tries = 0;
  /** Of the budget, by pieces and analyzer and what rides inside. */
  #held = 0;
  #heldInside = 0;
  /** Whether bytes were missed: then what comes may be the middle of a message. */
  #holed: boolean;
  #flipped = false;
  #childCount = 0;
  #nextChild:
    | {
        protocol: string;
        rest: { client: Uint8Array; server: Uint8Array };
        at: Timestamp;
        carrier: Exchange | undefined;
      }
    | undefined;
  #violated = false;
  #ending: Ending | undefined;
  #icmpTold: Conn['icmp'];
  /** What it began with, as long as no protocol is known. */
  preview: Preview | undefined;
  exchanges = 0;
  /** The first that were told of it. */
  weirds: string[] | undefined;
  title = '';

  /** The tree this stream is carried by, and the one that is carried. */
  readonly #outer: Tree | undefined;
  #within: Tree | undefined;

  constructor(host: TreeHost, conn: Conn, outer?: Tree, secured?: Secured) {
    this.#host = host;
    this.#conn = conn;
    this.#outer = outer;
    // Inside, what was not captured comes as a gap.
    this.#holed = outer === undefined && conn.joinedMidStream;
    if (outer) this.#connection = { ...outer.connection, ...(secured ? { secured } : {}) };
  }

  get connection(): Connection {
    this.#connection ??= this.describe();
    return this.#connection;
  }

  /** As it is known now; what is found later may still tell that client and server are the other way round. */
  describe(): Connection {
    return this.#connection ?? describe(this.#conn, this.#flipped, this.#host.names);
  }

  /** True when content showed that `Conn` has client and server the wrong way round. */
  get flipped(): boolean {
    return this.#flipped;
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp): void {
    if (this.#state === 'unknown') {
      this.preview?.add(side, bytes, at);
      return;
    }
    if (this.#state === 'speaking') {
      this.#analyzer!.data(this.#flipped ? other(side) : side, bytes, at, this);
      if (this.#nextChild || this.#violated) this.#settle(at);
    } else this.#look(side, bytes, at);
    this.#account(at);
  }

  gap(side: Side, length: number, at: Timestamp): void {
    this.#holed = true;
    if (this.#state === 'looking') this.#forgetPieces();
    if (this.#state !== 'speaking') return;
    const children = this.#childCount;
    this.#analyzer!.gap(this.#flipped ? other(side) : side, length, at, this);
    this.#settle(at);
    // The hole made the parent hand over: it is in what the child reads.
    if (this.#childCount !== children) this.gap(side, length, at);
    else this.#account(at);
  }

  end(side: Side, reason: EndReason, at: Timestamp): void {
    if (this.#state !== 'speaking') return;
    const ended = this.#flipped ? other(side) : side;
    this.#ending = { side: ended, reason };
    this.#analyzer!.end(ended, reason, at, this);
    this.#settle(at);
    this.#ending = undefined;
  }

  /** The connection is over and everything was said. */
  release(): void {
    this.#within?.release();
    this.#forgetPieces();
    this.#analyzer = undefined;
    this.#state = 'unknown';
    this.#host.budget.change(-this.#held);
    this.#held = 0;
  }

  /** What is held now counts; over the limit it is given up, and the next message is waited for. */
  #account(at: Timestamp): void {
    const held = (this.#analyzer ? this.#analyzer.buffered() : 0) + this.#sniffed + this.#heldInside;
    if (held === this.#held) return;
    const more = held - this.#held;
    this.#held = held;
    if (this.#host.budget.change(more)) return;
    for (const side of ['client', 'server'] as const) this.#analyzer?.end(side, 'evicted', at, this);
    this.#analyzer = undefined;
    this.#nextChild = undefined;
    this.#violated = false;
    this.#forgetPieces();
    this.#holed = true;
    this.#state = 'looking';
    this.#host.budget.change(-this.#held);
    this.#held = 0;
  }

  #look(side: Side, bytes: Uint8Array, at: Timestamp): void {
    const pieces = this.#pieces;
    // A child of a connection that was turned around is turned around too.
    const [asking, serving] = this.#flipped
      ? (['server', 'client'] as const)
      : (['client', 'server'] as const);
    const client = joined(pieces, asking, side === asking ? bytes : nothing);
    const server = joined(pieces, serving, side === serving ? bytes : nothing);
    let verdict = this.#ask(client, server);
    // Inside a message nothing looks like a beginning, but any segment may be one.
    if (verdict.kind !== 'found' && this.#holed && pieces.length > 0) {
      const alone = side === asking ? this.#ask(bytes, nothing) : this.#ask(nothing, bytes);
      if (alone.kind === 'found') {
        this.#forgetPieces();
        verdict = alone;
      }
    }
    if (verdict.kind === 'found') {
      const before = this.#pieces;
      this.preview = undefined;
      this.#flipped = this.#flipped !== verdict.flipped;
      this.#speak(verdict.module);
      this.#forgetPieces();
      for (const piece of before) this.data(piece.side, piece.bytes, piece.at);
      this.data(side, bytes, at);
      return;
    }
    this.preview ??= new Preview(this.#conn.transport === 17);
    this.preview.add(side, bytes, at);
    if (verdict.kind === 'more' && this.#sniffed + bytes.length <= sniffLimit) {
      this.#sniffed += bytes.length;
      this.#pieces = [...pieces, { side, bytes: bytes.slice(), at }];
      return;
    }
    this.#forgetPieces();
    // The next message is waited for. Datagrams are all beginnings.
    const mayComeYet = this.#holed || this.#conn.transport === 17;
    if (!mayComeYet || ++this.#tries >= resyncTries) this.#state = 'unknown';
  }

  #ask(client: Uint8Array, server: Uint8Array): Verdict {
    const transport = this.#conn.transport === 6 ? 'tcp' : 'udp';
    const mayFlip = this.#holed && !this.#connection;
    return this.#host.detection.ask(client, server, transport, this.#conn.serverPort, mayFlip);
  }

  #forgetPieces(): void {
    this.#pieces = noPieces;
    this.#sniffed = 0;
  }

  #speak(module: ProtocolModule, carrier?: Exchange): void {
    this.#module = module;
    this.#state = 'speaking';
    this.#violated = false;
    this.title = module.title;
    this.#analyzer = module.open(this.#context(carrier));
  }

  #context(carrier?: Exchange): AnalyzerContext {
    const { connection } = this;
    const { bodyLimit, wantsOpened, inners, mayRide, clock, decryption } = this.#host;
    const wantsInner = inners.length > 0;
    const midMessage = this.#holed;
    const context = { connection, midMessage, bodyLimit, wantsOpened, wantsInner, mayRide, clock };
    if (!carrier && !decryption) return context;
    return { ...context, ...(carrier ? { carrier } : {}), ...(decryption ? { decryption } : {}) };
  }

  /** After a call into the analyzer: what it asked for is done when it no longer runs. */
  #settle(at: Timestamp): void {
    if (this.#violated) {
      this.#violated = false;
      this.#analyzer = undefined;
      // Where something was lost, the fault may be the hole's: what follows is looked at anew.
      this.#state = this.#holed && ++this.#tries < resyncTries ? 'looking' : 'unknown';
    }
    const child = this.#nextChild;
    if (!child) return;
    this.#nextChild = undefined;
    this.#analyzer = undefined;
    this.#forgetPieces();
    const module = child.protocol === '' ? undefined : this.#host.detection.byName(child.protocol);
    if (++this.#childCount > maxChildren || (child.protocol !== '' && !module)) {
      this.#state = 'unknown';
      this.title = child.protocol || this.title;
      return;
    }
    if (module) this.#speak(module, child.carrier);
    else this.#state = 'looking';
    for (const side of ['client', 'server'] as const)
      if (child.rest[side].length > 0) this.data(this.#flipped ? other(side) : side, child.rest[side], at);
  }

  // For what rides inside.

  innerContext(): AnalyzerContext {
    return this.#context();
  }

  hold(change: number): void {
    this.#heldInside += change;
  }

  // What the analyzer says.

  exchange(exchange: Exchange): void {
    this.exchanges++;
    if (this.#outer) this.#outer.exchanges++;
    const { icmp } = this.#conn;
    if (!this.#ending && icmp === this.#icmpTold) return this.#host.exchange(exchange);
    this.#icmpTold = icmp;
    this.#host.exchange(withReason(exchange, this.#conn, (this.#outer ?? this).flipped, this.#ending));
  }

  opened(exchange: Exchange): void {
    this.#host.opened(exchange);
  }

  child(
    protocol: string,
    rest: { client: Uint8Array; server: Uint8Array },
    at: Timestamp,
    carrier?: Exchange,
  ): void {
    const copy = { client: rest.client.slice(), server: rest.server.slice() };
    this.#nextChild = { protocol, rest: copy, at, carrier };
  }

  within(secured: Secured): StreamWithin {
    this.#within ??= new Tree(this.#host, this.#conn, this, secured);
    return this.#within;
  }

  inner(exchange: Exchange, before?: Inner): Inner | undefined {
    return openInner(this.#host.inners, exchange, this, before);
  }

  confirmed(): void {
    // Found again: an earlier hole excuses nothing any more.
    this.#holed = this.#outer === undefined && this.#conn.joinedMidStream;
  }

  violation(reason: string): void {
    this.#violated = true;
    this.weird(`${this.#module?.name ?? 'unknown'}_violation: ${reason}`);
  }

  weird(name: string): void {
    this.weirds ??= [];
    if (this.weirds.length < maxWeirds && !this.weirds.includes(name)) this.weirds.push(name);
    this.#host.weird(name);
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function joined(pieces: readonly Piece[], side: Side, last: Uint8Array): Uint8Array {
  if (pieces.length === 0) return last;
  const parts = pieces.filter((piece) => piece.side === side).map((piece) => piece.bytes);
  return parts.length === 0 ? last : concatBytes([...parts, last]);
}
