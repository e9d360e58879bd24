/** A picture: cells of text and style. Typed arrays, so that a frame makes no object per cell. */
import { columns } from '../../sinks/text/width.ts';
import { withAttributes, withPaper } from './style.ts';

/** Right half of a character that is two columns wide. */
export const wideRest = 0;
const blank = 0x20;
/** Above every code point: numbers of characters with combining marks. */
const firstCluster = 0x110000;
/** Different ones kept; then all pictures are drawn anew. */
const maxClusters = 4096;

const clusters: string[] = [];
const clusterNumbers = new Map<string, number>();
/** Changes when numbers mean something else than before. */
let generation = 0;
export const clusterGeneration = (): number => generation;

function clusterNumber(text: string): number {
  let number = clusterNumbers.get(text);
  if (number === undefined) {
    if (clusters.length >= maxClusters) {
      clusters.length = 0;
      clusterNumbers.clear();
      generation++;
    }
    number = firstCluster + clusters.length;
    clusters.push(text);
    clusterNumbers.set(text, number);
  }
  return number;
}

export const isCluster = (cell: number): boolean => cell >= firstCluster;
export const cellText = (cell: number): string =>
  cell >= firstCluster ? (clusters[cell - firstCluster] ?? ' ') : String.fromCodePoint(cell);

/** Bidirectional controls could show other words than were sent; so could what has no width, and half a pair. */
const isUnsafe = (code: number): boolean =>
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x2069) ||
  (code >= 0xd800 && code <= 0xdfff) ||
  code === 0x61c ||
  code === 0xfeff;

export class Surface {
  readonly width: number;
  readonly height: number;
  readonly text: Uint32Array;
  readonly style: Uint32Array;
  /** Where the terminal's cursor is to be seen; undefined: nowhere. */
  cursor: { x: number; y: number } | undefined;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.text = new Uint32Array(width * height).fill(blank);
    this.style = new Uint32Array(width * height);
  }

  clear(): void {
    this.text.fill(blank);
    this.style.fill(0);
    this.cursor = undefined;
  }

  /**
   * Writes text, no more than `room` columns, nothing outside of the picture. Text is without control characters.
   * @returns the column behind it
   */
  put(x: number, y: number, text: string, style: number, room = this.width): number {
    if (y < 0 || y >= this.height || x < 0) return x;
    const end = Math.min(this.width, x + room);
    const row = y * this.width;
    for (let i = 0; i < text.length && x < end; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x300) {
        // What should not be here can at least do no harm.
        this.#set(row + x++, code < 0x20 || (code >= 0x7f && code < 0xa0) ? 0xb7 : code, style);
        continue;
      }
      i = this.#rare(text, i, row, x, end, style);
      x += this.#advance;
    }
    return x;
  }

  #advance = 0;

  /** A character beyond Latin; @returns the index of its last code unit */
  #rare(text: string, i: number, row: number, x: number, end: number, style: number): number {
    let code = text.codePointAt(i)!;
    let base = String.fromCodePoint(code);
    let last = i + base.length - 1;
    if (isUnsafe(code)) {
      code = 0xb7;
      base = '\u00b7';
    }
    const width = columns(base);
    this.#advance = 0;
    if (width === 0) {
      // A mark: belongs to what is left of it.
      const at = row + x - 1;
      if (x > 0 && this.text[at]! !== wideRest)
        this.text[at] = clusterNumber(cellText(this.text[at]!) + base);
      else if (x > 1) this.text[at - 1] = clusterNumber(cellText(this.text[at - 1]!) + base);
      return last;
    }
    if (x + width > end) {
      this.#set(row + x, blank, style);
      this.#advance = 1;
      last = text.length;
      return last;
    }
    this.#set(row + x, code, style);
    if (width === 2) this.#set(row + x + 1, wideRest, style);
    this.#advance = width;
    return last;
  }

  /** A half that is left of a wide character becomes a blank. */
  #set(at: number, cell: number, style: number): void {
    if (this.text[at] === wideRest && cell !== wideRest && at > 0) this.text[at - 1] = blank;
    if (at + 1 < this.text.length && this.text[at + 1] === wideRest) this.text[at + 1] = blank;
    this.text[at] = cell;
    this.style[at] = style;
  }

  fill(x: number, y: number, width: number, height: number, style: number, cell = blank): void {
    const right = Math.min(this.width, x + width);
    for (let row = Math.max(0, y); row < Math.min(this.height, y + height); row++)
      for (let column = Math.max(0, x); column < right; column++)
        this.#set(row * this.width + column, cell, style);
  }

  /** Another background, and attributes on top, under what is there. */
  tint(x: number, y: number, width: number, background: number, attributes = 0): void {
    if (y < 0 || y >= this.height) return;
    const right = Math.min(this.width, x + width);
    for (let at = y * this.width + Math.max(0, x); at < y * this.width + right; at++)
      this.style[at] = withAttributes(withPaper(this.style[at]!, background), attributes);
  }
}
