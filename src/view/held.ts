/** What the desk holds: entries in order of arrival, by number, the oldest let go of when there are too many. */
import type { Body, ConversationSummary, Exchange, Loss, Message } from '../model/index.ts';

export type Held =
  | { readonly kind: 'exchange'; readonly exchange: Exchange; readonly isOpen: boolean }
  | { readonly kind: 'conversation'; readonly summary: ConversationSummary }
  | { readonly kind: 'loss'; readonly loss: Loss; readonly atMs: number }
  | { readonly kind: 'note'; readonly text: string; readonly atMs: number };

/** Objects of an exchange and its connection, measured; texts and bodies come on top. */
const entryBytes = 1200;
/** Entries of the ring to begin with; it doubles. */
const firstRoom = 1024;

const bodyBytes = (body: Body | undefined) => body?.bytes.length ?? 0;
/** Heads are texts of a byte a character; not looked at, for looking makes them. */
const messageBytes = (message: Message | undefined) =>
  message ? bodyBytes(message.body) + Math.min(message.wireBytes, 4096) : 0;

export function sizeOf(held: Held): number {
  if (held.kind !== 'exchange') return entryBytes;
  const { request, response, messages } = held.exchange;
  let bytes = entryBytes + messageBytes(request) + messageBytes(response);
  for (const { body } of messages ?? []) bytes += bodyBytes(body) + 100;
  return bytes;
}

export class Shelf {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #ring: (Held | undefined)[] = new Array(firstRoom);
  #sizes = new Float64Array(firstRoom);
  /** Of the oldest that is held, and of the next that comes. */
  first = 1;
  next = 1;
  bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.next - this.first;
  }

  get(id: number): Held | undefined {
    return id >= this.first && id < this.next ? this.#ring[id % this.#ring.length] : undefined;
  }

  /** @returns its number; the oldest may have gone for it */
  add(held: Held): number {
    if (this.length === this.#ring.length) this.#grow();
    const id = this.next++;
    this.#put(id, held);
    while (this.length > this.#maxEntries || (this.bytes > this.#maxBytes && this.length > 1)) this.#drop();
    return id;
  }

  /** Something else is known of it. */
  replace(id: number, held: Held): void {
    if (this.get(id) === undefined) return;
    this.bytes -= this.#sizes[id % this.#ring.length]!;
    this.#put(id, held);
  }

  clear(): void {
    while (this.length > 0) this.#drop();
  }

  #put(id: number, held: Held): void {
    const at = id % this.#ring.length;
    const size = sizeOf(held);
    this.#ring[at] = held;
    this.#sizes[at] = size;
    this.bytes += size;
  }

  #drop(): void {
    const at = this.first++ % this.#ring.length;
    this.bytes -= this.#sizes[at]!;
    this.#ring[at] = undefined;
  }

  #grow(): void {
    const room = this.#ring.length * 2;
    const ring: (Held | undefined)[] = new Array(room);
    const sizes = new Float64Array(room);
    for (let id = this.first; id < this.next; id++) {
      ring[id % room] = this.#ring[id % this.#ring.length];
      sizes[id % room] = this.#sizes[id % this.#ring.length]!;
    }
    this.#ring = ring;
    this.#sizes = sizes;
  }
}
