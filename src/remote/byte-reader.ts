/** What a ByteWriter has written, by somebody else: nothing throws, what cannot be sets `isBad` and reads as 0 or ''. */
import { latin1 } from '../util/bytes.ts';

const scratch = new DataView(new ArrayBuffer(8));

export class ByteReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;
  /** More was asked for than there is, or something said what nobody says. */
  isBad = false;

  begin(bytes: Uint8Array, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.isBad = false;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** @returns 0, so that it can stand for a number */
  bad(): 0 {
    this.isBad = true;
    this.at = this.end;
    return 0;
  }

  u8(): number {
    return this.at < this.end ? this.bytes[this.at++]! : this.bad();
  }

  /** At most 2^53 - 1. */
  uint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value < 2 ** 53 ? value : this.bad();
    }
    return this.bad();
  }

  /** At most `limit`. */
  below(limit: number): number {
    const value = this.uint();
    return value <= limit ? value : this.bad();
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  f64(): number {
    if (this.left < 8) return this.bad();
    for (let i = 0; i < 8; i++) scratch.setUint8(i, this.bytes[this.at++]!);
    return scratch.getFloat64(0, true);
  }

  /** How many follow: each has a byte at least. */
  count(limit: number): number {
    const count = this.uint();
    return count <= limit && count <= this.left ? count : this.bad();
  }

  /** A copy. */
  raw(length: number): Uint8Array {
    if (length > this.left) {
      this.bad();
      return new Uint8Array(0);
    }
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  narrow(length: number): string {
    if (length > this.left) {
      this.bad();
      return '';
    }
    this.at += length;
    return latin1(this.bytes, this.at - length, this.at);
  }

  wide(length: number): string {
    if (2 * length > this.left) {
      this.bad();
      return '';
    }
    let text = '';
    for (let i = 0; i < length; i++, this.at += 2)
      text += String.fromCharCode(this.bytes[this.at]! | (this.bytes[this.at + 1]! << 8));
    return text;
  }
}
