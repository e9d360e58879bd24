/** A desk over anything that carries messages: a WebSocket, a worker. Plain data both ways; bytes are Uint8Array. */
import type { CopyAs, Desk, DeskState, List, ListState, Row, SaveAs, Wanted, Which } from './ports.ts';

/** `n` is the asker's number for its question, and in the answer. Lists are named by whoever opens them. */
export type Ask = { readonly n: number } & (
  | { readonly ask: 'columns' }
  | { readonly ask: 'check'; readonly query: string }
  | { readonly ask: 'complete'; readonly query: string; readonly cursor: number }
  | { readonly ask: 'detail'; readonly id: number }
  | { readonly ask: 'mark'; readonly id: number; readonly isMarked: boolean }
  | { readonly ask: 'packets'; readonly id: number; readonly limit: number }
  | { readonly ask: 'stream'; readonly id: number; readonly limit: number }
  | { readonly ask: 'copy'; readonly id: number; readonly as: CopyAs }
  | { readonly ask: 'save'; readonly which: Which; readonly as: SaveAs }
  | { readonly ask: 'statistics'; readonly query: string; readonly bins: number }
  | { readonly ask: 'map'; readonly query: string; readonly edges: number }
  | { readonly ask: 'clear' }
  | { readonly ask: 'list'; readonly list: number; readonly wanted: Wanted }
  | {
      readonly ask: 'see';
      readonly list: number;
      readonly from: number;
      readonly count: number;
      /** The entry that is to stand still, 0: none. */
      readonly anchor: number;
    }
  | { readonly ask: 'position'; readonly list: number; readonly id: number }
  | {
      readonly ask: 'find';
      readonly list: number;
      readonly text: string;
      readonly from: number;
      readonly backwards: boolean;
    }
  | { readonly ask: 'row'; readonly list: number; readonly position: number }
  | { readonly ask: 'close'; readonly list: number }
);

export type Answer =
  | { readonly n: number; readonly value: unknown }
  | { readonly n: number; readonly error: string };

export type Push =
  | { readonly push: 'state'; readonly state: DeskState }
  | ({ readonly push: 'list' } & ListNews);

/** How a list stands, and the rows that are looked at. */
export interface ListNews {
  readonly list: number;
  readonly state: ListState;
  /** Position of the first of `rows`. */
  readonly from: number;
  readonly rows: readonly Row[];
  /** Where the anchor is; -1: it is not listed, or there is none. */
  readonly anchorAt: number;
}

interface Seen {
  readonly list: List;
  from: number;
  count: number;
  anchor: number;
  /** Of what was told last. */
  revision: number;
  examined: number;
  isAsked: boolean;
}

/** Lists of one asker, and rows of one answer. */
const listsMax = 16;
const rowsMax = 1000;
/** Whatever is asked for, no more is made. */
const limits = { packets: 5000, stream: 8 * 1024 * 1024, bins: 2000, edges: 2000, query: 10_000 };

export class DeskChannel {
  readonly #desk: Desk;
  readonly #lists = new Map<number, Seen>();
  #told = '';

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  answer(ask: Ask): Answer {
    const { n } = ask;
    try {
      return { n, value: this.#value(ask) };
    } catch (error) {
      return { n, error: (error as Error).message };
    }
  }

  /** What is new since it was asked the last time: nobody who is slow is told more than the newest. */
  news(): Push[] {
    const news: Push[] = [];
    const state = this.#desk.state();
    const told = JSON.stringify(state);
    if (told !== this.#told) {
      this.#told = told;
      news.push({ push: 'state', state });
    }
    for (const [list, seen] of this.#lists) {
      const { revision, examined } = seen.list.state();
      if (!seen.isAsked && revision === seen.revision && examined === seen.examined) continue;
      Object.assign(seen, { revision, examined, isAsked: false });
      news.push({ push: 'list', ...this.#newsOf(list, seen) });
    }
    return news;
  }

  close(): void {
    for (const { list } of this.#lists.values()) list.close();
    this.#lists.clear();
  }

  #newsOf(list: number, { list: kept, from, count, anchor }: Seen): ListNews {
    const anchorAt = anchor > 0 ? kept.position(anchor) : -1;
    return { ...{ list, from, anchorAt }, state: kept.state(), rows: kept.rows(from, count) };
  }

  #value(ask: Ask): unknown {
    const desk = this.#desk;
    switch (ask.ask) {
      case 'columns':
        return desk.columns();
      case 'check':
        return desk.check(text(ask.query));
      case 'complete':
        return desk.complete(text(ask.query), ask.cursor);
      case 'detail':
        return desk.detail(ask.id);
      case 'mark':
        return desk.mark(ask.id, ask.isMarked);
      case 'packets':
        return desk.packets(ask.id, Math.min(ask.limit, limits.packets));
      case 'stream':
        return desk.stream(ask.id, Math.min(ask.limit, limits.stream));
      case 'copy':
        return desk.copy(ask.id, ask.as);
      case 'save':
        return desk.save(ask.which, ask.as);
      case 'statistics':
        return desk.statistics(text(ask.query), Math.min(ask.bins, limits.bins));
      case 'map':
        return desk.map(text(ask.query), Math.min(ask.edges, limits.edges));
      case 'clear':
        return desk.clear();
      case 'list':
        return this.#list(ask.list, ask.wanted);
      case 'see': {
        const seen = this.#seen(ask.list);
        const count = Math.min(Math.max(0, ask.count), rowsMax);
        Object.assign(seen, { from: Math.max(0, ask.from), count, anchor: ask.anchor, isAsked: true });
        return undefined;
      }
      case 'position':
        return this.#seen(ask.list).list.position(ask.id);
      case 'find':
        return this.#seen(ask.list).list.find(text(ask.text), ask.from, ask.backwards);
      case 'row':
        return this.#seen(ask.list).list.rows(ask.position, 1)[0];
      case 'close': {
        this.#lists.get(ask.list)?.list.close();
        this.#lists.delete(ask.list);
        return undefined;
      }
      default:
        throw new Error(`no such question: ${JSON.stringify((ask as { ask?: unknown }).ask)?.slice(0, 40)}`);
    }
  }

  #list(name: number, wanted: Wanted): void {
    this.#lists.get(name)?.list.close();
    this.#lists.delete(name);
    if (this.#lists.size >= listsMax) throw new Error(`more than ${listsMax} lists`);
    text(wanted.query);
    const list = this.#desk.list(wanted);
    this.#lists.set(name, { list, from: 0, count: 0, anchor: 0, revision: -1, examined: -1, isAsked: true });
  }

  #seen(name: number): Seen {
    const seen = this.#lists.get(name);
    if (!seen) throw new Error('no such list');
    return seen;
  }
}

function text(given: unknown): string {
  if (typeof given !== 'string') throw new Error('a text is needed');
  if (given.length > limits.query) throw new Error(`a text of at most ${limits.query} characters is needed`);
  return given;
}
