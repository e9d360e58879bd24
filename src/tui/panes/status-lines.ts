/** The page behind `i`: how the capture goes, and what was said while the screen was ours. */
import { formatBytes, formatDuration } from '../../sinks/text/units.ts';
import type { DeskState } from '../../view/ports.ts';
import { ink } from '../draw/style.ts';
import type { Stall } from '../terminal/output.ts';
import { blankLine, bold, dim, inked, type Line, line, plain } from './lines.ts';
import { timeOfDay } from './row-texts.ts';

export interface Said {
  readonly at: number;
  readonly text: string;
}

export interface Spent {
  readonly frames: number;
  readonly ms: number;
  readonly mostMs: number;
}

const count = (n: number) => n.toLocaleString('en');

export function statusLines(
  state: DeskState,
  said: readonly Said[],
  stalls: readonly string[],
  spent: Spent,
  capture: readonly string[],
): Line[] {
  const { held, seen, let: gone, bytes, limits, shed, losses, notes, rates } = state;
  return [
    ...(capture.length === 0 ? [] : [line(bold('Capture', ink.accent))]),
    ...capture.map((text) => ({ parts: [plain(text)], indent: 2 })),
    ...(capture.length === 0 ? [] : [blankLine]),
    line(bold('Entries', ink.accent)),
    line(plain(`${count(seen)} came, ${count(held)} are kept (${formatBytes(bytes)})`)),
    ...(gone > 0
      ? [
          line(
            inked(
              `${count(gone)} were let go of: no more than ${count(limits.entries)} or ${formatBytes(limits.bytes)} are kept`,
              ink.warn,
            ),
          ),
        ]
      : []),
    ...(shed > 0 ? [line(inked(`${count(shed)} never came here: this view was too slow`, ink.warn))] : []),
    blankLine,
    line(bold('Losses', ink.accent)),
    ...(losses.length === 0 ? [line(dim('none'))] : []),
    ...losses.map(({ kind, count: n, detail }) =>
      line(inked(`${kind}: ${count(n)}`, ink.failed), plain(`  ${detail}`)),
    ),
    blankLine,
    ...(rates.length === 0 ? [] : [line(bold('Targets', ink.accent))]),
    ...rates.map(({ target, perSecond, bytesPerSecond }) =>
      line(
        plain(
          `${target || '(file)'}  ${perSecond.toFixed(1)} entries/s, ${formatBytes(Math.round(bytesPerSecond))}/s`,
        ),
      ),
    ),
    ...(rates.length === 0 ? [] : [blankLine]),
    line(bold('Said', ink.accent)),
    ...(said.length + notes.length === 0 ? [line(dim('nothing'))] : []),
    ...notes.map((text) => ({ parts: [plain(text)], indent: 2 })),
    ...said.map(({ at, text }) => ({ parts: [dim(`${timeOfDay(at)} `), plain(text)], indent: 13 })),
    blankLine,
    line(bold('Drawing', ink.accent)),
    line(
      plain(
        `${count(spent.frames)} pictures, ${spent.frames > 0 ? formatDuration((spent.ms / spent.frames) * 1e6) : '-'} each, at most ${formatDuration(spent.mostMs * 1e6)}`,
      ),
    ),
    ...stalls.map((text) => line(inked(text, ink.warn))),
  ];
}

/** @param came entries, meanwhile */
export function stallText({ since, until, skipped }: Stall, came: number): string {
  const entries = came === 1 ? 'one entry' : `${count(came)} entries`;
  return `the terminal stood still for ${formatDuration((until - since) * 1e6)}: ${count(skipped)} pictures were not drawn, ${entries} came; capture went on`;
}
