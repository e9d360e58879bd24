/** The first line: what is watched, how it goes, how much there is. */
import { formatBytes } from '../sinks/text/units.ts';
import { columns, cutEnd } from '../sinks/text/width.ts';
import type { DeskState, ListState } from '../view/ports.ts';
import { attribute, ink, paper, styled } from './draw/style.ts';
import type { Surface } from './draw/surface.ts';
import type { Part } from './panes/lines.ts';

export interface TitleState {
  readonly title: string;
  readonly desk: DeskState;
  readonly list: ListState;
  readonly isNarrowed: boolean;
  readonly isFrozen: boolean;
  readonly newer: number;
  readonly follows: boolean;
  readonly onlyMarked: boolean;
  /** A file that is not at its end. */
  readonly isReading: boolean;
}

const count = (n: number) => n.toLocaleString('en');

export function drawTitle(surface: Surface, state: TitleState): void {
  surface.fill(0, 0, surface.width, 1, styled(ink.plain, paper.bar));
  const right = rightParts(state);
  const wide = right.reduce((sum, [text]) => sum + columns(text), 0);
  let at = surface.width - wide - 1;
  const room = Math.max(10, at - 12);
  let x = surface.put(1, 0, 'porthole ', styled(ink.accent, paper.bar, attribute.bold));
  x = surface.put(x, 0, cutEnd(state.title, room), styled(ink.plain, paper.bar, attribute.bold), room);
  at = Math.max(at, x + 1);
  for (const [text, style] of right) at = surface.put(at, 0, text, style);
}

function rightParts(state: TitleState): Part[] {
  const { desk, list, isNarrowed, isFrozen, newer, follows, onlyMarked, isReading } = state;
  const on = (color: number, attributes = 0) => styled(color, paper.bar, attributes);
  const parts: Part[] = [];
  const add = (text: string, style: number) => {
    if (parts.length > 0) parts.push(['  ', on(ink.plain)]);
    parts.push([text, style]);
  };
  const lost = desk.losses.reduce((sum, { count }) => sum + count, 0);
  if (lost > 0) add(`${count(lost)} lost`, on(ink.failed, attribute.bold));
  if (desk.shed > 0) add(`${count(desk.shed)} skipped`, on(ink.warn));
  if (onlyMarked) add('marked', on(ink.warn, attribute.bold));
  const rate = desk.rates.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const bytes = desk.rates.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  if (desk.isLive && rate >= 0.05)
    add(
      `${rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1)}/s ${formatBytes(Math.round(bytes))}/s`,
      on(ink.dim),
    );
  const of = isNarrowed ? `${count(list.length)} of ${count(desk.held)}` : count(list.length);
  add(list.examined < desk.held ? `${of} …` : of, on(ink.plain, attribute.bold));
  if (isFrozen) add(newer > 0 ? `frozen, ${count(newer)} new` : 'frozen', on(ink.warn, attribute.bold));
  else if (isReading) add('reading', on(ink.ok));
  else if (follows && desk.isLive) add('following', on(ink.ok));
  else add(desk.isLive ? 'live' : 'over', on(desk.isLive ? ink.ok : ink.dim));
  return parts;
}
