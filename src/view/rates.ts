/** What goes by a second, by target: of the last seconds, so that it does not jump. */

const secondsKept = 5;
/** Targets that are told apart; the rest is not. */
const targetsMax = 1000;

interface Sum {
  entries: number;
  bytes: number;
}

export class Rates {
  /** The current second last. */
  #seconds: Map<string, Sum>[] = [new Map()];
  #second = 0;

  add(target: string, bytes: number): void {
    const now = this.#seconds.at(-1)!;
    const sum = now.get(target);
    if (sum) {
      sum.entries++;
      sum.bytes += bytes;
    } else if (now.size < targetsMax) now.set(target, { entries: 1, bytes });
  }

  turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = this.#second === 0 ? 1 : Math.min(second - this.#second, secondsKept + 1);
    for (let i = 0; i < passed; i++) this.#seconds.push(new Map());
    this.#seconds = this.#seconds.slice(-secondsKept - 1);
    this.#second = second;
  }

  /** Of the seconds that are over. */
  rates(): { target: string; perSecond: number; bytesPerSecond: number }[] {
    const over = this.#seconds.slice(0, -1);
    const sums = new Map<string, Sum>();
    for (const second of over)
      for (const [target, { entries, bytes }] of second) {
        const sum = sums.get(target) ?? { entries: 0, bytes: 0 };
        sums.set(target, { entries: sum.entries + entries, bytes: sum.bytes + bytes });
      }
    const seconds = Math.max(1, over.length);
    return [...sums].map(([target, { entries, bytes }]) => ({
      target,
      perSecond: entries / seconds,
      bytesPerSecond: bytes / seconds,
    }));
  }
}
