import { latin1 } from '../util/bytes.ts';

/** Where secrets are within a text, and of which rule. Filled by finders in any order; views and packets read it. */
export const mask = '***';
const star = '*';
const stars = /^"?\*+"?$/;

export class Spans {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #what: string[] = [];
  /** A number of JSON: quotes around the mask keep the rest readable. */
  readonly #isNumber: boolean[] = [];
  #sorted = true;

  get count(): number {
    return this.#from.length;
  }

  clear(): void {
    this.#from.length = this.#to.length = this.#what.length = this.#isNumber.length = 0;
    this.#sorted = true;
  }

  /** [from, to) is a secret, as the rule called `what` has it. */
  add(from: number, to: number, what: string, isNumber = false): void {
    if (to <= from) return;
    const last = this.#from.length - 1;
    if (last >= 0 && from < this.#to[last]!) this.#sorted = false;
    this.#from.push(from);
    this.#to.push(to);
    this.#what.push(what);
    this.#isNumber.push(isNumber);
  }

  /** In order; those that overlap as one, with the name of the first. */
  each(visit: (from: number, to: number, what: string, isNumber: boolean) => void): void {
    this.#sort();
    for (let i = 0; i < this.#from.length; i++)
      visit(this.#from[i]!, this.#to[i]!, this.#what[i]!, this.#isNumber[i]!);
  }

  #sort(): void {
    if (this.#sorted) return;
    const from = this.#from.slice();
    const to = this.#to.slice();
    const what = this.#what.slice();
    const isNumber = this.#isNumber.slice();
    const order = from.map((_, i) => i).sort((a, b) => from[a]! - from[b]! || to[b]! - to[a]!);
    this.clear();
    let end = -1;
    for (const i of order) {
      const last = this.#from.length - 1;
      if (last >= 0 && from[i]! < end) {
        end = Math.max(end, to[i]!);
        this.#to[last] = end;
        this.#isNumber[last] &&= to[i]! === end && isNumber[i]!;
        continue;
      }
      this.#from.push(from[i]!);
      this.#to.push(to[i]!);
      this.#what.push(what[i]!);
      this.#isNumber.push(isNumber[i]!);
      end = to[i]!;
    }
  }
}

/** How often each rule has masked something. */
export class Tally {
  readonly #counts = new Map<string, number>();
  total = 0;

  add(what: string, count = 1): void {
    this.total += count;
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  /** Most first. */
  counts(): (readonly [what: string, count: number])[] {
    return [...this.#counts].sort((a, b) => b[1] - a[1]);
  }
}

/**
 * The text with a mask in each span's place. The text itself when there is none.
 * @param isAllowed whether this, though found, is no secret
 */
export function masked(
  text: string,
  spans: Spans,
  tally: Tally,
  isAllowed: (secret: string) => boolean,
): string {
  if (spans.count === 0) return text;
  let out = '';
  let done = 0;
  spans.each((from, to, what, isNumber) => {
    const secret = text.slice(from, to);
    if (secret === mask || isAllowed(secret)) return;
    // What is masked already, here or by who sent it, is not counted once more.
    if (!stars.test(secret)) tally.add(what);
    out += text.slice(done, from) + (isNumber ? `"${mask}"` : mask);
    done = to;
  });
  return done === 0 ? text : out + text.slice(done);
}

/** What stands for a secret of that many bytes where lengths have to stay. */
export function filling(length: number, isNumber: boolean): string {
  if (!isNumber) return star.repeat(length);
  return length < 3 ? '0'.repeat(length) : `"${star.repeat(length - 2)}"`;
}

/** A copy of the bytes with every span filled, lengths kept; the bytes themselves when there is none. */
export function filled(
  bytes: Uint8Array,
  spans: Spans,
  tally: Tally,
  isAllowed: (secret: string) => boolean,
): Uint8Array {
  if (spans.count === 0) return bytes;
  const out = bytes.slice();
  spans.each((from, to, what, isNumber) => {
    const secret = latin1(bytes, from, to);
    if (isAllowed(secret) || stars.test(secret)) return;
    tally.add(what);
    const text = filling(to - from, isNumber);
    for (let i = from; i < to; i++) out[i] = text.charCodeAt(i - from);
  });
  return out;
}
