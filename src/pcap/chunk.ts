/** A growing run of bytes that a writer fills and hands over. Little-endian, as both formats allow. */
export class Chunk {
  bytes: Uint8Array;
  length = 0;

  constructor(size = 64 * 1024) {
    this.bytes = new Uint8Array(size);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + count, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  u16(value: number): void {
    this.bytes[this.length++] = value;
    this.bytes[this.length++] = value >>> 8;
  }

  u32(value: number): void {
    const { bytes, length } = this;
    bytes[length] = value;
    bytes[length + 1] = value >>> 8;
    bytes[length + 2] = value >>> 16;
    bytes[length + 3] = value >>> 24;
    this.length = length + 4;
  }

  copy(from: Uint8Array, start: number, end: number): void {
    // For short runs a loop beats the call of set().
    const { bytes } = this;
    let at = this.length;
    if (end - start < 64) for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    else {
      bytes.set(from.subarray(start, end), at);
      at += end - start;
    }
    this.length = at;
  }

  zeros(count: number): void {
    for (let i = 0; i < count; i++) this.bytes[this.length++] = 0;
  }

  /** What has gathered; the writer goes on in fresh memory of the same size. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = new Uint8Array(this.bytes.length);
    this.length = 0;
    return taken;
  }

  /** What has gathered, for a caller that is done with it before the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}
