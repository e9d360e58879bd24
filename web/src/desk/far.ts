/** Questions and answers over any way that carries messages in order. */
import type { CopyAs, DeskState, SaveAs, Wanted, Which } from '../../../src/view/ports.ts';
import type { FarDesk, FarList, ListNews } from './desk.ts';

interface Answer {
  readonly id?: number;
  readonly is?: unknown;
  readonly wrong?: string;
  readonly list?: number;
  readonly desk?: DeskState;
  readonly skipped?: number;
}

interface Waiting {
  done(is: unknown): void;
  failed(error: Error): void;
}

export class FarSide implements FarDesk {
  readonly #send: (message: unknown) => void;
  readonly #stands: (state: DeskState, skipped: number) => void;
  readonly #end: () => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lists = new Map<number, (news: ListNews) => void>();
  #next = 1;

  constructor(
    send: (message: unknown) => void,
    stands: (state: DeskState, skipped: number) => void,
    end: () => void,
  ) {
    this.#send = send;
    this.#stands = stands;
    this.#end = end;
  }

  receive(message: unknown): void {
    const { id, is, wrong, list, desk, skipped } = message as Answer;
    if (desk) this.#stands(desk, skipped ?? 0);
    else if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (wrong === undefined) waiting?.done(is);
      else if (waiting) waiting.failed(new Error(wrong));
      else console.warn(wrong);
    } else if (list !== undefined) this.#lists.get(list)?.(message as ListNews);
  }

  #ask<T>(ask: string, ...of: readonly unknown[]): Promise<T> {
    return this.#askOf<T>({}, ask, of);
  }

  #askOf<T>(beside: object, ask: string, of: readonly unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<unknown>((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#send({ ...beside, id, ask, of });
    }) as Promise<T>;
  }

  list(wanted: Wanted, news: (news: ListNews) => void): FarList {
    const list = this.#next++;
    this.#lists.set(list, news);
    this.#send({ list, wanted });
    return {
      see: (see) => this.#send({ list, see }),
      position: (id) => this.#askOf({ list }, 'position', [id]),
      find: (text, from, backwards) => this.#askOf({ list }, 'find', [text, from, backwards]),
      row: (at) => this.#askOf({ list }, 'row', [at]),
      close: () => {
        this.#lists.delete(list);
        this.#send({ list });
      },
    };
  }

  columns: FarDesk['columns'] = () => this.#ask('columns');
  check: FarDesk['check'] = (query) => this.#ask('check', query);
  complete: FarDesk['complete'] = (query, cursor) => this.#ask('complete', query, cursor);
  detail: FarDesk['detail'] = (id) => this.#ask('detail', id);
  packets: FarDesk['packets'] = (id, limit) => this.#ask('packets', id, limit);
  stream: FarDesk['stream'] = (id, limit) => this.#ask('stream', id, limit);
  copy = (id: number, as: CopyAs): Promise<string> => this.#ask('copy', id, as);
  save = (which: Which, as: SaveAs): ReturnType<FarDesk['save']> => this.#ask('save', which, as);
  statistics: FarDesk['statistics'] = (query, bins) => this.#ask('statistics', query, bins);
  map: FarDesk['map'] = (query, edges) => this.#ask('map', query, edges);
  about: FarDesk['about'] = () => this.#ask('about');

  mark(id: number, isMarked: boolean): void {
    void this.#ask('mark', id, isMarked);
  }

  clear(): void {
    void this.#ask('clear');
  }

  close(): void {
    this.#end();
  }
}
