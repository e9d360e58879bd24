/** Numbers and texts as few bytes: what an entry is written with (entry-encoder.ts). */

const scratch = new DataView(new ArrayBuffer(8));

export class ByteWriter {
  bytes = new Uint8Array(1024);
  length = 0;

  #room(more: number): void {
    const size = this.length + more;
    if (size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  u8(value: number): void {
    if (this.length === this.bytes.length) this.#room(1);
    this.bytes[this.length++] = value;
  }

  /**
   * A whole number from 0 to 2^53 - 1: seven bits a byte, the lowest first, the eighth says that more follow. What
   * is no such number is written as one that is near.
   */
  uint(value: number): void {
    this.#room(8);
    let rest = value >= 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.bytes[this.length++] = (rest & 127) | 128;
    this.bytes[this.length++] = rest;
  }

  /** A whole number of either sign, less than 2^52: as nanoseconds 52 days. */
  int(value: number): void {
    this.uint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  f64(value: number): void {
    this.#room(8);
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.bytes[this.length++] = scratch.getUint8(i);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Code units of a text, of which each is below 256. */
  narrow(text: string): void {
    this.#room(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Code units, two bytes each: halves of a pair stay what they are. */
  wide(text: string): void {
    this.#room(2 * text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      this.bytes[this.length++] = unit & 255;
      this.bytes[this.length++] = unit >> 8;
    }
  }
}
