/** A list that is kept while entries come and go: by arrival it grows at its end, sorted it is merged when looked at. */
import type { Query } from '../query/index.ts';
import type { Held, Shelf } from './held.ts';
import type { List, ListState, Row } from './ports.ts';
import { SortedIds } from './sorted-ids.ts';
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

export class KeptList implements List {
  readonly #options: ListOptions;
  /** Ids by arrival. Those before `#from` have been let go of. */
  #ids: number[] = [];
  #from = 0;
  readonly #sorted: SortedIds | undefined;
  /** The next entry whose query is asked. */
  #next: number;
  #revision = 0;

  constructor(options: ListOptions) {
    const { shelf, sort } = options;
    this.#options = options;
    this.#next = shelf.first;
    if (sort) this.#sorted = new SortedIds(sort.descending, shelf.first);
    this.work(atOnce);
  }

  state(): ListState {
    this.#settle();
    const examined = Math.max(0, this.#next - this.#options.shelf.first);
    return { revision: this.#revision, length: this.#length, examined };
  }

  rows(from: number, count: number): readonly Row[] {
    this.#settle();
    const { shelf, extra, row } = this.#options;
    const rows: Row[] = [];
    const end = Math.min(from + count, this.#length);
    for (let i = Math.max(0, from); i < end; i++) {
      const id = this.#at(i);
      const held = shelf.get(id);
      if (!held) continue;
      const texts = extra.map((reader) => reader.text(held));
      rows.push(row(id, held, texts));
    }
    return rows;
  }

  position(id: number): number {
    this.#settle();
    let at = this.#search(id) - this.#from;
    if (this.#sorted) {
      at = this.#sorted.position(id);
      if (at >= 0) return at;
      // It is not listed: where it would be.
      const held = this.#options.shelf.get(id);
      if (!held) return -1;
      at = this.#sorted.placeOfKey(id, this.#keyOf(id, held));
    }
    return at < this.#length ? Math.max(0, at) : -1;
  }

  find(text: string, from: number, backwards: boolean): number {
    this.#settle();
    const wanted = text.toLowerCase();
    for (let i = from; i >= 0 && i < this.#length; i += backwards ? -1 : 1) {
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
    for (; this.#next < end; this.#next++) this.#ask(this.#next, undefined);
    return this.#next === shelf.next;
  }

  /** An entry came. */
  added(id: number, held: Held): void {
    // Those before it come first.
    if (this.#next !== id) return;
    this.#next = id + 1;
    this.#ask(id, held);
  }

  /** It is another now, or was marked: it may belong here no more, or as of now. */
  changed(id: number, held: Held): void {
    if (id >= this.#next) return;
    const belongs = this.#passes(id, held);
    if (this.#sorted) {
      this.#revision++;
      this.#sorted.remove(id);
      if (belongs) this.#sorted.add(id, this.#keyOf(id, held));
      return;
    }
    const at = this.#search(id);
    const isThere = this.#ids[at] === id;
    if (belongs || isThere) this.#revision++;
    // Mostly near the end: little is moved.
    if (isThere && !belongs) this.#ids.splice(at, 1);
    else if (belongs && !isThere) this.#ids.splice(at, 0, id);
  }

  /** All before `first` have been let go of. */
  dropped(first: number): void {
    this.#next = Math.max(this.#next, first);
    // A pass over all of them: done when somebody looks.
    if (this.#sorted) return;
    const before = this.#from;
    while (this.#from < this.#ids.length && this.#ids[this.#from]! < first) this.#from++;
    if (this.#from !== before) this.#revision++;
    // Room that is not needed any more, given back now and then.
    if (this.#from > 4096 && this.#from > this.#ids.length / 2) {
      this.#ids = this.#ids.slice(this.#from);
      this.#from = 0;
    }
  }

  get #length(): number {
    return this.#sorted ? this.#sorted.length : this.#ids.length - this.#from;
  }

  #at(position: number): number {
    return this.#sorted ? this.#sorted.at(position) : this.#ids[this.#from + position]!;
  }

  #ask(id: number, given: Held | undefined): void {
    const { isWrong, isMarked, query } = this.#options;
    // Nothing is looked at when nothing is asked.
    const held =
      given ?? (query || this.#sorted || isMarked || isWrong ? this.#options.shelf.get(id) : unseen);
    if (!held || !this.#passes(id, held)) return;
    this.#revision++;
    if (this.#sorted) this.#sorted.add(id, this.#keyOf(id, held));
    else this.#ids.push(id);
  }

  #passes(id: number, held: Held): boolean {
    const { query, isWrong, isMarked } = this.#options;
    if (isWrong || (isMarked && !isMarked(id))) return false;
    if (!query) return true;
    const entry = entryOf(held);
    return entry !== undefined && query.matches(entry);
  }

  #keyOf(id: number, held: Held) {
    const { sort, row } = this.#options;
    return sort!.reader.key(held, () => row(id, held, []));
  }

  #settle(): void {
    if (!this.#sorted) return;
    const { length } = this.#sorted;
    this.#sorted.settle(this.#options.shelf.first);
    if (this.#sorted.length !== length) this.#revision++;
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

/** Stands for an entry nobody looks at. */
const unseen: Held = { kind: 'note', text: '', atMs: 0 };

const textsOf = (row: Row): readonly string[] => [
  ...[row.operation, row.subject, row.result, row.client, row.server, row.target],
  ...row.extra,
];
