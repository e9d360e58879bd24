/**
 * Pictures to a terminal that may stand still (^S, a slow line, a window whose program hangs): written through a
 * descriptor of our own that does not block. A picture is written to its end before the next begins; what would be
 * drawn meanwhile is left out and counted.
 */
import { writeSync } from 'node:fs';

/** How long to leave a full terminal alone: the first time, and at most. */
const pauseMs = { first: 1, most: 50 };
/** At the end, for what gives the terminal back. */
const lastWordMs = 200;

/** Bytes taken; throws as write(2) fails, EAGAIN when there is no room. */
export type Write = (bytes: Uint8Array) => number;

export interface Stall {
  /** Unix ms. */
  readonly since: number;
  readonly until: number;
  readonly skipped: number;
}

export class Output {
  readonly #write: Write;
  readonly #onGone: () => void;
  readonly #onFree: (stall: Stall) => void;
  #rest: Uint8Array | undefined;
  #pause = pauseMs.first;
  #timer: NodeJS.Timeout | undefined;
  #isGone = false;
  #since = 0;
  #skipped = 0;

  /**
   * @param onFree a picture that did not go out at once has gone out
   * @param onGone there is no terminal any more
   */
  constructor(write: Write, onFree: (stall: Stall) => void, onGone: () => void) {
    this.#write = write;
    this.#onFree = onFree;
    this.#onGone = onGone;
  }

  /** A picture is still on its way: nothing can be drawn. */
  get isBusy(): boolean {
    return this.#rest !== undefined || this.#isGone;
  }

  /** Somebody would have drawn. */
  skip(): void {
    this.#skipped++;
  }

  /** Only when it is not busy. */
  send(text: string): void {
    if (this.#isGone || text === '') return;
    const bytes = Buffer.from(text);
    if (this.#rest) {
      // Short things (the clipboard) stand in line.
      this.#rest = Buffer.concat([this.#rest, bytes]);
      return;
    }
    this.#rest = bytes;
    this.#since = Date.now();
    this.#go();
  }

  /** The last words: written now, with some patience. */
  finish(text: string): void {
    clearTimeout(this.#timer);
    const bytes = Buffer.concat([this.#rest ?? new Uint8Array(), Buffer.from(text)]);
    this.#rest = undefined;
    if (this.#isGone) return;
    const until = Date.now() + lastWordMs;
    for (let at = 0; at < bytes.length; ) {
      try {
        at += this.#write(bytes.subarray(at));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || Date.now() > until) return;
        Atomics.wait(pauser, 0, 0, 2);
      }
    }
  }

  #go(): void {
    this.#timer = undefined;
    while (this.#rest) {
      try {
        const written = this.#write(this.#rest);
        this.#rest = written < this.#rest.length ? this.#rest.subarray(written) : undefined;
        this.#pause = pauseMs.first;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
          this.#rest = undefined;
          this.#isGone = true;
          this.#onGone();
          return;
        }
        this.#timer = setTimeout(() => this.#go(), this.#pause);
        this.#pause = Math.min(pauseMs.most, this.#pause * 2);
        return;
      }
    }
    const skipped = this.#skipped;
    this.#skipped = 0;
    if (skipped > 0) this.#onFree({ since: this.#since, until: Date.now(), skipped });
  }
}

const pauser = new Int32Array(new SharedArrayBuffer(4));

/** @param fd opened with O_NONBLOCK */
export const writeTo =
  (fd: number): Write =>
  (bytes) =>
    writeSync(fd, bytes);
