/** A box in the middle of the screen. */
import { cutEnd } from '../../sinks/text/width.ts';
import { attribute, ink, paper, styled } from '../draw/style.ts';
import type { Surface } from '../draw/surface.ts';
import type { Area } from '../panes/scroll-pane.ts';

/** @returns the room inside, with a column left free on each side */
export function drawBox(surface: Surface, title: string, width: number, height: number): Area {
  const x = Math.max(0, (surface.width - width - 2) >> 1);
  const y = Math.max(0, (surface.height - height - 2) >> 1);
  const frame = styled(ink.accent, paper.dialog);
  surface.fill(x, y, width + 2, height + 2, styled(ink.plain, paper.dialog));
  const side = '─'.repeat(width);
  surface.put(x, y, `┌${side}┐`, frame);
  for (let row = 1; row <= height; row++) {
    surface.put(x, y + row, '│', frame);
    surface.put(x + width + 1, y + row, '│', frame);
  }
  surface.put(x, y + height + 1, `└${side}┘`, frame);
  surface.put(x + 2, y, ` ${cutEnd(title, width - 4)} `, styled(ink.accent, paper.dialog, attribute.bold));
  return { x: x + 2, y: y + 1, width: width - 2, height };
}
