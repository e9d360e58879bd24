/**
 * One packet once: a frame that crosses a bridge is seen on each member and perhaps on the bridge.
 * The same bytes from the network layer up, on another interface, within a short time, are a double.
 * A retransmission is not: it comes on the same interface first.
 */
import type { Frame } from '../../model/index.ts';

/** A bridge passes a frame on within microseconds; 10 ms covers a busy machine. */
const windowNs = 10_000_000;
/** Slots, a power of two: at 200,000 packets/s 10 ms holds 2,000 packets. */
const slots = 8192;
/** Bytes hashed after the link header: IP and transport header with sequence numbers and checksums. */
const hashed = 64;

export class Duplicates {
  readonly #hash = new Int32Array(slots);
  readonly #iface = new Int32Array(slots).fill(-1);
  readonly #sec = new Float64Array(slots);
  readonly #nsec = new Float64Array(slots);

  /** Remembers the frame and says whether another interface just showed it. Ethernet frames only. */
  isDouble(frame: Frame): boolean {
    const { buf, start } = frame;
    const end = start + Math.min(frame.capLen, 14 + hashed);
    // FNV-1a over ethertype and what follows: not the addresses, which a router on the way rewrites.
    let hash = 0x811c9dc5 ^ frame.origLen;
    for (let i = start + 12; i < end; i++) hash = Math.imul(hash ^ buf[i]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const age = (frame.sec - this.#sec[slot]!) * 1e9 + (frame.nsec - this.#nsec[slot]!);
    const seen = this.#hash[slot] === hash && this.#iface[slot] !== -1 && Math.abs(age) < windowNs;
    if (seen && this.#iface[slot] !== frame.iface.id) return true;
    this.#hash[slot] = hash;
    this.#iface[slot] = frame.iface.id;
    this.#sec[slot] = frame.sec;
    this.#nsec[slot] = frame.nsec;
    return false;
  }
}
