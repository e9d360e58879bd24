/** A small terminal for tests: takes the sequences that `Frames` sends, and has what is on the screen. */
import { columns } from '../../sinks/text/width.ts';

export interface Cell {
  text: string;
  sgr: string;
}

export class ScreenModel {
  readonly width: number;
  readonly height: number;
  readonly cells: Cell[];
  /** Columns a character takes here, where that is not what everybody thinks. */
  readonly #odd: (char: string) => number | undefined;
  #x = 0;
  #y = 0;
  #sgr = '';
  isCursorSeen = true;

  constructor(width: number, height: number, odd: (char: string) => number | undefined = () => undefined) {
    this.width = width;
    this.height = height;
    this.#odd = odd;
    this.cells = Array.from({ length: width * height }, () => ({ text: ' ', sgr: '' }));
  }

  write(sent: string): void {
    for (const [piece, numbers, end] of sent.matchAll(/\x1b\[([?0-9;]*)([A-Za-z])|[\s\S]/gu))
      if (end !== undefined) this.#sequence(numbers!, end);
      else this.#character(piece);
  }

  get cursor(): { x: number; y: number } {
    return { x: this.#x, y: this.#y };
  }

  rows(): string[] {
    return Array.from({ length: this.height }, (_, y) =>
      this.cells
        .slice(y * this.width, (y + 1) * this.width)
        .map((cell) => cell.text)
        .join('')
        .trimEnd(),
    );
  }

  styleAt(x: number, y: number): string {
    return this.cells[y * this.width + x]!.sgr;
  }

  #character(char: string): void {
    const width = this.#odd(char) ?? columns(char);
    const at = this.#y * this.width + this.#x;
    if (width === 0) {
      const left = this.cells[at - 1]!;
      (left.text === '' ? this.cells[at - 2]! : left).text += char;
      return;
    }
    if (this.#x >= this.width) throw new Error(`written beyond the edge: ${JSON.stringify(char)}`);
    this.cells[at] = { text: char, sgr: this.#sgr };
    if (width === 2) this.cells[at + 1] = { text: '', sgr: this.#sgr };
    this.#x += width;
  }

  #sequence(numbers: string, end: string): void {
    const parts = numbers.split(';').map((n) => Number(n) || 0);
    if (end === 'H') [this.#y, this.#x] = [Math.max(0, parts[0]! - 1), Math.max(0, (parts[1] ?? 1) - 1)];
    else if (end === 'm') this.#sgr = numbers === '0' ? '' : numbers.replace(/^0;/, '');
    else if (end === 'J') for (let i = 0; i < this.cells.length; i++) this.cells[i] = { text: ' ', sgr: '' };
    else if (end === 'K') {
      if (this.#sgr !== '') throw new Error('erased in a style');
      for (let x = this.#x; x < this.width; x++)
        this.cells[this.#y * this.width + x] = { text: ' ', sgr: '' };
    } else if (numbers === '?25') this.isCursorSeen = end === 'h';
    else if (numbers !== '?2026') throw new Error(`not known here: ${numbers}${end}`);
  }
}
