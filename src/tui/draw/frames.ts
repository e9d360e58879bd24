/** From one picture to the next: only cells that changed are sent, between begin and end of a synchronized update. */
import { cellText, clusterGeneration, isCluster, type Surface, wideRest } from './surface.ts';
import type { Theme } from './theme.ts';

/** Mode 2026: the terminal shows what is between at once; who does not know it ignores it. */
const begin = '\x1b[?2026h';
const end = '\x1b[?2026l';
/** Unchanged cells that are sent again rather than jumped over: a jump takes about as many bytes. */
const gapSent = 5;

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

export class Frames {
  #before: Surface | undefined;
  #theme: Theme;
  #generation = clusterGeneration();
  /** As sent last; undefined: not known. */
  #cursor: string | undefined;

  constructor(theme: Theme) {
    this.#theme = theme;
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    this.forget();
  }

  /** What is on the screen is not known any more: the next picture is sent whole. */
  forget(): void {
    this.#before = undefined;
    this.#cursor = undefined;
  }

  /** What makes the screen show `now`; '' when it does. `now` is copied. */
  next(now: Surface): string {
    const before = this.#before;
    const isSame =
      before !== undefined &&
      before.width === now.width &&
      before.height === now.height &&
      this.#generation === clusterGeneration();
    this.#generation = clusterGeneration();
    // Without a picture before, the whole screen is cleared, and blank cells need not be sent.
    let body = isSame ? '' : `${this.#theme.sgr(0)}\x1b[2J`;
    for (let y = 0; y < now.height; y++) body += this.#row(now, isSame ? before : undefined, y);
    const cursor = now.cursor ? `\x1b[${now.cursor.y + 1};${now.cursor.x + 1}H\x1b[?25h` : '\x1b[?25l';
    if (isSame) {
      before.text.set(now.text);
      before.style.set(now.style);
    } else {
      const kept = Object.assign(Object.create(Object.getPrototypeOf(now)) as Surface, {
        width: now.width,
        height: now.height,
        text: now.text.slice(),
        style: now.style.slice(),
      });
      this.#before = kept;
    }
    if (body === '' && cursor === this.#cursor) return '';
    this.#cursor = cursor;
    return `${begin}${body}${cursor}${end}`;
  }

  #row(now: Surface, before: Surface | undefined, y: number): string {
    const { width, text, style } = now;
    const from = y * width;
    const to = from + width;
    const isChanged = (at: number) =>
      before
        ? text[at] !== before.text[at] || style[at] !== before.style[at]
        : text[at] !== 0x20 || style[at] !== 0;
    let at = from;
    while (at < to && !isChanged(at)) at++;
    if (at === to) return '';
    let last = to - 1;
    while (!isChanged(last)) last--;
    // Where the rest of the row is blank, one sequence says so.
    let blankFrom = to;
    while (blankFrom > at && text[blankFrom - 1] === 0x20 && style[blankFrom - 1] === 0) blankFrom--;
    const isErased = last - blankFrom > gapSent;
    const stop = isErased ? blankFrom : last + 1;
    let out = '';
    let pen = -1;
    /** The column the terminal's cursor is in; -1: not sure. */
    let column = -1;
    while (at < stop) {
      if (!isChanged(at)) {
        let next = at;
        while (next < stop && !isChanged(next)) next++;
        if (next >= stop) break;
        if (next - at > gapSent || column < 0) {
          at = next;
          column = -1;
        }
      }
      // The right half of a wide character is sent with its left half.
      if (text[at] === wideRest && column < 0 && at > from) at--;
      if (column !== at - from) out += `\x1b[${y + 1};${at - from + 1}H`;
      column = at - from;
      if (style[at] !== pen) {
        pen = style[at]!;
        out += this.#theme.sgr(pen);
      }
      const cell = text[at]!;
      if (cell < 128) {
        out += cell === wideRest ? ' ' : ascii[cell];
        column++;
        at++;
        continue;
      }
      out += cellText(cell);
      const isWide = at + 1 < to && text[at + 1] === wideRest;
      at += isWide ? 2 : 1;
      // Terminals do not agree on how wide these are: the next cell is told where it is.
      column = isWide || isCluster(cell) || isDoubtful(cell) ? -1 : column + 1;
    }
    if (isErased) {
      if (column !== blankFrom - from) out += `\x1b[${y + 1};${blankFrom - from + 1}H`;
      if (pen !== 0) out += this.#theme.sgr(0);
      out += '\x1b[K';
    }
    return out;
  }
}

/** Not Latin, Greek, Cyrillic, punctuation, arrows, box drawing or blocks. */
const isDoubtful = (code: number): boolean =>
  code >= 0x590 && !(code >= 0x2010 && code <= 0x2193) && !(code >= 0x2500 && code <= 0x25a0);
