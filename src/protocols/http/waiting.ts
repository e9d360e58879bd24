/** Requests that have not been answered, in order, and what they hold. */
import type { Asked } from './exchange.ts';
import type { MessageParts } from './message.ts';

/** Browsers pipeline none, load generators some dozens. */
export const maxWaiting = 1024;
/** Memory of their heads. Bodies share the connection's limit. */
export const maxHeads = 256 * 1024;

export class Waiting {
  /** Mostly there is one at most: a queue takes more memory than all else of a quiet connection's requests. */
  #first: Asked | undefined;
  #rest: Asked[] | undefined;
  #headBytes = 0;
  bodyBytes = 0;

  get length(): number {
    return (this.#first ? 1 : 0) + (this.#rest ? this.#rest.length : 0);
  }

  get bytes(): number {
    return this.#headBytes + this.bodyBytes;
  }

  get first(): Asked | undefined {
    return this.#first;
  }

  get last(): Asked | undefined {
    return this.#rest ? this.#rest[this.#rest.length - 1] : this.#first;
  }

  get isFull(): boolean {
    const { length } = this;
    return length > 1 && (length > maxWaiting || this.#headBytes > maxHeads);
  }

  push(asked: Asked): void {
    if (!this.#first) this.#first = asked;
    else if (this.#rest) this.#rest.push(asked);
    else this.#rest = [asked];
    this.#headBytes += asked.head.held;
  }

  /** One that waits is whole now. */
  ended(asked: Asked, parts: MessageParts): void {
    asked.request = parts;
    this.bodyBytes += bodyOf(asked);
  }

  /** Only when there is one. */
  shift(): Asked {
    const asked = this.#first as Asked;
    this.#first = this.#rest?.shift();
    if (this.#rest?.length === 0) this.#rest = undefined;
    this.#headBytes -= asked.head.held;
    this.bodyBytes -= bodyOf(asked);
    return asked;
  }
}

function bodyOf(asked: Asked): number {
  return asked.request?.message.body?.bytes.length ?? 0;
}
