/** A few things to choose from: by letter, or by moving and Enter. */
import { columns, cutEnd } from '../../sinks/text/width.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import type { Input } from '../terminal/keys.ts';
import { drawBox } from './box.ts';
import type { Overlay } from './overlay.ts';

export interface Choice {
  /** One letter; '' for long lists. */
  readonly key: string;
  readonly text: string;
  readonly note?: string;
  readonly isOn?: boolean;
}

export class Menu implements Overlay {
  readonly #title: string;
  readonly #choices: readonly Choice[];
  readonly #choose: (index: number) => void;
  #at = 0;
  #top = 0;
  #shown = 1;
  #typed = '';

  constructor(title: string, choices: readonly Choice[], choose: (index: number) => void) {
    this.#title = title;
    this.#choices = choices;
    this.#choose = choose;
    this.#at = Math.max(
      0,
      choices.findIndex((choice) => choice.isOn),
    );
  }

  input(input: Input): 'stay' | 'close' {
    if (input.kind === 'mouse' && input.action !== 'press') return 'stay';
    if (input.kind !== 'key') return 'stay';
    const { key } = input;
    if (key === 'escape' || key === 'ctrl-c') return 'close';
    if (key === 'enter') return this.#take(this.#visible()[this.#at]);
    const letter = this.#hasLetters ? this.#choices.findIndex((choice) => choice.key === key) : -1;
    if (letter >= 0) return this.#take(letter);
    if (key === 'down' || (key === 'j' && this.#hasLetters)) this.#move(1);
    else if (key === 'up' || (key === 'k' && this.#hasLetters)) this.#move(-1);
    else if (key === 'pagedown') this.#move(this.#shown);
    else if (key === 'pageup') this.#move(-this.#shown);
    else if (this.#hasLetters) return key === 'q' ? 'close' : 'stay';
    else if (key === 'backspace') this.#type(this.#typed.slice(0, -1));
    else if ([...key].length === 1) this.#type(this.#typed + key);
    return 'stay';
  }

  draw(surface: Surface): void {
    const visible = this.#visible();
    const wide = Math.max(
      columns(this.#title) + 2,
      ...this.#choices.map(({ text, note = '' }) => columns(text) + columns(note) + 8),
    );
    const width = Math.min(surface.width - 4, Math.max(24, wide));
    this.#shown = Math.max(1, Math.min(visible.length, surface.height - 6));
    const typed = this.#hasLetters || this.#typed === '' ? '' : ` (${this.#typed})`;
    const box = drawBox(surface, `${this.#title}${typed}`, width, Math.min(this.#shown, surface.height - 4));
    if (this.#at < this.#top) this.#top = this.#at;
    if (this.#at >= this.#top + this.#shown) this.#top = this.#at - this.#shown + 1;
    for (let i = 0; i < this.#shown; i++) {
      const index = visible[this.#top + i];
      if (index === undefined) break;
      const { key, text, note = '', isOn } = this.#choices[index]!;
      const y = box.y + i;
      surface.put(
        box.x,
        y,
        key === '' ? (isOn ? '*' : ' ') : key,
        styled(ink.accent, paper.dialog, attribute.bold),
      );
      const end = surface.put(
        box.x + 2,
        y,
        cutEnd(text, width - 4),
        styled(ink.plain, paper.dialog),
        width - 3,
      );
      surface.put(end + 2, y, note, styled(ink.dim, paper.dialog), box.x + width - 1 - end - 2);
      if (this.#top + i === this.#at) surface.tint(box.x - 1, y, width, paper.selected, attribute.bold);
    }
  }

  get #hasLetters(): boolean {
    return this.#choices[0]?.key !== '';
  }

  /** Indices of those that have what was typed in them. */
  #visible(): number[] {
    const wanted = this.#typed.toLowerCase();
    return this.#choices.flatMap(({ text }, i) => (text.toLowerCase().includes(wanted) ? [i] : []));
  }

  #type(typed: string): void {
    this.#typed = typed;
    [this.#at, this.#top] = [0, 0];
  }

  #move(step: number): void {
    this.#at = Math.max(0, Math.min(this.#visible().length - 1, this.#at + step));
  }

  #take(index: number | undefined): 'close' | 'stay' {
    if (index === undefined) return 'stay';
    this.#choose(index);
    return 'close';
  }
}
