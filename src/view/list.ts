/** A list that is kept while entries come and go: by arrival it grows at its end, sorted it is merged when looked at. */
import type { Query } from '../query/index.ts';
import type { Held, Shelf } from './held.ts';
import type { List, ListState, Row } from './ports.ts';
import { entryOf, type Reader } from './values.ts';

export interface ListOptions {
  readonly shelf: Shelf;
  /** undefined: everything. */
  readonly query: Query | undefined;
  /** A query that is none lists nothing. */
  readonly isWrong: boolean;
  readonly sort: { readonly reader: Reader; readonly descending: boolean } | undefined;
  readonly isMarked: ((id: number) => boolean) | undefined;
  readonly extra: readonly Reader[];
  row(id: number, held: Held, extra: readonly string[]): Row;
  onClose(list: KeptList): void;
}

/** Entries whose query is asked when somebody looks; the rest is done as time goes on. */
const atOnce = 20_000;

type Key = number | string | undefined;

export class KeptList implements List {
  readonly #options: ListOptions;
  /** Ids, by arrival or by key. Those before `#from` have been let go of (by arrival). */
  #ids: number[] = [];
  #from = 0;
  #keys = new Map<number, Key>();
  /** Sorted lists: all before it are gone. */
  #first = 0;
  /** Sorted lists: come since they were merged. */
  #fresh: number[] = [];
  /** The next entry whose query is asked. */
  #next: number;
  #revision = 0;

  constructor(options: ListOptions) {
    this.#options = options;
    this.#next = options.shelf.first;
    this.work(atOnce);
  }

  state(): ListState {
    this.#settle();
    const { shelf } = this.#options;
    const examined = Math.max(0, this.#next - shelf.first);
    return { revision: this.#revision, length: this.#ids.length - this.#from, examined };
  }

  rows(from: number, count: number): readonly Row[] {
    this.#settle();
    const { shelf, extra, row } = this.#options;
    const rows: Row[] = [];
    for (let i = Math.max(0, from); i < from + count && i < this.#ids.length - this.#from; i++) {
      const id = this.#ids[this.#from + i]!;
      const held = shelf.get(id);
      if (held)
        rows.push(
          row(
            id,
            held,
            extra.map((reader) => reader.text(held)),
          ),
        );
    }
    return rows;
  }

  position(id: number): number {
    this.#settle();
    if (this.#options.sort) {
      const at = this.#ids.indexOf(id);
      if (at >= 0) return at;
      // It is not listed: where it would be.
      const held = this.#options.shelf.get(id);
      if (!held) return -1;
      const place = this.#placeOf(id, this.#keyOf(id, held));
      return place < this.#ids.length ? place : -1;
    }
    const at = this.#search(id) - this.#from;
    return at < this.#ids.length - this.#from ? Math.max(0, at) : -1;
  }

  find(text: string, from: number, backwards: boolean): number {
    this.#settle();
    const wanted = text.toLowerCase();
    const { length } = this.#ids;
    for (let i = from; i >= 0 && i < length - this.#from; i += backwards ? -1 : 1) {
      const [row] = this.rows(i, 1);
      if (row && textsOf(row).some((one) => one.toLowerCase().includes(wanted))) return i;
    }
    return -1;
  }

  close(): void {
    this.#options.onClose(this);
  }

  /** Asks the query of so many more entries. @returns whether all are done */
  work(count: number): boolean {
    const { shelf } = this.#options;
    this.#next = Math.max(this.#next, shelf.first);
    const end = Math.min(shelf.next, this.#next + count);
    for (; this.#next < end; this.#next++) if (this.#passes(this.#next)) this.#append(this.#next);
    return this.#next === shelf.next;
  }

  /** An entry came. */
  added(id: number): void {
    // Those before it come first.
    if (this.#next !== id) return;
    this.#next = id + 1;
    if (this.#passes(id)) this.#append(id);
  }

  /** It is another now, or was marked: it may belong here no more, or as of now. */
  changed(id: number): void {
    if (id >= this.#next) return;
    this.#settle();
    const belongs = this.#passes(id);
    const { sort } = this.#options;
    const at = sort ? this.#ids.indexOf(id) : this.#search(id);
    const isThere = this.#ids[at] === id;
    this.#revision++;
    if (isThere && (!belongs || sort)) {
      this.#ids.splice(at, 1);
      this.#keys.delete(id);
    }
    if (!belongs || (isThere && !sort)) return;
    if (sort) this.#fresh.push(id);
    else this.#ids.splice(at, 0, id);
  }

  /** All before `first` have been let go of. */
  dropped(first: number): void {
    this.#next = Math.max(this.#next, first);
    // A pass over all of them: done when somebody looks.
    if (this.#options.sort) return;
    const before = this.#from;
    while (this.#from < this.#ids.length && this.#ids[this.#from]! < first) this.#from++;
    if (this.#from !== before) this.#revision++;
    // Room that is not needed any more, given back now and then.
    if (this.#from > 4096 && this.#from > this.#ids.length / 2) {
      this.#ids = this.#ids.slice(this.#from);
      this.#from = 0;
    }
  }

  #passes(id: number): boolean {
    const { shelf, query, isWrong, isMarked } = this.#options;
    if (isWrong || (isMarked && !isMarked(id))) return false;
    const held = shelf.get(id);
    if (!held) return false;
    if (!query) return true;
    const entry = entryOf(held);
    return entry !== undefined && query.matches(entry);
  }

  #append(id: number): void {
    this.#revision++;
    if (this.#options.sort) this.#fresh.push(id);
    else this.#ids.push(id);
  }

  #keyOf(id: number, held: Held): Key {
    let key = this.#keys.get(id);
    if (key === undefined && !this.#keys.has(id)) {
      key = this.#options.sort!.reader.key(held, this.#options.row(id, held, []));
      this.#keys.set(id, key);
    }
    return key;
  }

  #compare(a: number, b: number): number {
    const [x, y] = [this.#keys.get(a), this.#keys.get(b)];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return a - b;
    if (x === undefined) return 1;
    if (y === undefined) return -1;
    const order = x < y ? -1 : 1;
    return this.#options.sort!.descending ? -order : order;
  }

  /** What has come is sorted by itself, then both are merged: a pass over the list, not one for each. */
  #settle(): void {
    const { shelf, sort } = this.#options;
    if (sort && this.#first < shelf.first) this.#forget(shelf.first);
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.filter((id) => {
      const held = shelf.get(id);
      if (held) this.#keyOf(id, held);
      return held !== undefined;
    });
    this.#fresh = [];
    fresh.sort((a, b) => this.#compare(a, b));
    const merged: number[] = new Array(this.#ids.length + fresh.length);
    let [i, j] = [0, 0];
    for (let at = 0; at < merged.length; at++) {
      const takesOld =
        j === fresh.length || (i < this.#ids.length && this.#compare(this.#ids[i]!, fresh[j]!) <= 0);
      merged[at] = takesOld ? this.#ids[i++]! : fresh[j++]!;
    }
    this.#ids = merged;
  }

  #forget(first: number): void {
    this.#first = first;
    const ids = this.#ids.filter((id) => id >= first);
    if (ids.length !== this.#ids.length) this.#revision++;
    this.#ids = ids;
    for (const id of this.#keys.keys()) if (id < first) this.#keys.delete(id);
  }

  #placeOf(id: number, key: Key): number {
    this.#keys.set(id, key);
    let [low, high] = [0, this.#ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#ids[middle]!, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first of the array that is not below `id`. */
  #search(id: number): number {
    let [low, high] = [this.#from, this.#ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const textsOf = (row: Row): readonly string[] => [
  ...[row.operation, row.subject, row.result, row.client, row.server, row.target],
  ...row.extra,
];
