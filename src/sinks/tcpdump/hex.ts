/** Packets as bytes: -x, -X, -A. */
import { hex2, hex4 } from './format.ts';
import { cut, type Page } from './page.ts';

const perLine = 16;

const graphic = Array.from({ length: 256 }, (_, n) => (n > 32 && n < 127 ? String.fromCharCode(n) : '.'));
/** -A keeps blanks and line feeds. */
const textual = graphic.map((shown, n) => (n === 32 || n === 9 || n === 10 ? String.fromCharCode(n) : shown));

/** The blanks that fill up a line of so many bytes: 4 digits and a blank for two bytes. */
const fill = Array.from({ length: perLine + 1 }, (_, n) =>
  ' '.repeat(40 - Math.floor(n / 2) * 5 - (n % 2) * 3),
);

const offsetText = (n: number) => (n <= 0xffff ? hex4(n) : n.toString(16));

/** `lead` before each line. Throws `cut`, after printing, when not all bytes are there. */
export function printHexAscii(p: Page, lead: string, at: number, length: number): void {
  const { buf } = p;
  const end = Math.min(at + length, p.end);
  for (let line = at; line < end; line += perLine) {
    const stop = Math.min(line + perLine, end);
    let digits = '';
    let chars = '';
    for (let i = line; i < stop; i++) {
      const byte = buf[i]!;
      if (((i - line) & 1) === 0) digits += ' ';
      digits += hex2[byte];
      chars += graphic[byte];
    }
    p.text += `${lead}0x${offsetText(line - at)}: ${digits}${fill[stop - line]}  ${chars}`;
  }
  if (at + length > p.end) throw cut;
}

/** `lead` before each line; the count of bytes begins with `offset`. Throws `cut` as above. */
export function printHexAt(p: Page, lead: string, at: number, length: number, offset: number): void {
  const { buf } = p;
  const end = Math.min(at + length, p.end);
  for (let line = at; line < end; line += perLine) {
    const stop = Math.min(line + perLine, end);
    let digits = '';
    for (let i = line; i < stop; i++) {
      if (((i - line) & 1) === 0) digits += ' ';
      digits += hex2[buf[i]!];
    }
    p.text += `${lead}0x${offsetText(line - at + offset)}: ${digits}`;
  }
  if (at + length > p.end) throw cut;
}

export function printHex(p: Page, lead: string, at: number, length: number): void {
  printHexAt(p, lead, at, length, 0);
}

/** Bytes nobody could make sense of, as far as they are there. */
export function printUnknown(p: Page, lead: string, at: number, length: number): void {
  if (p.end < at)
    p.text += `${lead}Dissector error: print_unknown_data called with pointer past end of packet`;
  else printHexAt(p, lead, at, Math.min(length, p.end - at), 0);
}

/** A payload of unknown type. */
export function printDefault(p: Page, at: number, length: number): void {
  if (!p.payloadsHidden) printHexAscii(p, '\n\t', at, length);
}

/** -A: a carriage return shows, as a dot, only within a line. */
export function printAscii(p: Page, at: number, length: number): void {
  const { buf } = p;
  const end = Math.min(at + length, p.end);
  let text = '\n';
  for (let i = at; i < end; i++) {
    const byte = buf[i]!;
    if (byte !== 13) text += textual[byte];
    else if (end - i > 2 && buf[i + 1] !== 10) text += '.';
  }
  p.text += text;
}
