/**
 * What the desk holds: entries in order of arrival, by number. Exchanges that are over are packed into bytes; when
 * there are too many, the oldest bodies are let go of first, then the oldest entries.
 */
import type { Connection, ConversationSummary, Exchange, Loss } from '../model/index.ts';
import { Arena } from './pack/arena.ts';
import { ExchangePacker } from './pack/exchanges.ts';

export type Held =
  | { readonly kind: 'exchange'; readonly exchange: Exchange; readonly isOpen: boolean }
  | { readonly kind: 'conversation'; readonly summary: ConversationSummary }
  | { readonly kind: 'loss'; readonly loss: Loss; readonly atMs: number }
  | { readonly kind: 'note'; readonly text: string; readonly atMs: number };

/** What is kept as objects, measured: an exchange under way, a conversation, a note. */
const objectBytes = 1500;
/** A connection with its ends. */
const connectionBytes = 600;
/** An entry's place in the columns. */
const placeBytes = 32;
/** Entries of the ring to begin with; it doubles. */
const firstRoom = 1024;
/** Of all bytes, bodies may be pressed to this share before entries go: the newest are looked at most. */
const bodiesShare = 0.25;

const isObject = -1;

export class Shelf {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #packer = new ExchangePacker();
  readonly #packed = new Arena();
  readonly #objects = new Map<number, Held>();
  /** Of exchanges that are packed. */
  #connections: (Connection | undefined)[] = new Array(firstRoom);
  #chunks = new Int32Array(firstRoom);
  #offsets = new Int32Array(firstRoom);
  /** 1: the connection was counted with it. */
  #isFirst = new Uint8Array(firstRoom);
  #connectionsHeld = 0;
  #lastConnection = 0;
  /** Of the oldest that is held, and of the next that comes. */
  first = 1;
  next = 1;
  /** Chunks of bodies that went. */
  bodiesLet = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.next - this.first;
  }

  get bytes(): number {
    return (
      this.#packed.bytes +
      this.#packer.bodies.bytes +
      this.#packer.names.characters * 2 +
      this.#objects.size * objectBytes +
      this.#connectionsHeld * connectionBytes +
      this.#chunks.length * placeBytes
    );
  }

  get(id: number): Held | undefined {
    if (id < this.first || id >= this.next) return undefined;
    const at = id & (this.#chunks.length - 1);
    const chunk = this.#chunks[at]!;
    if (chunk === isObject) return this.#objects.get(id);
    const bytes = this.#packed.at(chunk)!;
    const exchange = this.#packer.unpack(bytes, this.#offsets[at]!, this.#connections[at]!);
    return { kind: 'exchange', exchange, isOpen: false };
  }

  /** Whether no exchange before it that is held is of the same connection. */
  isFirstOf(connection: Connection, id: number): boolean {
    const mask = this.#chunks.length - 1;
    for (let one = id - 1; one >= this.first; one--)
      if (this.#connections[one & mask] === connection) return false;
    return true;
  }

  /** @returns its number; the oldest may have gone for it */
  add(held: Held): number {
    if (this.length === this.#chunks.length) this.#grow();
    const id = this.next++;
    this.#put(id, held);
    this.#bound();
    return id;
  }

  /** Something else is known of it. */
  replace(id: number, held: Held): void {
    if (id < this.first || id >= this.next) return;
    this.#take(id);
    this.#put(id, held);
    this.#bound();
  }

  clear(): void {
    while (this.length > 0) this.#drop();
    this.#packer.bodies.clear();
  }

  #put(id: number, held: Held): void {
    const at = id & (this.#chunks.length - 1);
    if (held.kind === 'exchange' && !held.isOpen && this.#packer.pack(held.exchange, this.#packed)) {
      const { connection } = held.exchange;
      this.#connections[at] = connection;
      this.#chunks[at] = this.#packed.chunk;
      this.#offsets[at] = this.#packed.offset;
      // Exchanges of one connection come one after the other, mostly; numbers of connections rise.
      const isFirst = connection.id > this.#lastConnection;
      this.#isFirst[at] = isFirst ? 1 : 0;
      if (isFirst) {
        this.#lastConnection = connection.id;
        this.#connectionsHeld++;
      }
      return;
    }
    this.#chunks[at] = isObject;
    this.#connections[at] = undefined;
    this.#isFirst[at] = 0;
    this.#objects.set(id, held);
  }

  #take(id: number): void {
    const at = id & (this.#chunks.length - 1);
    if (this.#chunks[at] === isObject) this.#objects.delete(id);
    else this.#packed.release(this.#chunks[at]!);
    this.#connections[at] = undefined;
    this.#connectionsHeld -= this.#isFirst[at]!;
  }

  #drop(): void {
    this.#take(this.first++);
  }

  #bound(): void {
    while (this.length > this.#maxEntries) this.#drop();
    const { bodies } = this.#packer;
    while (this.bytes > this.#maxBytes) {
      if (bodies.count > 1 && bodies.bytes > this.#maxBytes * bodiesShare) {
        bodies.dropOldest();
        this.bodiesLet++;
      } else if (this.length > 1) {
        // A chunk goes with its last entry: one by one would ask for the bytes as often.
        for (let i = 0; i < 64 && this.length > 1; i++) this.#drop();
        if (bodies.count > 1 && this.#packed.count <= 1 && this.#objects.size === 0) bodies.dropOldest();
      } else return;
    }
  }

  #grow(): void {
    const before = this.#chunks.length;
    const room = before * 2;
    const connections: (Connection | undefined)[] = new Array(room);
    const chunks = new Int32Array(room);
    const offsets = new Int32Array(room);
    const isFirst = new Uint8Array(room);
    for (let id = this.first; id < this.next; id++) {
      const [from, to] = [id & (before - 1), id & (room - 1)];
      connections[to] = this.#connections[from];
      chunks[to] = this.#chunks[from]!;
      offsets[to] = this.#offsets[from]!;
      isFirst[to] = this.#isFirst[from]!;
    }
    this.#connections = connections;
    this.#chunks = chunks;
    this.#offsets = offsets;
    this.#isFirst = isFirst;
  }
}
