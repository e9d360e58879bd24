/** Where list and detail stand. */
import type { Area } from './scroll-pane.ts';

export interface Split {
  readonly isOpen: boolean;
  readonly isMaximised: boolean;
  readonly isBeside: boolean;
  /** Of the list, in tenths. */
  readonly share: number;
  readonly focus: 'list' | 'detail';
}

/** Below these, one pane alone has the room. */
const leastHeight = 24;
const leastWidth = 110;

export function panesOf(main: Area, split: Split): { list?: Area; detail?: Area } {
  const { isOpen, isMaximised, isBeside, share, focus } = split;
  if (!isOpen) return { list: main };
  const isNarrow = isBeside ? main.width < leastWidth : main.height < leastHeight;
  if (isMaximised || isNarrow) return focus === 'list' ? { list: main } : { detail: main };
  if (isBeside) {
    const width = Math.round((main.width * share) / 10);
    return {
      list: { ...main, width: width - 1 },
      detail: { ...main, x: width, width: main.width - width },
    };
  }
  const height = Math.round((main.height * share) / 10);
  return {
    list: { ...main, height },
    detail: { ...main, y: main.y + height, height: main.height - height },
  };
}
