/**
 * A list of any length of which only what is seen is in the document. Rows have one height. Browsers cap an
 * element's height (Chromium at 33,554,432 px), so that a long list's scroll range is mapped onto its rows.
 */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Well under the cap of every browser (Firefox: 17.8 million px). */
const maxHeight = 12_000_000;
const overscan = 6;

export interface VirtualListProps {
  readonly length: number;
  readonly rowHeight: number;
  readonly label: string;
  /** First row in view, when somebody other than the user says where; changes of it scroll. */
  readonly top: number;
  readonly isAtEnd: boolean;
  /** The user scrolled: the first row in view, rows in view, and whether the end is. */
  onView(top: number, rows: number, isAtEnd: boolean): void;
  render(position: number): ComponentChildren;
  readonly activeId: string | undefined;
  onKeyDown?: (event: KeyboardEvent) => void;
}

export function VirtualList(props: VirtualListProps) {
  const { length, rowHeight, top, isAtEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(600);
  /** What we scrolled to ourselves comes back as an event, and is none of the user's. */
  const own = useRef(-1);

  const full = length * rowHeight;
  const scrollable = Math.min(full, maxHeight);
  const rows = Math.max(1, Math.ceil(height / rowHeight));
  const last = Math.max(0, length - Math.floor(height / rowHeight));
  const range = Math.max(1, scrollable - height);
  const isMapped = full > maxHeight;
  const first = isAtEnd ? last : Math.min(Math.max(0, top), last);
  const offset = isAtEnd
    ? scrollable - height
    : isMapped
      ? (first / Math.max(1, last)) * range
      : first * rowHeight;

  useLayoutEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight || 600));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = box.current!;
    const wanted = Math.max(0, Math.round(offset));
    if (Math.abs(element.scrollTop - wanted) < 1) return;
    // A pixel within a row is the user's; only another row is worth a scroll.
    if (!isAtEnd && positionOf(element.scrollTop) === first) return;
    element.scrollTop = wanted;
    own.current = element.scrollTop;
  });

  useLayoutEffect(() => {
    props.onView(first, rows, isAtEnd);
  }, [first, rows, isAtEnd, length === 0]);

  function positionOf(scrollTop: number): number {
    return isMapped ? Math.round((scrollTop / range) * last) : Math.floor(scrollTop / rowHeight);
  }

  function scrolled(): void {
    const element = box.current;
    // Told late, when another page is shown already.
    if (!element) return;
    if (Math.abs(element.scrollTop - own.current) < 1) {
      own.current = -1;
      return;
    }
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 2;
    props.onView(Math.min(last, positionOf(element.scrollTop)), rows, atEnd);
  }

  const from = Math.max(0, first - overscan);
  const to = Math.min(length, first + rows + overscan + 1);
  // Rows stand where the scroll position is, whatever it was mapped from.
  const shift = isMapped ? offset - first * rowHeight : 0;
  const shown = [];
  for (let position = from; position < to; position++)
    shown.push(
      <div
        key={position % 256}
        class="slot"
        style={{ transform: `translateY(${position * rowHeight + shift}px)` }}
      >
        {props.render(position)}
      </div>,
    );
  return (
    <div
      class="virtual"
      ref={box}
      onScroll={scrolled}
      role="listbox"
      tabIndex={0}
      aria-label={props.label}
      aria-activedescendant={props.activeId}
      onKeyDown={props.onKeyDown}
    >
      <div class="virtual-inner" style={{ height: `${scrollable}px` }}>
        {shown}
      </div>
    </div>
  );
}
