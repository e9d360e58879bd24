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

/** In the order they were asked. A list: mostly there is one. */
export class WaitingQuestions {
  #list: Waiting[] | undefined;
  bytes = 0;

  get(key: string): Waiting | undefined {
    return this.#list?.find((waiting) => waiting.key === key);
  }

  /** The latest with this id: for answers that leave the question out. */
  byId(id: number): Waiting | undefined {
    return this.#list?.findLast((waiting) => waiting.message.id === id);
  }

  /** Returns those that have to make room. */
  add(waiting: Waiting): readonly Waiting[] {
    if (!this.#list) {
      this.#list = [waiting];
      this.bytes = sizeOf(waiting);
      return none;
    }
    let over = 0;
    let { bytes } = this;
    while (over < this.#list.length && (this.#list.length - over >= maxWaiting || bytes > maxWaitingBytes))
      bytes -= sizeOf(this.#list[over++]!);
    const gone = over > 0 ? this.#list.splice(0, over) : none;
    this.#list.push(waiting);
    this.bytes = bytes + sizeOf(waiting);
    return gone;
  }

  remove(waiting: Waiting): void {
    const at = this.#list?.indexOf(waiting) ?? -1;
    if (at < 0) return;
    if (this.#list!.length === 1) this.#list = undefined;
    else this.#list!.splice(at, 1);
    this.bytes -= sizeOf(waiting);
  }

  /** Takes out those that have waited long enough. */
  expired(now: Timestamp): readonly Waiting[] {
    const isOver = ({ shown, transfer }: Waiting) => !transfer && now - shown.endAt > patienceNs;
    const first = this.#list?.[0];
    if (!first || !isOver(first)) return none;
    const over = this.#list!.filter(isOver);
    for (const waiting of over) this.remove(waiting);
    return over;
  }

  /** Takes all out. */
  clear(): readonly Waiting[] {
    const all = this.#list ?? none;
    this.#list = undefined;
    this.bytes = 0;
    return all;
  }
}

const none: readonly Waiting[] = [];

/** Its bytes, and of a transfer the first answer's. */
function sizeOf({ message, transfer }: Waiting): number {
  return message.bytes.length + (transfer ? transfer.first.bytes.length : 0);
}
