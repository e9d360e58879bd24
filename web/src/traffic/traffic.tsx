/** The list with what belongs to it: heads, pill, and the entry that is open. */
import { batch, signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isOpen, order, selected } from '../address-bar.ts';
import { state, way } from '../desk/desk.ts';
import { DetailPane } from '../detail/pane.tsx';
import { figure } from '../format.ts';
import { VirtualList } from '../parts/virtual-list.tsx';
import { isNarrow } from '../parts/width.ts';
import * as listing from './listing.ts';
import { RowLine, type Span } from './row.tsx';

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

function Rows() {
  const length = listing.shownLength.value;
  const rows = listing.rows.value;
  const severalTargets = (state.value?.rates.length ?? 0) > 1;
  const span = spanOf();
  if (length === 0) return <Empty />;
  return (
    <VirtualList
      length={length}
      rowHeight={isNarrow.value ? rowHeights.narrow : rowHeights.wide}
      label="entries, newest last"
      top={listing.top.value}
      isAtEnd={listing.isFollowing.value}
      onView={listing.viewed}
      activeId={selected.value > 0 ? `entry-${selected.value}` : undefined}
      render={(position) => {
        const row = rows.get(position);
        return (
          <RowLine
            row={row}
            isSelected={row !== undefined && row.id === selected.value}
            severalTargets={severalTargets}
            span={span}
            onSelect={() => void choose(position)}
            onOpen={listing.open}
          />
        );
      }}
    />
  );
}

async function choose(position: number): Promise<void> {
  await listing.selectAt(position);
  listing.open();
}

/** What the rows that are here span in time. */
function spanOf(): Span {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const row of listing.rows.value.values()) {
    if (row.kind !== 'exchange' && row.kind !== 'conversation') continue;
    from = Math.min(from, row.at);
    to = Math.max(to, row.at + (row.durationNs ?? 0) / 1e6);
  }
  return { from, to };
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
