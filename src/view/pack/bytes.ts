/** Numbers and texts to bytes and back. Whole numbers take as many bytes as they need (LEB128), others eight. */
import { latin1 } from '../../util/bytes.ts';

const eight = new Float64Array(1);
const eightBytes = new Uint8Array(eight.buffer);
const encoder = new TextEncoder();
/** Below it a loop is faster than the encoder's call. */
const encoderFrom = 48;

/** Texts: of characters below 0x100, or any. */
const oneByte = 0;

export class Writer {
  bytes = new Uint8Array(64 * 1024);
  at = 0;

  byte(value: number): void {
    if (this.at >= this.bytes.length) this.#grow(1);
    this.bytes[this.at++] = value;
  }

  /** @param value whole, from 0 to 2^53 */
  count(value: number): void {
    if (this.at + 8 > this.bytes.length) this.#grow(8);
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) | 128;
    for (; rest >= 128; rest >>>= 7) this.bytes[this.at++] = (rest & 127) | 128;
    this.bytes[this.at++] = rest;
  }

  float(value: number): void {
    if (this.at + 8 > this.bytes.length) this.#grow(8);
    eight[0] = value;
    for (let i = 0; i < 8; i++) this.bytes[this.at++] = eightBytes[i]!;
  }

  text(text: string): void {
    const { length } = text;
    if (this.at + length + 9 > this.bytes.length) this.#grow(length + 9);
    const start = this.at;
    this.count(length * 2 + oneByte);
    if (length >= encoderFrom) {
      const { read, written } = encoder.encodeInto(text, this.bytes.subarray(this.at, this.at + length));
      if (read === length && written === length) {
        this.at += length;
        return;
      }
    }
    for (let i = 0; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c > 255) {
        this.at = start;
        this.#wide(text);
        return;
      }
      this.bytes[this.at++] = c;
    }
  }

  #wide(text: string): void {
    if (this.at + 2 * text.length + 9 > this.bytes.length) this.#grow(2 * text.length + 9);
    this.count(text.length * 2 + 1);
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      this.bytes[this.at++] = c & 255;
      this.bytes[this.at++] = c >> 8;
    }
  }

  #grow(room: number): void {
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.at + room));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }
}

export class Reader {
  bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  count(): number {
    let byte = this.bytes[this.at++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let factor = 128; byte >= 128; factor *= 128) {
      byte = this.bytes[this.at++]!;
      value += (byte & 127) * factor;
    }
    return value;
  }

  float(): number {
    for (let i = 0; i < 8; i++) eightBytes[i] = this.bytes[this.at++]!;
    return eight[0]!;
  }

  text(): string {
    const head = this.count();
    const length = Math.floor(head / 2);
    const from = this.at;
    if (head % 2 === oneByte) {
      this.at += length;
      return latin1(this.bytes, from, this.at);
    }
    this.at += 2 * length;
    let text = '';
    for (let i = from; i < this.at; i += 2)
      text += String.fromCharCode(this.bytes[i]! | (this.bytes[i + 1]! << 8));
    return text;
  }

  skipText(): void {
    const head = this.count();
    this.at += head % 2 === oneByte ? head / 2 : head - 1;
  }
}
