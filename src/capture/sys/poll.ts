/** poll(2) over a changing set of descriptors, waited for on a pool thread. */
import * as c from './libc.ts';

const POLLIN = 1;
const POLLERR = 8;
/** POLLIN | POLLERR | POLLHUP | POLLNVAL */
const anyEvent = 0x39;

export class Poller {
  #fds: number[] = [];
  /** Where each descriptor is in the set: hundreds of namespaces are asked about after each wait. */
  #places = new Map<number, number>();
  #set: Buffer = Buffer.alloc(0);

  watch(fds: readonly number[]): void {
    this.#fds = [...fds];
    this.#places = new Map(fds.map((fd, i) => [fd, i]));
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
    return (this.#events(fd) & POLLERR) !== 0;
  }

  ready(fd: number): boolean {
    return (this.#events(fd) & anyEvent) !== 0;
  }

  #events(fd: number): number {
    const i = this.#places.get(fd);
    return i === undefined ? 0 : this.#set.readInt16LE(i * 8 + 6);
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
  return pollAny([fd], timeoutMs)[0]!;
}

/** The same for several: which of them can be read, or have ended. `timeoutMs` -1 waits for ever. */
export function pollAny(fds: readonly number[], timeoutMs: number): boolean[] {
  const set = Buffer.alloc(8 * fds.length);
  fds.forEach((fd, i) => {
    set.writeInt32LE(fd, 8 * i);
    set.writeInt16LE(POLLIN, 8 * i + 4);
  });
  c.poll(set, fds.length, timeoutMs);
  return fds.map((_, i) => (set.readInt16LE(8 * i + 6) & anyEvent) !== 0);
}
