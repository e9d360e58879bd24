/** poll(2) over a changing set of descriptors, waited for on a pool thread. */
import * as c from './libc.ts';

const POLLIN = 1;
const POLLERR = 8;
/** POLLIN | POLLERR | POLLHUP | POLLNVAL */
const anyEvent = 0x39;

export class Poller {
  #fds: number[] = [];
  #set: Buffer = Buffer.alloc(0);

  watch(fds: readonly number[]): void {
    this.#fds = [...fds];
    this.#set = Buffer.alloc(Math.max(1, fds.length) * 8);
    fds.forEach((fd, i) => {
      this.#set.writeInt32LE(fd, i * 8);
      this.#set.writeInt16LE(POLLIN, i * 8 + 4);
    });
  }

  /** Resolves to whether any is ready; a signal or the time-out gives false. */
  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      c.poll.async(this.#set, this.#fds.length, timeoutMs, (error, result) => {
        if (error) reject(error);
        else resolve(result > 0);
      });
    });
  }

  failed(fd: number): boolean {
    const i = this.#fds.indexOf(fd);
    return i >= 0 && (this.#set.readInt16LE(i * 8 + 6) & POLLERR) !== 0;
  }

  ready(fd: number): boolean {
    const i = this.#fds.indexOf(fd);
    return i >= 0 && (this.#set.readInt16LE(i * 8 + 6) & anyEvent) !== 0;
  }
}

const SOL_SOCKET = 1;
const SO_ERROR = 4;

/** Takes a pending error (ENETDOWN when an interface goes down) off the socket: else poll never waits again. */
export function clearSocketError(fd: number): number {
  const value = Buffer.alloc(4);
  c.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, [4]);
  return value.readInt32LE(0);
}

/** Waits on this thread: for answers that come at once. */
export function pollReadable(fd: number, timeoutMs: number): boolean {
  const set = Buffer.alloc(8);
  set.writeInt32LE(fd, 0);
  set.writeInt16LE(POLLIN, 4);
  return c.poll(set, 1, timeoutMs) > 0;
}
