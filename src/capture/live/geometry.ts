/** How a share of memory becomes the blocks of a ring. */

/**
 * Blocks hold at least one frame of the largest size: 262144 bytes and headers fit 512 KiB; the small ones,
 * for hosts of many interfaces, hold what segmentation offload makes (64 KiB). A wake-up costs as much as some
 * thousand packets, so that blocks are as large as the kernel gives in one piece (MAX_PAGE_ORDER, 4 MiB).
 */
const blockSizes = [4096, 2048, 1024, 512, 128].map((kib) => kib * 1024);
/** A block is also used up by the time that retires it: a program that stands still so long loses nothing. */
const stallMs = 1280;
const minBlocks = 8;
/** Of a ring that gets next to no memory: a small -B. */
const fewestBlocks = 4;
/** With few blocks they are retired later, so that loading the views (a quarter of a second) loses nothing. */
const shortStallMs = 800;

export interface RingGeometry {
  readonly blockSize: number;
  readonly blockCount: number;
  /** As wished, or longer. */
  readonly retireMs: number;
}

/** Some blocks are read while the kernel fills others. */
export function ringGeometry(bytes: number, retireMs: number): RingGeometry {
  const wanted = Math.max(minBlocks, Math.ceil(stallMs / retireMs));
  const blockSize = blockSizes.find((size) => size * wanted <= bytes) ?? blockSizes.at(-1)!;
  const blockCount = Math.max(fewestBlocks, Math.floor(bytes / blockSize));
  return { blockSize, blockCount, retireMs: Math.max(retireMs, Math.ceil(shortStallMs / blockCount)) };
}

/**
 * Of one among hundreds that says next to nothing: it grows when that changes. With loopback beside it a
 * container takes 640 KiB.
 */
export function idleGeometry(isLoopback: boolean, retireMs: number): RingGeometry {
  const blockCount = isLoopback ? 2 : 3;
  return {
    blockSize: blockSizes.at(-1)!,
    blockCount,
    retireMs: Math.max(retireMs, Math.ceil(shortStallMs / blockCount)),
  };
}

/** A share below this is better kept for those that need it. */
const worthwhileBytes = 1024 * 1024;
/** A ring that was too small is made so many times larger, at most so large. */
const growth = 8;
const grownBytesMax = 32 * 1024 * 1024;

/** The memory of all rings. Those that are idle are not counted: they get what they need to be there at all. */
export class RingBudget {
  readonly #bytes: number;
  readonly #retireMs: number;
  #used = 0;

  constructor(bytes: number, retireMs: number) {
    this.#bytes = bytes;
    this.#retireMs = retireMs;
  }

  /**
   * For one of `shares`.
   * @param isAlone nobody else is to come: its share is all there is, twice for a while when it comes back
   */
  first(shares: number, isLoopback: boolean, isAlone: boolean): RingGeometry {
    const even = this.#bytes / shares;
    if (isAlone || (even >= worthwhileBytes && this.#used + even <= this.#bytes))
      return this.#take(ringGeometry(even, this.#retireMs));
    return idleGeometry(isLoopback, this.#retireMs);
  }

  /** A larger one for a ring that does not do; undefined when there is no more memory for it. */
  larger({ blockSize, blockCount }: RingGeometry): RingGeometry | undefined {
    const bytes = Math.min(grownBytesMax, growth * blockSize * blockCount);
    if (bytes <= blockSize * blockCount || this.#used + bytes > this.#bytes) return undefined;
    return this.#take(ringGeometry(bytes, this.#retireMs));
  }

  #take(geometry: RingGeometry): RingGeometry {
    this.#used += bytesOf(geometry);
    this.#counted.add(geometry);
    return geometry;
  }

  readonly #counted = new Set<RingGeometry>();

  /** Its ring is gone. */
  release(geometry: RingGeometry): void {
    if (this.#counted.delete(geometry)) this.#used -= bytesOf(geometry);
  }
}

const bytesOf = ({ blockSize, blockCount }: RingGeometry) => blockSize * blockCount;
