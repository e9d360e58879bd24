/** Questions that wait for their answers, by id and question. */
import type { Timestamp } from '../../model/index.ts';
import type { DnsMessage } from './message.ts';
import type { ShownMessage } from './show.ts';

/** At once on one connection: resolvers keep one socket a question, stubs a few. */
const maxWaiting = 256;
/** Memory of them, the newest not counted. */
export const maxWaitingBytes = 128 * 1024;
/** Resolvers give up after some 5 to 30 s. */
const patienceNs = 30e9;

export interface Waiting {
  readonly key: string;
  readonly message: DnsMessage;
  readonly shown: ShownMessage;
  retries: number;
  /** Of a zone transfer: what has come of it. */
  transfer: Transfer | undefined;
}

export interface Transfer {
  readonly first: DnsMessage;
  readonly startAt: Timestamp;
  messages: number;
  records: number;
  wireBytes: number;
}

export class WaitingQuestions {
  readonly #byKey = new Map<string, Waiting>();
  readonly #giveUp: (waiting: Waiting) => void;
  bytes = 0;

  constructor(giveUp: (waiting: Waiting) => void) {
    this.#giveUp = giveUp;
  }

  get(key: string): Waiting | undefined {
    return this.#byKey.get(key);
  }

  /** The latest with this id: for answers that leave the question out. */
  byId(id: number): Waiting | undefined {
    let found: Waiting | undefined;
    for (const waiting of this.#byKey.values()) if (waiting.message.id === id) found = waiting;
    return found;
  }

  add(waiting: Waiting): void {
    const size = sizeOf(waiting);
    while (this.#byKey.size >= maxWaiting || (this.#byKey.size > 0 && this.bytes > maxWaitingBytes))
      this.#dropOldest();
    this.#byKey.set(waiting.key, waiting);
    this.bytes += size;
  }

  remove(waiting: Waiting): void {
    if (this.#byKey.delete(waiting.key)) this.bytes -= sizeOf(waiting);
  }

  /** Those that have waited long enough. Insertion order is time order. */
  expire(now: Timestamp): void {
    for (const waiting of this.#byKey.values()) {
      if (now - waiting.shown.endAt <= patienceNs || waiting.transfer) return;
      this.#dropOldest();
    }
  }

  clear(): void {
    while (this.#byKey.size > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    for (const waiting of this.#byKey.values()) {
      this.remove(waiting);
      this.#giveUp(waiting);
      return;
    }
  }
}

/** Its bytes, and of a transfer the first answer's. */
function sizeOf({ message, transfer }: Waiting): number {
  return message.bytes.length + (transfer ? transfer.first.bytes.length : 0);
}
