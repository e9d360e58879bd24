/** Entries in the order of a key, kept while entries come and go: what has changed is merged in one pass when somebody looks. */

/** undefined: it has none, and is last whatever the order. */
export type Key = number | string | undefined;

export class SortedIds {
  readonly #isDescending: boolean;
  #ids = new Uint32Array(1024);
  length = 0;
  /** By id, from `#base`: of what is in order, and of what is about to be. */
  #keys: Key[] = [];
  #base: number;
  /** To be put in order, with their keys; to be taken out first. */
  readonly #fresh = new Map<number, Key>();
  readonly #stale = new Set<number>();

  constructor(isDescending: boolean, first: number) {
    this.#isDescending = isDescending;
    this.#base = first;
  }

  get isSettled(): boolean {
    return this.#fresh.size === 0 && this.#stale.size === 0;
  }

  at(position: number): number {
    return this.#ids[position]!;
  }

  add(id: number, key: Key): void {
    this.#fresh.set(id, key);
  }

  /** @param isListed it is in order, not only about to be */
  remove(id: number): void {
    if (!this.#fresh.delete(id) || this.#isListed(id)) this.#stale.add(id);
  }

  /** All before `first` go. */
  settle(first: number): void {
    if (this.#base < first) this.#forget(first);
    if (this.#stale.size > 0) this.#takeOut();
    if (this.#fresh.size === 0) return;
    const fresh: number[] = [];
    for (const [id, key] of this.#fresh) {
      if (id < first) continue;
      this.#keys[id - this.#base] = key;
      fresh.push(id);
    }
    this.#fresh.clear();
    fresh.sort((a, b) => this.#compare(a, b));
    this.#reserve(this.length + fresh.length);
    // From the end: each block between two of them is moved once.
    let end = this.length;
    for (let i = fresh.length - 1; i >= 0; i--) {
      const at = this.placeOf(fresh[i]!, end);
      this.#ids.copyWithin(at + i + 1, at, end);
      this.#ids[at + i] = fresh[i]!;
      end = at;
    }
    this.length += fresh.length;
  }

  /** Where it is; -1. Settled. */
  position(id: number): number {
    const at = this.placeOf(id);
    return at < this.length && this.#ids[at] === id ? at : -1;
  }

  /** Where it is or would be with the key that is known of it. */
  placeOf(id: number, end = this.length): number {
    let [low, high] = [0, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#ids[middle]!, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where one with this key would be. */
  placeOfKey(id: number, key: Key): number {
    const at = id - this.#base;
    if (at < 0) return 0;
    const before = this.#keys[at];
    this.#keys[at] = key;
    const place = this.placeOf(id);
    this.#keys[at] = before;
    return place;
  }

  #isListed(id: number): boolean {
    return id >= this.#base && this.position(id) >= 0;
  }

  #takeOut(): void {
    const places: number[] = [];
    for (const id of this.#stale) {
      const at = this.position(id);
      if (at >= 0) places.push(at);
    }
    this.#stale.clear();
    if (places.length === 0) return;
    places.sort((a, b) => a - b);
    let to = places[0]!;
    for (const [i, at] of places.entries()) {
      const next = places[i + 1] ?? this.length;
      this.#ids.copyWithin(to, at + 1, next);
      to += next - at - 1;
    }
    this.length = to;
  }

  #forget(first: number): void {
    let to = 0;
    for (let i = 0; i < this.length; i++) {
      const id = this.#ids[i]!;
      if (id >= first) this.#ids[to++] = id;
    }
    this.length = to;
    for (const id of this.#stale) if (id < first) this.#stale.delete(id);
    // Keys are given back in steps: each is a copy of all of them.
    if (first - this.#base > 4096 + this.#keys.length / 2) {
      this.#keys = this.#keys.slice(first - this.#base);
      this.#base = first;
    }
  }

  #reserve(room: number): void {
    if (room <= this.#ids.length) return;
    const ids = new Uint32Array(Math.max(room, this.#ids.length * 2));
    ids.set(this.#ids.subarray(0, this.length));
    this.#ids = ids;
  }

  #compare(a: number, b: number): number {
    const [x, y] = [this.#keys[a - this.#base], this.#keys[b - this.#base]];
    if (x === y) return a - b;
    if (isNone(x)) return isNone(y) ? a - b : 1;
    if (isNone(y)) return -1;
    return x! < y! === this.#isDescending ? 1 : -1;
  }
}

const isNone = (key: Key): boolean => key === undefined || Number.isNaN(key);
