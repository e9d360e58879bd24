/** A line to fill in. */
import { columns } from '../../sinks/text/width.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import { LineEditor } from '../line-editor.ts';
import type { Input } from '../terminal/keys.ts';
import { drawBox } from './box.ts';
import type { Overlay } from './overlay.ts';

export interface PromptOptions {
  readonly title: string;
  readonly text?: string;
  readonly history?: string[];
  /** Below the line. */
  readonly note?: string;
  /** What Tab makes of what was typed. */
  readonly complete?: (text: string) => string;
  readonly done: (text: string) => void;
}

export class Prompt implements Overlay {
  readonly #options: PromptOptions;
  readonly #line: LineEditor;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#line = new LineEditor(options.text ?? '', options.history ?? []);
  }

  input(input: Input): 'stay' | 'close' {
    const key = input.kind === 'key' ? input.key : '';
    if (key === 'escape' || key === 'ctrl-c') return 'close';
    if (key === 'enter') {
      this.#line.keep();
      this.#options.done(this.#line.text);
      return 'close';
    }
    if (key === 'tab' && this.#options.complete) this.#line.set(this.#options.complete(this.#line.text));
    else this.#line.take(input);
    return 'stay';
  }

  draw(surface: Surface): void {
    const { title, note = '' } = this.#options;
    const width = Math.min(surface.width - 4, Math.max(50, columns(note) + 4, columns(this.#line.text) + 6));
    const box = drawBox(surface, title, width, note === '' ? 1 : 2);
    drawEditor(surface, this.#line, box.x, box.y, box.width, styled(ink.plain, paper.dialog, attribute.bold));
    if (note !== '') surface.put(box.x, box.y + 1, note, styled(ink.dim, paper.dialog), box.width);
  }
}

/** The line, scrolled so that the cursor is seen; the terminal's cursor is put there. */
export function drawEditor(
  surface: Surface,
  line: LineEditor,
  x: number,
  y: number,
  width: number,
  style: number,
): void {
  let from = 0;
  while (columns(line.text.slice(from, line.cursor)) > width - 1)
    from += [...line.text.slice(from)][0]!.length;
  surface.put(x, y, line.text.slice(from), style, width);
  surface.cursor = { x: x + columns(line.text.slice(from, line.cursor)), y };
}

/** Yes or no. */
export class Question implements Overlay {
  readonly #text: string;
  readonly #yes: () => void;

  constructor(text: string, yes: () => void) {
    this.#text = text;
    this.#yes = yes;
  }

  input(input: Input): 'stay' | 'close' {
    if (input.kind !== 'key') return 'stay';
    if (input.key === 'y' || input.key === 'enter') this.#yes();
    else if (!['n', 'q', 'escape', 'ctrl-c'].includes(input.key)) return 'stay';
    return 'close';
  }

  draw(surface: Surface): void {
    const width = Math.min(surface.width - 4, columns(this.#text) + 4);
    const box = drawBox(surface, 'Sure?', width, 2);
    surface.put(box.x, box.y, this.#text, styled(ink.plain, paper.dialog), box.width);
    surface.put(box.x, box.y + 1, 'y or Enter: yes, n or Esc: no', styled(ink.dim, paper.dialog), box.width);
  }
}
