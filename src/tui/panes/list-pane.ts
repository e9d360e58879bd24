/** The list of entries: live, stable under the cursor, frozen when asked. */
import { columns, cutEnd, cutMiddle } from '../../sinks/text/width.ts';
import type { Column, Desk, List, ListState, Order, Row, Wanted } from '../../view/ports.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { type ColumnPlan, layout, type Placed, usual } from './row-layout.ts';
import { cellInk, cellText, type TimeMode, timeModes, timeText } from './row-texts.ts';
import type { Area } from './scroll-pane.ts';
import { type Rows, Selection } from './selection.ts';

/** Rows that are kept when the list is frozen: around what is seen, more than anybody scrolls through. */
const frozenRows = 20_000;
/** Columns of a chosen field: as wide as its texts, within these. */
const extraWidth = { least: 6, most: 30 };

/** Below it there is no room for milliseconds, nor for the words of a result. */
const wideWidth = 100;
const narrow: Readonly<Record<string, number>> = { time: 8, result: 12, server: 16, target: 12 };

/** What rows are read from: the list, or what was kept of it. */
interface Source extends Rows {
  rows(from: number, count: number): readonly Row[];
}

export class ListPane {
  readonly #desk: Desk;
  readonly #showsTarget: boolean;
  #list: List;
  #wanted: Wanted;
  readonly selection: Selection;
  #frozen: { source: Source; kept: Row[]; seen: number } | undefined;
  #time: TimeMode = 'day';
  #widest = new Map<string, number>();
  #width = 0;
  #extra: readonly Column[] = [];
  #found = '';

  constructor(desk: Desk, wanted: Wanted, options: { follows: boolean; showsTarget: boolean }) {
    this.#desk = desk;
    this.#wanted = wanted;
    this.#list = desk.list(wanted);
    this.#showsTarget = options.showsTarget;
    this.selection = new Selection(options.follows);
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  /** Another list in its place; the selected entry stays selected when it is in it. */
  set wanted(wanted: Wanted) {
    this.#list.close();
    this.#frozen = undefined;
    this.#wanted = wanted;
    this.#list = this.#desk.list(wanted);
    this.#widest.clear();
    const all = this.#desk.columns();
    this.#extra = (wanted.columns ?? []).flatMap((name) => all.find((c) => c.name === name) ?? []);
  }

  state(): ListState {
    return this.#list.state();
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** Entries listed since it was frozen. */
  get newer(): number {
    return this.#frozen ? Math.max(0, this.#list.state().length - this.#frozen.seen) : 0;
  }

  get row(): Row | undefined {
    const { at, id } = this.selection;
    return id === undefined ? undefined : this.#source().rows(at, 1)[0];
  }

  /** @returns false: not a command of this pane */
  act(command: string): boolean {
    const source = this.#source();
    const { selection } = this;
    if (command === 'down') selection.moveBy(1, source);
    else if (command === 'up') selection.moveBy(-1, source);
    else if (command === 'page-down') selection.page(1, source);
    else if (command === 'page-up') selection.page(-1, source);
    else if (command === 'top') selection.moveTo(0, source);
    else if (command === 'bottom') {
      selection.moveTo(source.length - 1, source);
      selection.follows = !this.#frozen;
    } else if (command === 'follow') selection.follows = !selection.follows && !this.#frozen;
    else if (command === 'freeze') this.#freeze();
    else if (command === 'time')
      this.#time = timeModes[(timeModes.indexOf(this.#time) + 1) % timeModes.length]!;
    else if (command === 'mark' || command === 'next-mark') this.#marks(command, source);
    else if (command === 'find-next') this.find(this.#found, false);
    else if (command === 'find-previous') this.find(this.#found, true);
    else return false;
    return true;
  }

  /** @returns false: there is none */
  find(text: string, backwards: boolean): boolean {
    this.#found = text;
    if (text === '') return true;
    const from = this.selection.at + (backwards ? -1 : 1);
    const ends = backwards ? this.#list.state().length - 1 : 0;
    const at = [from, ends]
      .map((start) => (start < 0 ? -1 : this.#list.find(text, start, backwards)))
      .find((found) => found >= 0);
    if (at === undefined) return false;
    this.#frozen = undefined;
    this.selection.moveTo(at, this.#source());
    return true;
  }

  scroll(rows: number): void {
    this.selection.moveBy(rows, this.#source());
  }

  /** The row in that line of the area as it was drawn. */
  select(lineOfArea: number): void {
    if (lineOfArea > 0) this.selection.moveTo(this.selection.top + lineOfArea - 1, this.#source());
  }

  /** Heads, then rows. */
  draw(surface: Surface, area: Area, isFocused: boolean, nowMs: number): void {
    const { x, y, width, height } = area;
    const source = this.#source();
    const seen = Math.max(1, height - 1);
    this.selection.refresh(source, seen);
    const { top, at } = this.selection;
    // One more above: times may be told from it.
    const from = Math.max(0, top - 1);
    const fetched = source.rows(from, seen + (top - from));
    const rows = fetched.slice(top - from);
    if (width !== this.#width) this.#widest.clear();
    this.#width = width;
    const plans = this.#plans();
    this.#measure(rows, plans, nowMs);
    // Two columns for the mark.
    const placed = layout(width - 2, this.#widest, plans);
    this.#heads(surface, area, placed);
    const first = this.#time === 'first' ? source.rows(0, 1)[0]?.at : undefined;
    rows.forEach((row, i) => {
      const before = fetched[top - from + i - 1] ?? row;
      const time = timeText(row.at, this.#time, first ?? before.at);
      this.#row(surface, x, y + 1 + i, width, row, placed, time, nowMs);
      if (top + i === at) surface.tint(x, y + 1 + i, width, paper.selected, isFocused ? attribute.bold : 0);
    });
  }

  #plans(): ColumnPlan[] {
    const fixed = usual
      .filter((c) => this.#showsTarget || c.name !== 'target')
      .map((c) => ({ ...c, most: (this.#width < wideWidth && narrow[c.name]) || c.most }));
    const extra = this.#extra.map(
      (c): ColumnPlan => ({
        ...extraWidth,
        name: c.name,
        head: c.label.toUpperCase(),
        align: c.align,
        rank: 2,
        grows: 0,
      }),
    );
    const at = fixed.findIndex((c) => c.name === 'result');
    return [...fixed.slice(0, at), ...extra, ...fixed.slice(at)];
  }

  #extraOf(name: string): number {
    return this.#extra.findIndex((c) => c.name === name);
  }

  /** Columns become wider with what is in them, never narrower: nothing jumps. */
  #measure(rows: readonly Row[], plans: readonly ColumnPlan[], nowMs: number): void {
    for (const { name, most } of plans) {
      let widest = this.#widest.get(name) ?? 0;
      if (widest >= most) continue;
      const extra = this.#extraOf(name);
      if (name === 'time') widest = 12;
      else
        for (const row of rows)
          if (row.kind !== 'note' && row.kind !== 'loss')
            widest = Math.max(widest, columns(cellText(row, name, nowMs, extra)));
      this.#widest.set(name, widest);
    }
  }

  #heads(surface: Surface, { x, y, width }: Area, placed: readonly Placed[]): void {
    const style = styled(ink.dim, paper.none, attribute.bold);
    const { order } = this.#wanted;
    for (const column of placed) {
      const isOrder = order?.column === column.name;
      const arrow = isOrder ? (order.descending ? '↓' : '↑') : '';
      const text = cutEnd(`${column.head}${arrow}`, column.width);
      const left = column.align === 'right' ? column.width - columns(text) : 0;
      surface.put(x + 2 + column.x + left, y, text, style, width);
    }
  }

  #row(
    surface: Surface,
    x: number,
    y: number,
    width: number,
    row: Row,
    placed: readonly Placed[],
    time: string,
    nowMs: number,
  ): void {
    if (row.isMarked) surface.put(x, y, '*', styled(ink.warn, paper.none, attribute.bold));
    else if (row.isIncomplete) surface.put(x, y, '~', ink.dim);
    const isTold = row.kind === 'note' || row.kind === 'loss';
    for (const column of placed) {
      const at = x + 2 + column.x;
      if (column.name === 'time') {
        // Of narrow columns the fraction goes first.
        surface.put(at, y, time.slice(0, column.width), ink.dim, column.width);
        if (!isTold) continue;
        surface.put(
          at + column.width + 1,
          y,
          row.subject,
          row.kind === 'loss' ? ink.failed : ink.dim,
          width - at + x,
        );
        break;
      }
      const extra = this.#extraOf(column.name);
      const text = cellText(row, column.name, nowMs, extra);
      if (text === '') continue;
      // A result begins with what counts; paths and names differ least in the middle.
      const atEnd = column.align === 'right' || column.name === 'result';
      const cut = atEnd ? cutEnd(text, column.width) : cutMiddle(text, column.width);
      const left = column.align === 'right' ? column.width - columns(cut) : 0;
      surface.put(at + left, y, cut, cellInk(row, column.name), column.width);
    }
    if (row.isMarked) surface.tint(x, y, width, paper.marked);
  }

  #marks(command: string, source: Source): void {
    const { selection } = this;
    if (command === 'mark') {
      const { row } = this;
      if (!row) return;
      this.#desk.mark(row.id, !row.isMarked);
      // What was kept does not hear of it.
      if (this.#frozen) this.#frozen.kept[selection.at] = { ...row, isMarked: !row.isMarked };
      return;
    }
    for (let i = 1; i <= source.length; i++) {
      const at = (selection.at + i) % source.length;
      if (!source.rows(at, 1)[0]?.isMarked) continue;
      selection.moveTo(at, source);
      return;
    }
  }

  #source(): Source {
    return this.#frozen?.source ?? listSource(this.#list);
  }

  #freeze(): void {
    if (this.#frozen) {
      this.#frozen = undefined;
      return;
    }
    const { length } = this.#list.state();
    const from = Math.max(0, Math.min(this.selection.top - frozenRows / 2, length - frozenRows));
    const kept = [...this.#list.rows(from, frozenRows)];
    this.selection.follows = false;
    this.selection.at -= from;
    this.selection.top -= from;
    this.#frozen = { source: keptSource(kept), kept, seen: length };
  }
}

export function listSource(list: List): Source {
  return {
    get length() {
      return list.state().length;
    },
    position: (id) => list.position(id),
    idAt: (at) => list.rows(at, 1)[0]?.id,
    rows: (from, count) => list.rows(from, count),
  };
}

function keptSource(kept: readonly Row[]): Source {
  const positions = new Map(kept.map((row, at) => [row.id, at]));
  return {
    length: kept.length,
    position: (id) => positions.get(id) ?? -1,
    idAt: (at) => kept[at]?.id,
    rows: (from, count) => kept.slice(from, from + count),
  };
}

export function orderBy(order: Order | undefined, column: string): Order {
  return { column, descending: order?.column === column ? !order.descending : false };
}
