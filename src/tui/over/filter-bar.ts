/** The filter as it is typed: what is wrong with it is seen at once, what could follow is offered. */
import { columns, cutEnd } from '../../sinks/text/width.ts';
import type { Candidate, Desk, Validity } from '../../view/ports.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { LineEditor } from '../line-editor.ts';
import type { Area } from '../panes/scroll-pane.ts';
import type { Input } from '../terminal/keys.ts';
import { drawEditor } from './prompt.ts';

const offered = 8;
const label = 'filter ';

export class FilterBar {
  readonly #desk: Pick<Desk, 'check' | 'complete'>;
  readonly #apply: (query: string) => void;
  readonly #history: string[] = [];
  #line = new LineEditor('', this.#history);
  #applied = '';
  #isOpen = false;
  #candidates: readonly Candidate[] = [];
  /** Of the candidates; -1: none is chosen. */
  #chosen = -1;
  #validity: Validity = { state: 'empty', message: '', from: 0, to: 0 };

  constructor(desk: Pick<Desk, 'check' | 'complete'>, query: string, apply: (query: string) => void) {
    this.#desk = desk;
    this.#apply = apply;
    this.set(query);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get query(): string {
    return this.#applied;
  }

  open(): void {
    this.#isOpen = true;
    this.#line = new LineEditor(this.#applied, this.#history);
    this.#look();
  }

  /** Applied without being typed. */
  set(query: string): void {
    this.#applied = query;
    this.#line = new LineEditor(query, this.#history);
    this.#line.keep();
    this.#look();
  }

  input(input: Input): void {
    const key = input.kind === 'key' ? input.key : '';
    if (key === 'escape' || key === 'ctrl-c') {
      // First the list of what is offered, then the line.
      if (this.#chosen >= 0) this.#chosen = -1;
      else {
        this.#isOpen = false;
        this.#line.set(this.#applied);
        this.#look();
      }
    } else if (key === 'enter') this.#enter();
    else if (key === 'tab') this.#tab();
    else if (
      (key === 'down' || key === 'up') &&
      this.#candidates.length > 0 &&
      (key === 'down' || this.#chosen >= 0)
    ) {
      const step = key === 'down' ? 1 : -1;
      this.#chosen = Math.max(-1, Math.min(this.#candidates.length - 1, this.#chosen + step));
    } else if (this.#line.take(input)) this.#look();
  }

  /** One line, and what is offered below it. */
  draw(surface: Surface, { x, y, width }: Area): void {
    const { state, message } = this.#validity;
    const color =
      state === 'wrong'
        ? ink.failed
        : state === 'incomplete'
          ? ink.warn
          : state === 'valid'
            ? ink.ok
            : ink.dim;
    surface.put(x, y, label, this.#isOpen ? styled(ink.accent, paper.none, attribute.bold) : ink.dim);
    const at = x + label.length;
    const room = width - label.length;
    if (this.#isOpen) {
      drawEditor(surface, this.#line, at, y, room, styled(color));
      if (state === 'wrong') this.#underline(surface, at, y, room);
      this.#offer(surface, at, y + 1, width, message, color);
    } else if (this.#applied === '') surface.put(at, y, '/ to narrow what is shown', ink.dim, room);
    else surface.put(at, y, cutEnd(this.#applied, room), styled(color, paper.none, attribute.bold), room);
  }

  #underline(surface: Surface, x: number, y: number, room: number): void {
    const { from, to } = this.#validity;
    // A long line is scrolled: then its colour must do.
    if (columns(this.#line.text) >= room) return;
    const start = columns(this.#line.text.slice(0, from));
    surface.tint(
      x + start,
      y,
      Math.max(1, columns(this.#line.text.slice(from, to))),
      paper.wrong,
      attribute.underline,
    );
  }

  #offer(surface: Surface, x: number, y: number, width: number, message: string, color: number): void {
    let row = y;
    const room = Math.max(10, width - (x - 0) - 1);
    if (message !== '' && this.#validity.state !== 'valid') {
      surface.fill(x - 1, row, room + 1, 1, styled(ink.plain, paper.dialog));
      surface.put(x, row++, cutEnd(message.split('\n')[0]!, room - 1), styled(color, paper.dialog), room);
    }
    const top = Math.max(0, this.#chosen - offered + 1);
    const shown = this.#candidates.slice(top, top + offered);
    const wide = Math.max(0, ...shown.map(({ text }) => columns(text)));
    shown.forEach(({ text, description }, i) => {
      surface.fill(x - 1, row, room + 1, 1, styled(ink.plain, paper.dialog));
      surface.put(x, row, text, styled(ink.accent, paper.dialog), room);
      const at = x + wide + 2;
      surface.put(at, row, cutEnd(description, Math.max(0, x + room - at)), styled(ink.dim, paper.dialog));
      if (top + i === this.#chosen) surface.tint(x - 1, row, room + 1, paper.selected, attribute.bold);
      row++;
    });
    const more = this.#candidates.length - top - shown.length;
    if (more > 0) {
      surface.fill(x - 1, row, room + 1, 1, styled(ink.plain, paper.dialog));
      surface.put(x, row, `${more} more; Tab completes`, styled(ink.dim, paper.dialog), room);
    }
  }

  #enter(): void {
    if (this.#chosen >= 0) {
      this.#take(this.#candidates[this.#chosen]!);
      return;
    }
    if (this.#validity.state === 'wrong' || this.#validity.state === 'incomplete') return;
    this.#line.keep();
    this.#isOpen = false;
    this.#applied = this.#line.text.trim();
    this.#apply(this.#applied);
  }

  /** As a shell does: what all have in common first, then one after the other. */
  #tab(): void {
    const [first] = this.#candidates;
    if (!first) return;
    if (this.#chosen >= 0 || this.#candidates.length === 1) {
      this.#take(this.#candidates[Math.max(0, this.#chosen)]!);
      return;
    }
    const common = commonStart(this.#candidates.map(({ text }) => text));
    const typed = this.#line.text.slice(first.from, first.to);
    if (common.length > typed.length && this.#candidates.every((c) => c.from === first.from))
      this.#take({ ...first, text: common });
    else this.#chosen = 0;
  }

  #take({ from, to, text }: Candidate): void {
    this.#line.replace(from, to, text);
    this.#look();
  }

  #look(): void {
    this.#chosen = -1;
    const { text, cursor } = this.#line;
    this.#validity = this.#desk.check(text);
    this.#candidates = this.#isOpen ? this.#desk.complete(text, cursor) : [];
  }
}

function commonStart(texts: readonly string[]): string {
  let common = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(common)) common = common.slice(0, -1);
  return common;
}
