/**
 * Bytes to a pipe or terminal, in order, written on a pool thread. Node writes to a stdout that is a pipe
 * or terminal on the main thread: a reader that stands still would stop captures and signals alike.
 */
import { writev } from 'node:fs';

/** How long to leave a pipe alone that somebody made non-blocking and that is full. */
const fullPauseMs = 5;

export class FdWriter {
  readonly #fd: number;
  readonly #onError: (error: NodeJS.ErrnoException) => void;
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #busy = false;
  #failed = false;
  #idle: (() => void)[] = [];

  /** @param onError called once; what is written afterwards is left out */
  constructor(fd: number, onError: (error: NodeJS.ErrnoException) => void) {
    this.#fd = fd;
    this.#onError = onError;
  }

  /** Bytes not yet written. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Keeps `bytes` until they are written: they must not change. */
  write(bytes: Uint8Array): void {
    if (this.#failed || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    if (!this.#busy) this.#next();
  }

  /** Resolves when all was written, or nothing more can be. */
  drain(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #next(): void {
    this.#busy = true;
    const batch = this.#queue;
    this.#queue = [];
    writev(this.#fd, batch, (error, written) => {
      this.#busy = false;
      if (error && error.code !== 'EAGAIN') {
        this.#failed = true;
        this.#queue = [];
        this.#waiting = 0;
        this.#onError(error);
      } else {
        this.#queue = [...rest(batch, written ?? 0), ...this.#queue];
        this.#waiting -= written ?? 0;
        if (error) {
          this.#busy = true;
          setTimeout(() => this.#next(), fullPauseMs);
          return;
        }
        if (this.#queue.length > 0) {
          this.#next();
          return;
        }
      }
      for (const resolve of this.#idle.splice(0)) resolve();
    });
  }
}

/** What of a batch is left after so many bytes of it. */
function rest(batch: readonly Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  for (const bytes of batch) {
    if (written >= bytes.length) written -= bytes.length;
    else {
      left.push(bytes.subarray(written));
      written = 0;
    }
  }
  return left;
}
