/** What of one direction is masked, by position in its stream, with the bytes that stand there instead. */
import { limits } from './limits.ts';

interface Mark {
  readonly from: number;
  readonly to: number;
  /** Of its length; undefined: stars. */
  readonly bytes: Uint8Array | undefined;
}

const star = 0x2a;

export class Marks {
  /** By `from`; longer ones may reach over later ones. */
  readonly #marks: Mark[] = [];
  /** The longest there is, for where to begin to look. */
  #longest = 0;
  /** Before it marks have been forgotten. */
  knownFrom = Number.NEGATIVE_INFINITY;

  add(from: number, to: number, bytes?: Uint8Array): void {
    if (to <= from) return;
    const marks = this.#marks;
    let at = marks.length;
    while (at > 0 && marks[at - 1]!.from > from) at--;
    marks.splice(at, 0, { from, to, bytes });
    this.#longest = Math.max(this.#longest, to - from);
  }

  /** @param emitted positions before it are written already */
  forget(emitted: number): void {
    const marks = this.#marks;
    if (marks.length <= limits.marks) return;
    let count = 0;
    while (count < marks.length - limits.marks / 2 && marks[count]!.to <= emitted) count++;
    if (count === 0) return;
    this.knownFrom = marks[count - 1]!.to;
    marks.splice(0, count);
  }

  /** Puts what stands instead into `bytes`, whose first byte is at `pos`. Returns whether anything was. */
  apply(bytes: Uint8Array, start: number, end: number, pos: number): boolean {
    const marks = this.#marks;
    const last = pos + end - start;
    let changed = false;
    for (let i = this.#first(pos - this.#longest); i < marks.length; i++) {
      const { from, to, bytes: instead } = marks[i]!;
      if (from >= last) break;
      for (let p = Math.max(from, pos); p < to && p < last; p++) {
        bytes[start + p - pos] = instead ? instead[p - from]! : star;
        changed = true;
      }
    }
    return changed;
  }

  #first(from: number): number {
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#marks[middle]!.from < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
