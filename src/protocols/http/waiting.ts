/** Requests that have not been answered, in order, and what they hold. */
import type { Asked } from './exchange.ts';
import type { MessageParts } from './message.ts';

/** Browsers pipeline none, load generators some dozens. */
export const maxWaiting = 1024;
/** Memory of their heads. Bodies share the connection's limit. */
export const maxHeads = 256 * 1024;

export class Waiting {
  readonly #queue: Asked[] = [];
  #headBytes = 0;
  bodyBytes = 0;

  get length(): number {
    return this.#queue.length;
  }

  get bytes(): number {
    return this.#headBytes + this.bodyBytes;
  }

  get first(): Asked | undefined {
    return this.#queue[0];
  }

  get last(): Asked | undefined {
    return this.#queue[this.#queue.length - 1];
  }

  get isFull(): boolean {
    return this.#queue.length > 1 && (this.#queue.length > maxWaiting || this.#headBytes > maxHeads);
  }

  push(asked: Asked): void {
    this.#queue.push(asked);
    this.#headBytes += asked.head.held;
  }

  /** One that waits is whole now. */
  ended(asked: Asked, parts: MessageParts): void {
    asked.request = parts;
    this.bodyBytes += bodyOf(asked);
  }

  /** Only when there is one. */
  shift(): Asked {
    const asked = this.#queue.shift() as Asked;
    this.#headBytes -= asked.head.held;
    this.bodyBytes -= bodyOf(asked);
    return asked;
  }
}

function bodyOf(asked: Asked): number {
  return asked.request?.message.body?.bytes.length ?? 0;
}
