/** Bytes as offset, hexadecimal and text, sixteen a line. */

import { ink } from '../draw/style.ts';
import { dim, inked, type Line, line, plain } from './lines.ts';

const perLine = 16;
const pairs = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

export function hexLines(bytes: Uint8Array, most: number, from = 0): Line[] {
  const out: Line[] = [];
  for (let at = 0; at < bytes.length; at += perLine) {
    if (out.length === most) {
      out.push(line(dim(`... ${bytes.length - at} bytes more`)));
      break;
    }
    let hex = '';
    let text = '';
    for (let i = at; i < Math.min(at + perLine, bytes.length); i++) {
      const byte = bytes[i]!;
      hex += `${pairs[byte]}${(i - at) % 8 === 7 ? '  ' : ' '}`;
      text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    }
    out.push(
      line(
        dim((from + at).toString(16).padStart(8, '0')),
        plain(`  ${hex.padEnd(51)}`),
        inked(text, ink.string),
      ),
    );
  }
  return out;
}
