/** Packets, bytes and exchanges over time: totals, the busiest second, and a course of at most 60 points. */

import type { FrameTally } from '../../model/index.ts';

/** Points of the course: as wide as a terminal has room for. */
const maxPoints = 60;
const kinds = ['packets', 'bytes', 'exchanges'] as const;
type Counts = Record<(typeof kinds)[number], number>;

const none = (): Counts => ({ packets: 0, bytes: 0, exchanges: 0 });

export class Rates {
  readonly total = none();
  /** Of the busiest second of each kind. */
  readonly peak = none();
  /** Unix seconds of the first frame; what came before it counts there. */
  firstSec = 0;
  firstNsec = 0;
  lastSec = 0;
  lastNsec = 0;
  /** Seconds to a point; doubles when the points run out. */
  step = 1;
  #points: Counts[] = [];
  #second = none();
  #entered = none();
  #sec = -1;

  frame(sec: number, nsec: number, bytes: number): void {
    if (sec !== this.#sec) this.#turn(sec);
    this.#second.packets++;
    this.#second.bytes += bytes;
    if (this.total.packets++ === 0) this.#first(sec, nsec);
    else this.#last(sec, nsec);
    this.total.bytes += bytes;
  }

  /** Several frames of one second. */
  frames({ sec, firstNsec, lastNsec, packets, bytes }: FrameTally): void {
    if (sec !== this.#sec) this.#turn(sec);
    this.#second.packets += packets;
    this.#second.bytes += bytes;
    if (this.total.packets === 0) this.#first(sec, firstNsec);
    this.#last(sec, lastNsec);
    this.total.packets += packets;
    this.total.bytes += bytes;
  }

  #first(sec: number, nsec: number): void {
    this.firstSec = this.lastSec = sec;
    this.firstNsec = this.lastNsec = nsec;
  }

  #last(sec: number, nsec: number): void {
    if (sec < this.lastSec || (sec === this.lastSec && nsec <= this.lastNsec)) return;
    this.lastSec = sec;
    this.lastNsec = nsec;
  }

  /** One was told: in the second that is being read. */
  exchange(): void {
    this.#second.exchanges++;
    this.total.exchanges++;
  }

  /** Another second begins: what the one before had is entered. */
  #turn(sec: number): void {
    this.#enter();
    this.#second = none();
    this.#entered = none();
    this.#sec = sec;
  }

  /** The second under way, as far as it has not been entered yet. */
  #enter(): void {
    if (this.#sec < 0) return;
    const after = Math.max(0, this.#sec - this.firstSec);
    while (Math.floor(after / this.step) >= maxPoints) this.#widen();
    const at = Math.floor(after / this.step);
    while (this.#points.length <= at) this.#points.push(none());
    for (const kind of kinds) {
      const count = this.#second[kind];
      this.#points[at]![kind] += count - this.#entered[kind];
      this.#entered[kind] = count;
      this.peak[kind] = Math.max(this.peak[kind], count);
    }
  }

  #widen(): void {
    this.step *= 2;
    const narrow = this.#points;
    this.#points = Array.from({ length: Math.ceil(narrow.length / 2) }, (_, i) => {
      const point = none();
      for (const half of [narrow[2 * i]!, narrow[2 * i + 1] ?? none()])
        for (const kind of kinds) point[kind] += half[kind];
      return point;
    });
  }

  /** Everything until now. `peak` is up to date afterwards. */
  course(): readonly Readonly<Counts>[] {
    this.#enter();
    return this.#points;
  }
}
