/**
 * A desk, spoken to from afar: questions come as data and are checked here, since anything at all can come from a
 * browser. The same for a socket of this process and for a worker in the page; no I/O.
 *
 *   -> {id, ask, of: [...]}                 <- {id, is} or {id, wrong}
 *   -> {list, wanted}, {list, see}, {list}  <- {list, state, from, rows, anchorAt}   (open, look at, close)
 *   -> {id, list, ask, of: [...]}           <- {id, is}
 *                                           <- {desk, skipped}   (how it stands, when that changed)
 */
import type { Desk, List, Order, Wanted, Which } from '../view/ports.ts';
import type { About } from './about.ts';

export interface Post {
  answer(message: unknown): void;
  /** Of one topic only the newest counts; it is made when there is room. */
  news(topic: string, make: () => unknown): void;
  /** News that were overtaken. */
  readonly overtaken: number;
}

/** Each tab has one list; another is opened before the old one is closed. */
const maxLists = 4;
/** A screen of 4K with the smallest rows, three times. */
const maxRows = 600;
const maxQuery = 16 * 1024;
const maxPackets = 5000;
const maxStreamBytes = 4 * 1024 * 1024;
const maxBins = 1000;
const maxEdges = 1000;
const maxColumns = 32;

class Wrong extends Error {}

function wrong(what: string): never {
  throw new Wrong(what);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown, limit = maxQuery): string =>
  typeof value === 'string' && value.length <= limit ? value : wrong('a text is needed');
const whole = (value: unknown, most: number, least = 0): number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
    ? (value as number)
    : wrong('a whole number is needed');
const id = (value: unknown): number => whole(value, Number.MAX_SAFE_INTEGER);
const position = id;
const flag = (value: unknown): boolean => (typeof value === 'boolean' ? value : wrong('yes or no is needed'));
const oneOf =
  <T extends string>(...allowed: readonly T[]) =>
  (value: unknown): T =>
    allowed.find((name) => name === value) ?? wrong(`one of ${allowed.join(', ')} is needed`);
const array = (value: unknown, limit: number): readonly unknown[] =>
  Array.isArray(value) && value.length <= limit ? value : wrong('a list is needed');

const copyAs = oneOf('url', 'curl', 'fetch', 'httpie', 'har', 'json', 'raw', 'mermaid');
const saveAs = oneOf('pcapng', 'har', 'json', 'mermaid', 'svg');

function which(value: unknown): Which {
  if (!isObject(value)) return wrong('which entries?');
  if (value['marked'] === true) return { marked: true };
  if (value['ids'] !== undefined) return { ids: array(value['ids'], 10_000).map(id) };
  return { query: text(value['query']) };
}

function wantedOf(value: unknown): Wanted {
  if (!isObject(value)) return wrong('what is to be listed?');
  const { order, marked, columns } = value;
  return {
    query: text(value['query'] ?? ''),
    ...(order === undefined ? {} : { order: orderOf(order) }),
    ...(marked === undefined ? {} : { marked: flag(marked) }),
    ...(columns === undefined ? {} : { columns: array(columns, maxColumns).map((name) => text(name, 256)) }),
  };
}

const orderOf = (value: unknown): Order =>
  isObject(value)
    ? { column: text(value['column'], 256), descending: flag(value['descending']) }
    : wrong('by which column?');

type Answer = (desk: Desk, of: readonly unknown[]) => unknown;

const questions: Readonly<Record<string, Answer>> = {
  columns: (desk) => desk.columns(),
  check: (desk, [query]) => desk.check(text(query)),
  complete: (desk, [query, cursor]) => desk.complete(text(query), whole(cursor, maxQuery)),
  detail: (desk, [of]) => desk.detail(id(of)),
  mark: (desk, [of, isMarked]) => desk.mark(id(of), flag(isMarked)),
  packets: (desk, [of, limit]) => desk.packets(id(of), whole(limit, maxPackets)),
  stream: (desk, [of, limit]) => desk.stream(id(of), whole(limit, maxStreamBytes)),
  copy: (desk, [of, as]) => desk.copy(id(of), copyAs(as)),
  save: (desk, [of, as]) => desk.save(which(of), saveAs(as)),
  statistics: (desk, [query, bins]) => desk.statistics(text(query), whole(bins, maxBins, 1)),
  map: (desk, [query, edges]) => desk.map(text(query), whole(edges, maxEdges, 1)),
  clear: (desk) => desk.clear(),
};

const listQuestions: Readonly<Record<string, (list: List, of: readonly unknown[]) => unknown>> = {
  position: (list, [of]) => list.position(id(of)),
  find: (list, [needle, from, backwards]) =>
    list.find(text(needle), whole(from, Number.MAX_SAFE_INTEGER, -1), flag(backwards)),
  row: (list, [at]) => list.rows(position(at), 1)[0],
};

interface Seen {
  readonly list: List;
  /** -1: the last ones. */
  from: number;
  count: number;
  anchor: number;
  /** Revision that was told; -1: none. */
  told: number;
  examined: number;
}

export class DeskTalk {
  readonly #desk: Desk;
  readonly #post: Post;
  readonly #about: () => About | Promise<About>;
  readonly #lists = new Map<number, Seen>();
  #told = '';

  constructor(desk: Desk, post: Post, about: () => About | Promise<About>) {
    this.#desk = desk;
    this.#post = post;
    this.#about = about;
    this.turn();
  }

  receive(message: unknown): void {
    const asked = isObject(message) ? message : {};
    const number = typeof asked['id'] === 'number' ? asked['id'] : undefined;
    try {
      if (number === undefined) this.#aboutList(asked);
      else this.#question(number, asked);
    } catch (error) {
      // A question must not end a capture, whatever is wrong with it or with us.
      const because = error instanceof Wrong ? error.message : `a bug in Porthole: ${String(error)}`;
      this.#post.answer({ id: number ?? 0, wrong: because });
    }
  }

  close(): void {
    for (const { list } of this.#lists.values()) list.close();
    this.#lists.clear();
  }

  /** Something may have changed. */
  /** A list is looked at that is not whole yet. */
  get isBehind(): boolean {
    const { held, behind = 0 } = this.#desk.state();
    return behind > 0 || [...this.#lists.values()].some(({ list }) => list.state().examined < held);
  }

  turn(): void {
    for (const [number, seen] of this.#lists) {
      const { revision, examined } = seen.list.state();
      if (seen.count > 0 && (revision !== seen.told || examined !== seen.examined)) this.#show(number, seen);
    }
    const state = this.#desk.state();
    const stands = `${state.seen} ${state.held} ${state.shed} ${state.bytes} ${state.notes.length} ${state.losses.length} ${state.isLive} ${state.rates.map((row) => row.perSecond)} ${this.#post.overtaken}`;
    if (stands === this.#told) return;
    this.#told = stands;
    this.#post.news('desk', () => ({ desk: this.#desk.state(), skipped: this.#post.overtaken }));
  }

  #question(number: number, asked: Record<string, unknown>): void {
    const name = text(asked['ask'], 32);
    const of = array(asked['of'] ?? [], 8);
    const answer = (is: unknown) => this.#post.answer({ id: number, is });
    if (asked['list'] !== undefined) {
      const seen = this.#lists.get(id(asked['list'])) ?? wrong('this list is closed');
      const question = own(listQuestions, name) ?? wrong('there is no such question');
      return answer(question(seen.list, of));
    }
    if (name === 'about') {
      void Promise.resolve(this.#about()).then(answer);
      return;
    }
    const question = own(questions, name) ?? wrong('there is no such question');
    answer(question(this.#desk, of));
    // Seen at once, not with the next turn.
    if (name === 'mark' || name === 'clear') this.turn();
  }

  #aboutList(asked: Record<string, unknown>): void {
    const number = id(asked['list']);
    const known = this.#lists.get(number);
    if (asked['wanted'] !== undefined) {
      if (known || this.#lists.size >= maxLists) wrong('too many lists');
      const list = this.#desk.list(wantedOf(asked['wanted']));
      this.#lists.set(number, { list, from: 0, count: 0, anchor: 0, told: -1, examined: -1 });
    } else if (!known) wrong('this list is closed');
    else if (isObject(asked['see'])) {
      const { from, count, anchor } = asked['see'];
      known.from = whole(from, Number.MAX_SAFE_INTEGER, -1);
      known.count = whole(count, maxRows);
      known.anchor = id(anchor);
      this.#show(number, known);
    } else {
      known.list.close();
      this.#lists.delete(number);
    }
  }

  #show(number: number, seen: Seen): void {
    const { revision, examined } = seen.list.state();
    seen.told = revision;
    seen.examined = examined;
    this.#post.news(`list ${number}`, () => {
      const state = seen.list.state();
      const { count, anchor } = seen;
      const from = seen.from < 0 ? Math.max(0, state.length - count) : Math.min(seen.from, state.length);
      const anchorAt = anchor > 0 ? seen.list.position(anchor) : -1;
      return { list: number, state, from, rows: seen.list.rows(from, count), anchorAt };
    });
  }
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
