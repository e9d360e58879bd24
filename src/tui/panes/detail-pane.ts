/** The exchange that is selected, opened: tabs over lines. */
import { cutEnd } from '../../sinks/text/width.ts';
import type { Desk, Detail } from '../../view/ports.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { detailLines, type Tab, tabs } from './detail-lines.ts';
import { dim, line } from './lines.ts';
import { type Area, ScrollPane } from './scroll-pane.ts';

/** Of an exchange: more are told of, not shown. */
const maxPackets = 2000;

export class DetailPane {
  readonly #desk: Desk;
  readonly pane = new ScrollPane();
  #id: number | undefined;
  #detail: Detail | undefined;
  tab: Tab = 'Exchange';
  readonly #opened = new Set<number>();
  #isStale = true;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get detail(): Detail | undefined {
    return this.#detail;
  }

  show(id: number | undefined): void {
    if (id === this.#id) return;
    this.#id = id;
    this.#opened.clear();
    this.pane.toTop();
    this.#isStale = true;
  }

  /** It may have changed: what is under way is looked at anew. */
  refresh(): void {
    if (!this.#detail || this.#detail.row.durationNs === undefined || this.#isBeing) this.#isStale = true;
  }

  get #isBeing(): boolean {
    return this.#detail?.row.outcome === 'open';
  }

  /** @returns false: not a command of this pane */
  act(command: string, key: string): boolean {
    const at = tabs.indexOf(this.tab);
    if (command === 'next-tab') this.#turn(at + 1);
    else if (command === 'previous-tab') this.#turn(at - 1);
    else if (command === 'tab') this.#turn(Number(key) - 1);
    else if (command === 'select' && this.pane.line?.opens !== undefined) {
      const { opens } = this.pane.line;
      if (!this.#opened.delete(opens)) this.#opened.add(opens);
      this.#isStale = true;
    } else return this.pane.act(command);
    return true;
  }

  draw(surface: Surface, { x, y, width, height }: Area, isFocused: boolean): void {
    if (this.#isStale) this.#load();
    this.#heads(surface, x, y, width);
    this.pane.draw(surface, { x, y: y + 1, width, height: height - 1 }, isFocused);
  }

  #turn(to: number): void {
    this.tab = tabs[(to + tabs.length) % tabs.length]!;
    this.pane.toTop();
    this.#isStale = true;
  }

  #load(): void {
    this.#isStale = false;
    const id = this.#id;
    this.#detail = id === undefined ? undefined : this.#desk.detail(id);
    if (id === undefined || !this.#detail) {
      this.pane.lines = [
        line(
          dim(id === undefined ? 'Nothing is selected.' : 'It has been let go of: more came than is kept.'),
        ),
      ];
      return;
    }
    const packets = this.tab === 'Packets' ? this.#desk.packets(id, maxPackets) : { rows: [], missing: '' };
    this.pane.lines = detailLines(this.tab, { detail: this.#detail, packets, opened: this.#opened });
  }

  #heads(surface: Surface, x: number, y: number, width: number): void {
    surface.fill(x, y, width, 1, styled(ink.plain, paper.bar));
    let at = x + 1;
    tabs.forEach((tab, i) => {
      const isOn = tab === this.tab;
      const style = isOn
        ? styled(ink.accent, paper.bar, attribute.bold | attribute.underline)
        : styled(ink.dim, paper.bar);
      at = surface.put(at, y, `${i + 1}`, styled(ink.dim, paper.bar), x + width - at);
      at = surface.put(at + 1, y, tab, style, x + width - at - 1) + 2;
    });
    const title = this.#detail?.title ?? '';
    const room = x + width - at - 2 - 5;
    if (room > 8) surface.put(at, y, cutEnd(title, room), styled(ink.plain, paper.bar), room);
    surface.put(x + width - 5, y, this.pane.place().padStart(4), styled(ink.dim, paper.bar), 5);
  }
}
