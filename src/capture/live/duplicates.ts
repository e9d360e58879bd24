/**
 * One packet once: a frame that crosses a bridge is seen on each member and perhaps on the bridge.
 * The same bytes from the network layer up, on another interface, within a short time, are a double.
 * A retransmission is not: it comes on the same interface first.
 */
import type { Frame } from '../../model/index.ts';

/** A bridge passes a frame on within microseconds; 10 ms covers a busy machine. */
const windowNs = 10_000_000;
/**
 * Frames remembered: sets of `ways`, the oldest of a set goes. The copies lie in rings that are read one after
 * the other, a block at a time: between a frame and its double come as many as fit a block of 4 MiB, 30,000
 * small ones. With eight times the room hardly a set overflows. 6 MiB, made when a namespace has a bridge.
 */
const sets = 32_768;
const ways = 8;
/** Bytes hashed after the link header: IP and transport header with sequence numbers and checksums. */
const hashed = 64;

export class Duplicates {
  /** Two hashes of 32 bits: one alone would take one frame in two million for another's double. */
  readonly #hash = new Int32Array(sets * ways);
  readonly #check = new Int32Array(sets * ways);
  readonly #iface = new Int32Array(sets * ways).fill(-1);
  /** Nanoseconds since the first frame. */
  readonly #time = new Float64Array(sets * ways);
  #baseSec = -1;
  /** The way written next, of every set. */
  readonly #next = new Uint8Array(sets);

  /** Remembers the frame and says whether another interface just showed it. */
  isDouble(frame: Frame): boolean {
    const { buf, start } = frame;
    const end = start + Math.min(frame.capLen, 14 + hashed);
    let hash = 0x811c9dc5 ^ frame.origLen;
    let check = frame.origLen;
    // From the ethertype on: not the addresses, which a router on the way rewrites.
    for (let i = start + 12; i < end; i++) {
      const byte = buf[i]!;
      hash = Math.imul(hash ^ byte, 0x01000193); // FNV-1a
      check = Math.imul(check + byte, 0x9e3779b1) ^ (check >>> 15);
    }
    if (this.#baseSec < 0) this.#baseSec = frame.sec;
    const time = (frame.sec - this.#baseSec) * 1e9 + frame.nsec;
    const set = (hash ^ (hash >>> 16)) & (sets - 1);
    const first = set * ways;
    for (let at = first; at < first + ways; at++) {
      if (this.#hash[at] !== hash || this.#check[at] !== check || this.#iface[at] === -1) continue;
      const isRecent = Math.abs(time - this.#time[at]!) < windowNs;
      if (isRecent && this.#iface[at] !== frame.iface.id) return true;
      this.#remember(at, hash, check, frame.iface.id, time);
      return false;
    }
    const way = this.#next[set]!;
    this.#next[set] = (way + 1) % ways;
    this.#remember(first + way, hash, check, frame.iface.id, time);
    return false;
  }

  #remember(at: number, hash: number, check: number, iface: number, time: number): void {
    this.#hash[at] = hash;
    this.#check[at] = check;
    this.#iface[at] = iface;
    this.#time[at] = time;
  }
}
