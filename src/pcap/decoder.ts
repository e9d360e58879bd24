/** Feeding: bytes cut anywhere become whole units (a header, a record, a block) for the format's reader. */
import type { CaptureInterface, Frame, Loss } from '../model/index.ts';
import { u32, u32le } from '../util/bytes.ts';
import { ClassicFormat } from './classic.ts';
import { CaptureFileError } from './errors.ts';
import { BlockType, NgFormat } from './ng.ts';
import { describeContent } from './sniff.ts';

/**
 * A record or block beyond this is damage, not data: Wireshark's limit for pcapng blocks too, and 64
 * times the largest snap length in use. It bounds the buffer that joins what straddles chunks.
 */
export const maxUnit = 16 * 1024 * 1024;

/** Where a decoder puts what it reads. The Frame is reused and its bytes are valid during the call only. */
export interface DecoderOutput {
  /** Always before the interface's first frame. */
  interface(iface: CaptureInterface): void;
  frame(frame: Frame): void;
  loss(loss: Loss): void;
  /** A name that a pcapng file brings along for an address. */
  name?(address: string, name: string): void;
  /** Decryption secrets: type (0x544c534b is a TLS key log) and bytes. */
  secrets?(type: number, bytes: Uint8Array): void;
}

/** One file format. */
export interface Format {
  /** Bytes that must be there before `read` is called; grows when a unit turns out longer. */
  need: number;
  /**
   * Reads one unit at `at`. Returns its length, 0 for "raise `need` first", or what is wrong with it.
   */
  read(buf: Uint8Array, at: number, end: number, out: DecoderOutput): number | string;
}

/** Bytes that tell what a file is: a pcapng section header's type, length and byte order. */
const headBytes = 12;

/**
 * Feed it chunks of a file, then `end`. Frames that lie whole in a chunk are handed on where they lie;
 * those that straddle chunks are joined. Not a capture file: CaptureFileError. Damage: everything
 * before it, then one loss of kind 'damaged'; the rest is not looked at.
 */
export class CaptureDecoder {
  #format: Format | undefined;
  /** The beginning of a unit whose rest is still to come. */
  #carry = new Uint8Array(4096);
  #carried = 0;
  /** File offset of the first byte not yet read. */
  #offset = 0;
  damaged = false;

  feed(given: Uint8Array, out: DecoderOutput): void {
    // A Buffer's slice() is no copy: whoever keeps bytes of a frame would keep a view of the next chunk.
    const chunk = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    let pos = 0;
    // A unit that straddles chunks is completed in the carry buffer, and only that one.
    while (this.#carried > 0 && !this.damaged) {
      const need = this.#format?.need ?? headBytes;
      const missing = need - this.#carried;
      if (missing > 0) {
        const n = Math.min(missing, chunk.length - pos);
        this.#keep(chunk, pos, pos + n);
        pos += n;
        if (n < missing) return;
      }
      const before = this.#carried;
      const read = this.#read(this.#carry, 0, before, out);
      // Nothing read: the unit wants more than was thought. Else the carry holds this one unit only,
      // or, after the head of a file, the beginning of its first one.
      if (read > 0) {
        this.#carry.copyWithin(0, read, before);
        this.#carried = before - read;
      }
    }
    if (this.damaged || pos >= chunk.length) return;
    pos += this.#read(chunk, pos, chunk.length, out);
    if (!this.damaged) this.#keep(chunk, pos, chunk.length);
  }

  /** The input is over: a unit that is not whole is damage. Throws CaptureFileError for what is no capture. */
  end(out: DecoderOutput): void {
    if (this.damaged) return;
    if (!this.#format) throw notACapture(this.#carry.subarray(0, this.#carried));
    if (this.#carried === 0) return;
    const size = this.#offset + this.#carried;
    if (this.#offset === 0)
      throw new CaptureFileError(`is cut off within its header: it has only ${size} bytes`, size);
    this.#damage(`cut off within a packet or block: the file ends at byte ${size}`, out);
  }

  /** Reads whole units from `at` on; returns how many bytes they took. */
  #read(buf: Uint8Array, at: number, end: number, out: DecoderOutput): number {
    let pos = at;
    if (!this.#format) {
      if (end - pos < headBytes) return 0;
      this.#format = detect(buf, pos, end);
    }
    const format = this.#format;
    while (end - pos >= format.need) {
      const read = format.read(buf, pos, end, out);
      if (typeof read === 'string') {
        if (this.#offset === 0) throw new CaptureFileError(`is damaged in its header: ${read}`);
        this.#damage(read, out);
        break;
      }
      if (read === 0) continue;
      pos += read;
      this.#offset += read;
    }
    return pos - at;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const size = this.#carried + to - from;
    if (size > this.#carry.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#carry.length));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(chunk.subarray(from, to), this.#carried);
    this.#carried = size;
  }

  #damage(what: string, out: DecoderOutput): void {
    this.damaged = true;
    out.loss({ kind: 'damaged', count: 1, detail: `damaged at byte ${this.#offset}: ${what}` });
  }
}

function detect(buf: Uint8Array, at: number, end: number): Format {
  if (u32(buf, at) === BlockType.section) {
    const order = u32(buf, at + 8);
    if (order === 0x1a2b3c4d || order === 0x4d3c2b1a) return new NgFormat();
  }
  const classic = ClassicFormat.of(u32le(buf, at));
  if (!classic) throw notACapture(buf.subarray(at, end));
  return classic;
}

function notACapture(head: Uint8Array): CaptureFileError {
  const { what, hint } = describeContent(head);
  return new CaptureFileError(`is no capture file: it is ${what}`, 0, hint);
}
