/** The list with what belongs to it: heads, pill, and the entry that is open. */
import { batch, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { Row } from '../../../src/view/ports.ts';
import { isOpen, order, selected } from '../address-bar.ts';
import { state, way } from '../desk/desk.ts';
import { DetailPane } from '../detail/pane.tsx';
import { figure } from '../format.ts';
import { VirtualList } from '../parts/virtual-list.tsx';
import { isNarrow } from '../parts/width.ts';
import * as listing from './listing.ts';
import { RowLine } from './row.tsx';

const heads = [
  ['time', 'Time'],
  ['client', 'Who → whom'],
  ['protocol', 'Protocol'],
  ['operation', 'Method'],
  ['subject', 'What'],
  ['result', 'Result'],
  ['duration', 'Duration'],
  ['size', 'Size'],
] as const;

const rowHeights = { wide: 26, narrow: 46 };

export function Traffic() {
  const split = useRef<HTMLDivElement>(null);
  return (
    <div class={`traffic${isOpen.value ? ' open' : ''}`} ref={split}>
      <section class="list" aria-label="Traffic">
        <Heads />
        <Rows />
        <Pill />
      </section>
      {isOpen.value && <Divider box={split} />}
      {isOpen.value && <DetailPane id={selected.value} />}
    </div>
  );
}

function Heads() {
  if (isNarrow.value) return null;
  const by = order.value.replace(/^-/, '');
  return (
    <div class="row heads">
      {heads.map(([column, label]) => (
        <button
          type="button"
          key={column}
          class={column === 'client' ? 'who' : column}
          title={`sort by ${label.toLowerCase()}`}
          onClick={() => listing.sortBy(column)}
        >
          {label}
          {by === column && (order.value.startsWith('-') ? ' ↓' : ' ↑')}
        </button>
      ))}
      <span class="waterfall">Waterfall</span>
    </div>
  );
}

interface Drawn {
  readonly row: Row | undefined;
  readonly isSelected: boolean;
  readonly severalTargets: boolean;
  readonly base: number;
  readonly line: VNode;
}

/** Lines kept for rows that did not change: the same line again is not looked at again. */
const maxDrawn = 500;

function Rows() {
  const length = listing.shownLength.value;
  const rows = listing.rows.value;
  const severalTargets = (state.value?.rates.length ?? 0) > 1;
  const drawn = useRef(new Map<number, Drawn>());
  const { from, to } = spanOf();
  const base = Math.floor(from / baseMs) * baseMs;
  if (length === 0) return <Empty />;
  if (drawn.current.size > maxDrawn) drawn.current.clear();
  const id = selected.value;
  return (
    <div class="rows" style={{ '--from': from - base, '--span': Math.max(1e-3, to - from) }}>
      <VirtualList
        length={length}
        rowHeight={isNarrow.value ? rowHeights.narrow : rowHeights.wide}
        label="entries, newest last"
        top={listing.top.value}
        isAtEnd={listing.isFollowing.value}
        onView={listing.viewed}
        activeId={id > 0 ? `entry-${id}` : undefined}
        render={(position) => {
          const row = rows.get(position);
          const isSelected = row !== undefined && row.id === id;
          const known = drawn.current.get(position);
          if (
            known?.row === row &&
            known?.isSelected === isSelected &&
            known.severalTargets === severalTargets &&
            known.base === base
          )
            return known.line;
          const line = (
            <RowLine
              {...{ row, isSelected, severalTargets, base, position }}
              onSelect={choose}
              onOpen={listing.open}
            />
          );
          drawn.current.set(position, { row, isSelected, severalTargets, base, line });
          return line;
        }}
      />
    </div>
  );
}

function choose(position: number): void {
  void listing.selectAt(position).then(listing.open);
}

/** Times of the waterfall are told from full minutes: the style sheet reckons in single precision. */
const baseMs = 60_000;

/** What the rows in view span, Unix milliseconds. */
function spanOf(): { from: number; to: number } {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  const first = listing.isFollowing.value
    ? listing.shownLength.value - listing.pageRows()
    : listing.top.value;
  for (let position = first; position < first + listing.pageRows(); position++) {
    const row = listing.rows.value.get(position);
    if (!row || (row.kind !== 'exchange' && row.kind !== 'conversation')) continue;
    from = Math.min(from, row.at);
    to = Math.max(to, row.at + (row.durationNs ?? 0) / 1e6);
  }
  return from < to ? { from, to } : { from: 0, to: 1 };
}

function Empty() {
  const all = state.value?.held ?? 0;
  if (way.value === 'opening') return <p class="empty">Connecting …</p>;
  return (
    <div class="empty">
      <p>{all > 0 ? `None of ${figure(all)} entries is shown by this filter.` : 'Nothing was said yet.'}</p>
      {all === 0 && (
        <p>
          The <a href="#/status">status page</a> tells what is attached and why nothing may show. A capture
          file can be dropped here.
        </p>
      )}
    </div>
  );
}

function Pill() {
  if (listing.isFollowing.value || listing.unseen.value === 0) return null;
  return (
    <button type="button" class="pill" onClick={listing.follow}>
      ↓ {figure(listing.unseen.value)} new
    </button>
  );
}

/** Of the list, percent. */
const share = signal(52);

/** Between list and entry; dragged, or moved with the arrow keys. */
function Divider({ box }: { readonly box: { readonly current: HTMLDivElement | null } }) {
  const to = (x: number) => {
    const element = box.current;
    if (!element) return;
    const { left, width } = element.getBoundingClientRect();
    const part = Math.min(0.8, Math.max(0.2, (x - left) / width));
    share.value = Math.round(part * 100);
    element.style.setProperty('--list', `${(part * 100).toFixed(1)}%`);
  };
  return (
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label="width of the list"
      aria-valuenow={share.value}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) to(event.clientX);
      }}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowLeft' ? -40 : event.key === 'ArrowRight' ? 40 : 0;
        if (step === 0) return;
        event.stopPropagation();
        to(event.currentTarget.getBoundingClientRect().left + step);
      }}
    />
  );
}

export function closeDetail(): void {
  batch(() => {
    isOpen.value = false;
  });
}
