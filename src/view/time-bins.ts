/** Entries over time, in bins that double their width when there are too many: the whole span is always there. */
import { Histogram } from '../sinks/stats/histogram.ts';
import type { Series } from './ports.ts';

/** A decade in so many steps, from 10 µs to 100 s. */
const heatRows = 28;
const heatFirstNs = 1e4;
const heatFactor = 10 ** (1 / 4);
/** Kept; what is asked for is made of them. Each has a histogram of some KiB. */
const maxBins = 512;

class Bin {
  entries = 0;
  errors = 0;
  bytes = 0;
  readonly times = new Histogram();
  readonly heat: number[] = new Array(heatRows).fill(0);

  merge(other: Bin): void {
    this.entries += other.entries;
    this.errors += other.errors;
    this.bytes += other.bytes;
    this.times.merge(other.times);
    for (let i = 0; i < heatRows; i++) this.heat[i]! += other.heat[i]!;
  }
}

export class TimeBins {
  #widthMs = 1;
  #fromMs = 0;
  #bins: (Bin | undefined)[] = [];

  /** @param durationNs undefined: it is not told */
  add(atMs: number, durationNs: number | undefined, isError: boolean, bytes: number): void {
    const bin = this.#at(atMs);
    bin.entries++;
    if (isError) bin.errors++;
    bin.bytes += bytes;
    if (durationNs === undefined) return;
    bin.times.add(durationNs);
    bin.heat[heatRow(durationNs)]!++;
  }

  /** Of at most so many bins. */
  series(bins: number): Series {
    const step = Math.max(1, Math.ceil(this.#bins.length / Math.max(1, bins)));
    const merged: Bin[] = [];
    for (let from = 0; from < this.#bins.length; from += step) {
      const sum = new Bin();
      for (const bin of this.#bins.slice(from, from + step)) if (bin) sum.merge(bin);
      merged.push(sum);
    }
    const at = (percent: number) =>
      merged.map(({ times }) => (times.count === 0 ? Number.NaN : times.percentile(percent)));
    return {
      fromMs: this.#fromMs,
      binMs: this.#widthMs * step,
      entries: merged.map(({ entries }) => entries),
      errors: merged.map(({ errors }) => errors),
      bytes: merged.map(({ bytes }) => bytes),
      ...{ p50: at(50), p95: at(95), p99: at(99) },
      heat: merged.map(({ heat }) => heat),
      edgesNs: Array.from({ length: heatRows }, (_, i) => heatFirstNs * heatFactor ** i),
    };
  }

  /** From the first bin's begin to the last one's end. */
  get spanMs(): number {
    return this.#bins.length * this.#widthMs;
  }

  #at(atMs: number): Bin {
    if (this.#bins.length === 0) this.#fromMs = Math.floor(atMs);
    let index = Math.floor((atMs - this.#fromMs) / this.#widthMs);
    while (index >= maxBins || index < this.#bins.length - maxBins) {
      this.#widen(index < 0);
      index = Math.floor((atMs - this.#fromMs) / this.#widthMs);
    }
    if (index < 0) {
      // Entries come when they end: some began before the first.
      this.#bins = [...new Array<Bin | undefined>(-index).fill(undefined), ...this.#bins];
      this.#fromMs += index * this.#widthMs;
      index = 0;
    }
    while (this.#bins.length <= index) this.#bins.push(undefined);
    let bin = this.#bins[index];
    if (!bin) {
      bin = new Bin();
      this.#bins[index] = bin;
    }
    return bin;
  }

  /** @param atEnd pairs end with the last bin, so that there is room before the first */
  #widen(atEnd: boolean): void {
    const bins = [...this.#bins];
    if (atEnd && bins.length % 2 === 1) {
      bins.unshift(undefined);
      this.#fromMs -= this.#widthMs;
    }
    const merged: (Bin | undefined)[] = [];
    for (let i = 0; i < bins.length; i += 2) {
      const [a, b] = [bins[i], bins[i + 1]];
      if (a && b) a.merge(b);
      merged.push(a ?? b);
    }
    this.#bins = merged;
    this.#widthMs *= 2;
  }
}

function heatRow(durationNs: number): number {
  const step = Math.floor(Math.log(Math.max(1, durationNs) / heatFirstNs) / Math.log(heatFactor)) + 1;
  return Math.min(Math.max(0, step), heatRows - 1);
}
