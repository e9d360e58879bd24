/**
 * How far another machine's clock is ahead of ours, as bounds that hold whatever the network does: an answer leaves
 * after its question has come. Half of the time that both were under way is the most that the middle can be wrong by
 * (RFC 5905 section 8).
 */

/** Crystals are good to 50 millionths; two of them part by so much: 6 ms a minute. */
const driftPerMs = 1e-4;
/** Their times are whole milliseconds, cut. */
const tickMs = 1;

/** Milliseconds that the other clock is ahead, at least and at most. */
export interface ClockBounds {
  readonly lowMs: number;
  readonly highMs: number;
}

/** A question and its answer. Milliseconds since 1970. */
export interface ClockSample {
  /** By our clock, which never jumps. */
  readonly askedMs: number;
  readonly answeredMs: number;
  /** By theirs: when the question came, when the answer left. */
  readonly heardMs: number;
  readonly saidMs: number;
}

export class ClockOffset {
  #lowMs = Number.NEGATIVE_INFINITY;
  #highMs = Number.POSITIVE_INFINITY;
  #atMs = 0;
  /** Answers that told something. */
  samples = 0;

  /** Returns true when it contradicts those before: one of the clocks was set, and they count no more. */
  add({ askedMs, heardMs, saidMs, answeredMs }: ClockSample): boolean {
    // Each holds for its own moment: by the end of it the clocks may have parted further.
    const partedMs = (answeredMs - askedMs) * driftPerMs;
    const lowMs = saidMs - answeredMs - partedMs;
    const highMs = heardMs + tickMs - askedMs + partedMs;
    // A clock was set meanwhile, or it is nonsense.
    if (!(lowMs <= highMs) || !Number.isFinite(highMs - lowMs)) return false;
    const known = this.boundsAt(answeredMs);
    const wasSet = lowMs > known.highMs || highMs < known.lowMs;
    this.#lowMs = wasSet ? lowMs : Math.max(lowMs, known.lowMs);
    this.#highMs = wasSet ? highMs : Math.min(highMs, known.highMs);
    this.#atMs = answeredMs;
    this.samples++;
    return wasSet;
  }

  /** Their clock was set forward by so much. */
  set(byMs: number): void {
    this.#lowMs += byMs;
    this.#highMs += byMs;
  }

  /** What is known at that time of ours: the longer nobody has asked, the less. */
  boundsAt(nowMs: number): ClockBounds {
    const widerMs = Math.max(0, nowMs - this.#atMs) * driftPerMs;
    return { lowMs: this.#lowMs - widerMs, highMs: this.#highMs + widerMs };
  }

  /** Theirs less ours when last asked, and by how much it may be wrong; undefined before the first answer. */
  get best(): { offsetMs: number; uncertaintyMs: number } | undefined {
    if (this.samples === 0) return undefined;
    return {
      offsetMs: (this.#lowMs + this.#highMs) / 2,
      uncertaintyMs: (this.#highMs - this.#lowMs) / 2,
    };
  }
}
