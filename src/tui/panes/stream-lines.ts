/** Both directions of a connection, one after the other as they came. */
import { escapeBlock } from '../../sinks/text/escape.ts';
import { formatBytes } from '../../sinks/text/units.ts';
import type { StreamPiece } from '../../view/ports.ts';
import { ink } from '../draw/style.ts';
import { hexLines } from './hex-lines.ts';
import { bold, dim, inked, type Line, line, textLines } from './lines.ts';
import { type TimeMode, timeText } from './row-texts.ts';

export type StreamSides = 'both' | 'client' | 'server';
export type StreamView = 'text' | 'hex';

/** Of one piece. */
const pieceLines = 5000;

export function streamLines(
  { pieces, missing }: { readonly pieces: readonly StreamPiece[]; readonly missing: string },
  sides: StreamSides,
  view: StreamView,
  time: TimeMode,
): Line[] {
  const out: Line[] = missing === '' ? [] : [line(inked(`! ${missing}`, ink.warn))];
  const offsets = { client: 0, server: 0 };
  let last = '';
  let before = pieces[0]?.at ?? 0;
  for (const { side, at, bytes, gap } of pieces) {
    const from = offsets[side] + gap;
    offsets[side] = from + bytes.length;
    if (sides !== 'both' && sides !== side) continue;
    const color = side === 'client' ? ink.request : ink.response;
    if (gap > 0) out.push(line(inked(`! ${formatBytes(gap)} were not captured`, ink.warn)));
    if (side !== last || view === 'hex')
      out.push(
        line(
          bold(side === 'client' ? '→ client' : '← server', color),
          dim(
            `  ${timeText(at, time, time === 'first' ? (pieces[0]?.at ?? at) : before)}  ${formatBytes(bytes.length)}`,
          ),
        ),
      );
    last = side;
    before = at;
    if (view === 'hex') out.push(...hexLines(bytes, pieceLines, from));
    else out.push(...textLines(textOf(bytes), color, pieceLines));
  }
  if (pieces.length === 0 && missing === '') out.push(line(dim('Nothing of it yet.')));
  return out;
}

/** A character a byte, as the escaping of texts wants it; UTF-8 becomes readable there. */
function textOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return escapeBlock(text).replace(/\n$/, '');
}
