/** Bytes kept in chunks, given back a chunk at a time: when nothing in it is needed any more, or the oldest first. */

const chunkBytes = 1024 * 1024;

interface Chunk {
  readonly bytes: Uint8Array;
  /** Pieces in it that are needed. */
  live: number;
}

export class Arena {
  readonly #chunks = new Map<number, Chunk>();
  #newest = 0;
  #used = chunkBytes;
  bytes = 0;

  /** Where the piece lies that was put last. */
  chunk = 0;
  offset = 0;

  get count(): number {
    return this.#chunks.size;
  }

  put(from: Uint8Array, length = from.length): void {
    let current = this.#chunks.get(this.#newest);
    if (!current || this.#used + length > current.bytes.length) {
      // The one before may have been waiting for its last piece to go.
      if (current && current.live === 0) this.#free(this.#newest);
      current = { bytes: new Uint8Array(Math.max(chunkBytes, length)), live: 0 };
      this.#chunks.set(++this.#newest, current);
      this.bytes += current.bytes.length;
      this.#used = 0;
    }
    // A whole array is copied at once; a part of one needs a view of it, which costs more than some bytes do.
    if (length === from.length) current.bytes.set(from, this.#used);
    else if (length > 256) current.bytes.set(from.subarray(0, length), this.#used);
    else for (let i = 0; i < length; i++) current.bytes[this.#used + i] = from[i]!;
    current.live++;
    this.chunk = this.#newest;
    this.offset = this.#used;
    this.#used += length;
  }

  /** The chunk's bytes; undefined when they have been let go of. */
  at(chunk: number): Uint8Array | undefined {
    return this.#chunks.get(chunk)?.bytes;
  }

  /** A piece of it is not needed any more. */
  release(chunk: number): void {
    const found = this.#chunks.get(chunk);
    if (found && --found.live === 0 && chunk !== this.#newest) this.#free(chunk);
  }

  /** The oldest chunk goes, whoever needs it. */
  dropOldest(): void {
    for (const chunk of this.#chunks.keys()) {
      this.#free(chunk);
      return;
    }
  }

  clear(): void {
    this.#chunks.clear();
    this.bytes = 0;
    this.#used = chunkBytes;
    this.#newest++;
  }

  #free(chunk: number): void {
    this.bytes -= this.#chunks.get(chunk)!.bytes.length;
    this.#chunks.delete(chunk);
  }
}
