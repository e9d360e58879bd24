/**
 * Reads big-endian fields one after the other. What lies beyond the end reads as 0 or nothing and sets
 * `cut`, so that a grammar is written without a check at each step and asks once.
 */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  /** More was asked for than there is. */
  cut = false;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.uint(1);
  }
  u16(): number {
    return this.uint(2);
  }
  u24(): number {
    return this.uint(3);
  }
  u32(): number {
    return this.uint(4);
  }

  /** Unsigned, `size` bytes, up to 6 (exact in a double). */
  uint(size: number): number {
    if (this.left < size) {
      this.cut = true;
      this.at = this.end;
      return 0;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.at++]!;
    return value;
  }

  /** A view, not a copy; shorter when `cut`. */
  take(length: number): Uint8Array {
    const part = this.part(length);
    return part.bytes.subarray(part.at, part.end);
  }

  skip(length: number): void {
    this.part(length);
  }

  /** The next `length` bytes as a cursor of their own. */
  part(length: number): Cursor {
    const from = this.at;
    if (length > this.left) {
      this.cut = true;
      this.at = this.end;
    } else this.at += length;
    return new Cursor(this.bytes, from, this.at);
  }

  /** A vector behind its length of `size` bytes (RFC 8446 section 3.4). */
  vector(size: number): Cursor {
    return this.part(this.uint(size));
  }
}
