/** Lines that are longer than the screen: a line that is selected, wrapping, places of a text that is looked for. */
import { attribute, paper } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { type Line, lineText, wrapped } from './lines.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class ScrollPane {
  #lines: readonly Line[] = [];
  /** As drawn: wrapped to `#width`. */
  #rows: readonly Line[] = [];
  #width = 0;
  #wraps = true;
  #left = 0;
  at = 0;
  top = 0;
  /** Stays at the end while lines are added. */
  follows = false;
  #height = 1;
  #found = '';

  /** Other lines in their place; where it is stays. */
  set lines(lines: readonly Line[]) {
    this.#lines = lines;
    this.#width = 0;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get wraps(): boolean {
    return this.#wraps;
  }

  /** The line that is selected. */
  get line(): Line | undefined {
    return this.#rows[this.at];
  }

  toTop(): void {
    [this.at, this.top, this.#left, this.follows] = [0, 0, 0, false];
  }

  /** @returns false: not a command of this pane */
  act(command: string): boolean {
    const last = this.#rows.length - 1;
    const page = Math.max(1, this.#height - 1);
    if (command === 'down') this.#move(1);
    else if (command === 'up') this.#move(-1);
    else if (command === 'page-down') this.#move(page);
    else if (command === 'page-up') this.#move(-page);
    else if (command === 'top') this.#move(-last);
    else if (command === 'bottom') this.#move(last);
    else if (command === 'left') this.#left = Math.max(0, this.#left - 8);
    else if (command === 'right') this.#left = this.#wraps ? 0 : this.#left + 8;
    else if (command === 'wrap') {
      this.#wraps = !this.#wraps;
      [this.#left, this.#width] = [0, 0];
    } else if (command === 'find-next') this.find(this.#found, 1);
    else if (command === 'find-previous') this.find(this.#found, -1);
    else return false;
    return true;
  }

  /** Lines of the screen below the first. */
  select(line: number): void {
    this.#move(this.top + line - this.at);
  }

  scroll(lines: number): void {
    this.#move(lines);
  }

  /** Selects the next line with the text, from the one that is; @returns false: there is none */
  find(text: string, step: 1 | -1): boolean {
    this.#found = text;
    const wanted = text.toLowerCase();
    if (wanted === '') return true;
    const count = this.#rows.length;
    for (let i = 1; i <= count; i++) {
      const at = (((this.at + step * i) % count) + count) % count;
      if (!lineText(this.#rows[at]!).toLowerCase().includes(wanted)) continue;
      this.#move(at - this.at);
      return true;
    }
    return false;
  }

  draw(surface: Surface, { x, y, width, height }: Area, isFocused: boolean): void {
    if (this.#width !== width) {
      this.#rows = this.#wraps ? this.#lines.flatMap((line) => wrapped(line, width)) : this.#lines;
      this.#width = width;
    }
    this.#height = height;
    if (this.follows) this.at = this.#rows.length - 1;
    this.#move(0);
    const wanted = this.#found.toLowerCase();
    for (let i = 0; i < height; i++) {
      const row = this.#rows[this.top + i];
      if (!row) break;
      drawLine(surface, x, y + i, width, row, this.#left);
      if (wanted !== '') highlight(surface, x, y + i, width, lineText(row).slice(this.#left), wanted);
      if (isFocused && this.top + i === this.at) surface.tint(x, y + i, width, paper.selected);
    }
  }

  /** `12%`, `all`: how far it has been read. */
  place(): string {
    if (this.#rows.length <= this.#height) return '';
    return `${Math.round(((this.top + this.#height) / this.#rows.length) * 100)}%`;
  }

  #move(step: number): void {
    const last = Math.max(0, this.#rows.length - 1);
    if (step < 0) this.follows = false;
    this.at = Math.max(0, Math.min(last, this.at + step));
    if (this.at < this.top) this.top = this.at;
    if (this.at >= this.top + this.#height) this.top = this.at - this.#height + 1;
    this.top = Math.max(0, Math.min(this.top, this.#rows.length - this.#height));
  }
}

export function drawLine(surface: Surface, x: number, y: number, width: number, line: Line, left = 0): void {
  let column = x;
  let skipped = left;
  for (const [text, style] of line.parts) {
    const shown = skipped > 0 ? text.slice(skipped) : text;
    skipped = Math.max(0, skipped - text.length);
    column = surface.put(column, y, shown, style, x + width - column);
    if (column >= x + width) break;
  }
}

/** Every place of the text. Columns are right for text of narrow characters; else the mark is a little off. */
function highlight(
  surface: Surface,
  x: number,
  y: number,
  width: number,
  text: string,
  wanted: string,
): void {
  const lower = text.toLowerCase();
  for (let at = lower.indexOf(wanted); at >= 0 && at < width; at = lower.indexOf(wanted, at + 1))
    surface.tint(x + at, y, Math.min(wanted.length, width - at), paper.match, attribute.bold);
}
