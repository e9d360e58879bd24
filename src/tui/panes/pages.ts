/** Pages over list and detail: lines that are made anew when something has changed. */
import type { Desk, Row } from '../../view/ports.ts';
import type { Place } from '../commands.ts';
import { ink } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { helpLines } from './help-lines.ts';
import { jsonLines } from './json-lines.ts';
import { textLines } from './lines.ts';
import { type TimeMode, timeModes } from './row-texts.ts';
import { type Area, ScrollPane } from './scroll-pane.ts';
import { binsFor, type GroupOrder, groupOrders, statisticsLines } from './statistics-lines.ts';
import { statusLines } from './status-lines.ts';
import { type StreamSides, type StreamView, streamLines } from './stream-lines.ts';

export interface Page {
  readonly place: Place;
  readonly title: string;
  readonly pane: ScrollPane;
  draw(surface: Surface, area: Area): void;
  /** @returns false: not a command of this page */
  act(command: string): boolean;
  /** Something came. */
  refresh?(): void;
}

/** Of a stream: what is before is left out, and told. */
const streamBytes = 512 * 1024;
/** Lines of a text. */
const maxLines = 20_000;

export class StreamPage implements Page {
  readonly place = 'stream';
  readonly pane = new ScrollPane();
  readonly title: string;
  readonly #desk: Desk;
  readonly #id: number;
  #sides: StreamSides = 'both';
  #view: StreamView = 'text';
  #time: TimeMode = 'day';
  #isStale = true;

  constructor(desk: Desk, row: Row) {
    this.#desk = desk;
    this.#id = row.id;
    this.title = `Stream of ${row.client} → ${row.server}`;
  }

  act(command: string): boolean {
    if (command === 'view') this.#view = this.#view === 'text' ? 'hex' : 'text';
    else if (command === 'side')
      this.#sides = this.#sides === 'both' ? 'client' : this.#sides === 'client' ? 'server' : 'both';
    else if (command === 'time')
      this.#time = timeModes[(timeModes.indexOf(this.#time) + 1) % timeModes.length]!;
    else if (command === 'follow') this.pane.follows = !this.pane.follows;
    else if (command === 'bottom') {
      this.pane.act('bottom');
      this.pane.follows = true;
    } else return this.pane.act(command);
    this.#isStale = true;
    return true;
  }

  refresh(): void {
    this.#isStale = true;
  }

  draw(surface: Surface, area: Area): void {
    if (this.#isStale) {
      this.pane.lines = streamLines(
        this.#desk.stream(this.#id, streamBytes),
        this.#sides,
        this.#view,
        this.#time,
      );
      this.#isStale = false;
    }
    this.pane.draw(surface, area, true);
  }
}

export class StatisticsPage implements Page {
  readonly place = 'statistics';
  readonly pane = new ScrollPane();
  readonly #desk: Desk;
  readonly #query: () => string;
  #order: GroupOrder = 'count';
  #width = 0;

  constructor(desk: Desk, query: () => string) {
    this.#desk = desk;
    this.#query = query;
    this.pane.act('wrap');
  }

  get title(): string {
    const query = this.#query();
    return `Statistics of ${query === '' ? 'all entries' : query}`;
  }

  act(command: string): boolean {
    if (command !== 'sort') return this.pane.act(command);
    this.#order = groupOrders[(groupOrders.indexOf(this.#order) + 1) % groupOrders.length]!;
    this.#width = 0;
    return true;
  }

  refresh(): void {
    this.#width = 0;
  }

  draw(surface: Surface, area: Area): void {
    if (this.#width !== area.width) {
      this.#width = area.width;
      const statistics = this.#desk.statistics(this.#query(), binsFor(area.width));
      this.pane.lines = statisticsLines(statistics, this.#order, area.width);
    }
    this.pane.draw(surface, area, true);
  }
}

export class StatusPage implements Page {
  readonly place = 'text';
  readonly title = 'Status';
  readonly pane = new ScrollPane();
  readonly #state: () => Parameters<typeof statusLines>;

  constructor(state: () => Parameters<typeof statusLines>) {
    this.#state = state;
  }

  act(command: string): boolean {
    return this.pane.act(command);
  }

  draw(surface: Surface, area: Area): void {
    this.pane.lines = statusLines(...this.#state());
    this.pane.draw(surface, area, true);
  }
}

export class RawPage implements Page {
  readonly place = 'text';
  readonly pane = new ScrollPane();
  readonly title: string;

  constructor(desk: Desk, row: Row) {
    this.title = `${row.operation} ${row.subject} as JSON`;
    const text = desk.copy(row.id, 'json');
    this.pane.lines =
      text === '' ? textLines('There is no JSON of it.', ink.dim, 1) : jsonLines(indented(text), maxLines);
  }

  act(command: string): boolean {
    return this.pane.act(command);
  }

  draw(surface: Surface, area: Area): void {
    this.pane.draw(surface, area, true);
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export class HelpPage implements Page {
  readonly place = 'text';
  readonly title = 'Help';
  readonly pane = new ScrollPane();

  constructor(places: readonly Place[]) {
    this.pane.lines = helpLines(places);
  }

  act(command: string): boolean {
    return this.pane.act(command);
  }

  draw(surface: Surface, area: Area): void {
    this.pane.draw(surface, area, true);
  }
}
