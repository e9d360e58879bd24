/**
 * Units on the wire from an agent to its client: 12 bytes of head, then the payload.
 *
 *     u32 length of the payload | u8 kind | 3 bytes 0 | u32 sequence number       (little-endian)
 *
 * A connection may begin in the middle of what an earlier one was sent (attach to a container shows its output
 * from now on), so every connection begins with a preface that holds a number only this client knows.
 */
import { u32le } from '../util/bytes.ts';
import { utf8Bytes } from '../util/text.ts';

export const UnitKind = {
  /** JSON: Welcome. Sequence 0, outside the count. */
  welcome: 1,
  /** Whole pcapng blocks. */
  packets: 2,
  /** JSON: AgentEvent. */
  event: 3,
  /** Records of entries, cut anywhere (entry-format.ts). */
  entries: 4,
  /** The same, deflated (RFC 1951): at most `maxPacked` bytes of them. */
  packed: 6,
  /** JSON: why there will be no session. Sequence 0. */
  refusal: 5,
} as const;
export type UnitKind = (typeof UnitKind)[keyof typeof UnitKind];

/** Bytes before a payload. */
export const headBytes = 12;
/** A payload beyond this is damage: a pcapng block is at most that long (pcap/decoder.ts). */
export const maxPayload = 16 * 1024 * 1024;
/** Of entries in one unit before they are deflated: beyond it a small unit could fill a client's memory. */
export const maxPacked = 256 * 1024;
/** What a preface may be looked for in: an attach to a chatty agent begins with what is under way. */
const maxBeforePreface = 32 * 1024 * 1024;

/** @param nonce 32 hexadecimal digits that the client has made up for this connection */
export function preface(nonce: string): Uint8Array {
  return utf8Bytes(`\nPORTHOLE ${nonce}\n`);
}

export function encodeUnit(kind: UnitKind, sequence: number, payload: Uint8Array): Uint8Array {
  const unit = new Uint8Array(headBytes + payload.length);
  const view = new DataView(unit.buffer);
  view.setUint32(0, payload.length, true);
  unit[4] = kind;
  view.setUint32(8, sequence, true);
  unit.set(payload, headBytes);
  return unit;
}

export interface UnitCollector {
  /** The preface was found: units follow. */
  begin(): void;
  /** The payload is valid during the call only. */
  unit(kind: number, sequence: number, payload: Uint8Array): void;
}

/** Bytes cut anywhere become units. */
export class UnitReader {
  readonly #preface: Uint8Array;
  /** Of the preface, matched so far. */
  #matched = 0;
  #skipped = 0;
  #begun = false;
  /** Small: there is one for each of many nodes. */
  #held = new Uint8Array(4096);
  #length = 0;
  /** Why nothing more is read; '' while all is well. */
  damage = '';

  constructor(nonce: string) {
    this.#preface = preface(nonce);
  }

  feed(bytes: Uint8Array, out: UnitCollector): void {
    let from = this.#begun ? 0 : this.#findPreface(bytes, out);
    while (from < bytes.length && this.damage === '') {
      if (this.#length === 0) {
        const whole = this.#wholeUnit(bytes, from, out);
        from += whole;
        if (whole > 0) continue;
      }
      const need = this.#length < headBytes ? headBytes : headBytes + this.#payloadLength();
      const take = Math.min(need - this.#length, bytes.length - from);
      this.#keep(bytes.subarray(from, from + take));
      from += take;
      this.#unit(out);
    }
  }

  #findPreface(bytes: Uint8Array, out: UnitCollector): number {
    const wanted = this.#preface;
    for (let i = 0; i < bytes.length; i++) {
      // Its first byte, a line feed, comes again only at its end: a mismatch starts over there or nowhere.
      if (bytes[i] === wanted[this.#matched]) this.#matched++;
      else this.#matched = bytes[i] === wanted[0] ? 1 : 0;
      if (this.#matched < wanted.length) continue;
      this.#begun = true;
      out.begin();
      return i + 1;
    }
    this.#skipped += bytes.length;
    if (this.#skipped > maxBeforePreface) this.damage = 'no answer of an agent in its output';
    return bytes.length;
  }

  /** Where it lies, uncopied; returns its length, 0 when it is not whole. */
  #wholeUnit(bytes: Uint8Array, from: number, out: UnitCollector): number {
    if (bytes.length - from < headBytes) return 0;
    const length = u32le(bytes, from);
    const end = from + headBytes + length;
    if (length > maxPayload || end > bytes.length) return 0;
    out.unit(bytes[from + 4]!, u32le(bytes, from + 8), bytes.subarray(from + headBytes, end));
    return headBytes + length;
  }

  #payloadLength(): number {
    return u32le(this.#held, 0);
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#length + bytes.length;
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length = size;
  }

  #unit(out: UnitCollector): void {
    if (this.#length < headBytes) return;
    const length = this.#payloadLength();
    if (length > maxPayload) {
      this.damage = `a unit of ${length} bytes`;
      return;
    }
    if (this.#length < headBytes + length) return;
    const kind = this.#held[4]!;
    const sequence = u32le(this.#held, 8);
    this.#length = 0;
    out.unit(kind, sequence, this.#held.subarray(headBytes, headBytes + length));
  }
}
