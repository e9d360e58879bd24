/**
 * How far another machine's clock is ahead of ours: of the latest exchanges of a question and an answer the one
 * that was fastest, because half of its round trip is the most that it can be wrong by (RFC 5905 section 8).
 */

/** One question a few seconds apart: within so many the clocks do not drift by what the network blurs. */
const samples = 16;

interface Sample {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

export class ClockOffset {
  readonly #samples: Sample[] = [];

  /** @param askedMs and `answeredMs` by our clock, `theirsMs` by theirs; Unix milliseconds */
  add(askedMs: number, theirsMs: number, answeredMs: number): void {
    const roundTripMs = answeredMs - askedMs;
    // Our clock was set back meanwhile: the figure means nothing.
    if (roundTripMs < 0) return;
    if (this.#samples.length === samples) this.#samples.shift();
    this.#samples.push({ offsetMs: theirsMs - (askedMs + answeredMs) / 2, roundTripMs });
  }

  /** Theirs less ours, and by how much it may be wrong; undefined before the first answer. */
  get best(): { offsetMs: number; uncertaintyMs: number } | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || sample.roundTripMs < best.roundTripMs) best = sample;
    return best && { offsetMs: best.offsetMs, uncertaintyMs: best.roundTripMs / 2 };
  }
}
