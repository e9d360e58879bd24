/** IP reassembly: RFC 791 section 3.2, RFC 8200 section 4.5. */
import type { Packet, Timestamp } from '../model/index.ts';

/** Datagrams under way at once; the oldest goes. */
const maxDatagrams = 256;
/** What an IP header can say. */
const maxLength = 65_535;
/** Bytes held for all of them: a flood of first fragments must not take more. */
const maxBytes = 4 * 1024 * 1024;
/** net.ipv4.ipfrag_time */
const timeoutNs = 30e9;

const nothing: Uint8Array = new Uint8Array(0);

interface Datagram {
  readonly startedAt: Timestamp;
  bytes: Uint8Array;
  /** Ranges that are there, sorted, never touching: start, end, start, end ... */
  readonly have: number[];
  /** Payload length, known with the last fragment; -1 before. */
  total: number;
  proto: number;
}

export class Defragmenter {
  readonly #datagrams = new Map<string, Datagram>();
  #bytes = 0;
  /** Datagrams forgotten because a limit was reached. */
  evicted = 0;
  /** Datagrams that never became whole: timed out, overlapping, or cut by the snap length. */
  incomplete = 0;

  /**
   * Takes a fragment. True when it completed its datagram: `p` then stands for the whole one, in a
   * buffer of its own (addresses, then the payload), ready for decodeTransport.
   */
  add(p: Packet, at: Timestamp): boolean {
    this.#expire(at);
    const captured = p.end - p.ipPayloadOff;
    const key = keyOf(p);
    const end = p.fragOff + p.ipPayloadLen;
    // All but the last are multiples of 8 (RFC 791); a cut one can never be completed.
    if (captured < p.ipPayloadLen || end > maxLength || (p.fragMore && p.ipPayloadLen % 8 !== 0))
      return this.#giveUp(key);
    // One without bytes brings nothing, and would be a range without length.
    if (p.ipPayloadLen === 0) return false;
    let datagram = this.#datagrams.get(key);
    if (!datagram) {
      if (this.#datagrams.size >= maxDatagrams) this.#evictOldest(key);
      datagram = { startedAt: at, bytes: nothing, have: [], total: -1, proto: p.ipProto };
      this.#datagrams.set(key, datagram);
    }
    // RFC 8200 section 4.5: the first fragment's next header counts.
    if (p.fragOff === 0) datagram.proto = p.ipProto;
    if (!p.fragMore) {
      if (datagram.total >= 0 && datagram.total !== end) return this.#giveUp(key);
      datagram.total = end;
    }
    const added = addRange(datagram.have, p.fragOff, end);
    // Overlaps are an attack (RFC 5722 section 3): the datagram goes. An exact repeat is harmless.
    if (added === 'overlap') return this.#giveUp(key);
    if (added === 'repeat') return false;
    this.#store(key, datagram, p, end);
    const whole = datagram.have.length === 2 && datagram.have[0] === 0 && datagram.have[1] === datagram.total;
    if (!whole) return false;
    this.#forget(key);
    fill(p, datagram);
    return true;
  }

  /** The capture is over: what is under way stays incomplete. */
  finish(): void {
    this.incomplete += this.#datagrams.size;
    this.#datagrams.clear();
    this.#bytes = 0;
  }

  #store(key: string, datagram: Datagram, p: Packet, end: number): void {
    if (datagram.bytes.length < end) {
      const size = Math.min(maxLength, Math.max(end, datagram.bytes.length * 2, 4096));
      const more = size - datagram.bytes.length;
      while (this.#bytes + more > maxBytes && this.#datagrams.size > 1) this.#evictOldest(key);
      this.#bytes += more;
      const grown = new Uint8Array(size);
      grown.set(datagram.bytes);
      datagram.bytes = grown;
    }
    datagram.bytes.set(p.buf.subarray(p.ipPayloadOff, p.ipPayloadOff + p.ipPayloadLen), p.fragOff);
  }

  #forget(key: string): void {
    const datagram = this.#datagrams.get(key);
    if (!datagram) return;
    this.#bytes -= datagram.bytes.length;
    this.#datagrams.delete(key);
  }

  #giveUp(key: string): false {
    this.#forget(key);
    this.incomplete++;
    return false;
  }

  /** @param except the one that room is made for */
  #evictOldest(except: string): void {
    for (const key of this.#datagrams.keys()) {
      if (key === except) continue;
      this.#forget(key);
      this.evicted++;
      return;
    }
  }

  #expire(at: Timestamp): void {
    // Insertion order is time order: the first that is young enough ends the walk.
    for (const [key, datagram] of this.#datagrams) {
      if (at - datagram.startedAt <= timeoutNs) return;
      this.#giveUp(key);
    }
  }
}

function keyOf(p: Packet): string {
  const addressLen = p.ipVersion === 6 ? 16 : 4;
  let key = `${p.frame.iface.netns} ${p.fragId} ${p.ipVersion === 4 ? p.ipProto : 6}`;
  for (let i = 0; i < addressLen; i += 2) {
    key += String.fromCharCode(
      (p.buf[p.srcOff + i]! << 8) | p.buf[p.srcOff + i + 1]!,
      (p.buf[p.dstOff + i]! << 8) | p.buf[p.dstOff + i + 1]!,
    );
  }
  return key;
}

/** Puts [start, end) into the sorted ranges, joining neighbours. */
function addRange(have: number[], start: number, end: number): 'added' | 'repeat' | 'overlap' {
  let i = 0;
  while (i < have.length && have[i + 1]! < start) i += 2;
  // have[i] .. have[i+1] is the first range that ends at or behind `start`.
  if (i < have.length && have[i]! <= start && have[i + 1]! >= end && end > start) return 'repeat';
  if (i < have.length && have[i + 1]! > start && have[i]! < end) return 'overlap';
  const touchesLeft = i < have.length && have[i + 1] === start;
  const right = touchesLeft ? i + 2 : i;
  if (right < have.length && have[right]! < end) return 'overlap';
  const touchesRight = right < have.length && have[right] === end;
  if (touchesLeft && touchesRight) have.splice(i + 1, 2);
  else if (touchesLeft) have[i + 1] = end;
  else if (touchesRight) have[right] = start;
  else have.splice(i, 0, start, end);
  return 'added';
}

function fill(p: Packet, datagram: Datagram): void {
  const addressLen = p.ipVersion === 6 ? 16 : 4;
  const whole = new Uint8Array(2 * addressLen + datagram.total);
  whole.set(p.buf.subarray(p.srcOff, p.srcOff + addressLen), 0);
  whole.set(p.buf.subarray(p.dstOff, p.dstOff + addressLen), addressLen);
  whole.set(datagram.bytes.subarray(0, datagram.total), 2 * addressLen);
  p.buf = whole;
  p.end = whole.length;
  p.srcOff = 0;
  p.dstOff = addressLen;
  p.ipProto = datagram.proto;
  p.ipPayloadOff = 2 * addressLen;
  p.ipPayloadLen = datagram.total;
  p.isFragment = false;
  p.problem = 0;
}
