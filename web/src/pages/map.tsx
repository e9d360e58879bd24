/** Who talks to whom: how much, how fast, what fails. A box or a line filters. */
import { batch, useSignal, useSignalEffect } from '@preact/signals';
import type { TrafficMap } from '../../../src/view/ports.ts';
import { filterBy, page, query } from '../address-bar.ts';
import { desk, state } from '../desk/desk.ts';
import { bytes, duration, figure, rate } from '../format.ts';
import { type Box, boxHeight, layout } from './layout.ts';

/** More is no picture any more; what is left out is told. */
const edges = 60;
const againMs = 1000;
const maxLetters = 28;
/** How far a way back goes down. */
const bow = 60;
/** Few boxes are not blown up. */
const maxZoom = 1.4;
/** Of the 12.5 px letters, about. */
const letterWidth = 7.2;

const short = (name: string) => (name.length > maxLetters ? `${name.slice(0, maxLetters - 1)}…` : name);
const widthOf = (name: string) => short(name).length * letterWidth + 26;

export function MapPage() {
  const found = useSignal<TrafficMap | undefined>(undefined);
  const askedAt = useSignal(Number.NEGATIVE_INFINITY);
  const askedFor = useSignal('\0');
  useSignalEffect(() => {
    void state.value;
    const text = query.value;
    const from = desk.value;
    if (!from || (askedFor.peek() === text && performance.now() - askedAt.peek() < againMs)) return;
    askedAt.value = performance.now();
    askedFor.value = text;
    void from.map(text, edges).then((answer) => {
      if (query.peek() === text) found.value = answer;
    });
  });
  const now = found.value;
  if (!now) return <p class="empty">…</p>;
  if (now.nodes.length === 0) return <p class="empty">Nobody talked yet.</p>;
  return (
    <div class="map-page">
      <Picture map={now} />
      <p class="note">
        {figure(now.nodes.length)} {now.nodes.length === 1 ? 'end' : 'ends'}, {figure(now.edges.length)}{' '}
        {now.edges.length === 1 ? 'way' : 'ways'} between them
        {now.more > 0 && `; ${figure(now.more)} lighter ones are left out: a filter makes room`}
      </p>
    </div>
  );
}

function Picture({ map }: { readonly map: TrafficMap }) {
  const names = map.nodes.map(({ name }) => name);
  const { boxes, width, height } = layout(names, map.edges, widthOf);
  const most = Math.max(1, ...map.edges.map(({ group }) => group.bytes));
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      style={{ maxWidth: `${width * maxZoom}px`, maxHeight: `${height * maxZoom}px` }}
      preserveAspectRatio="xMidYMid meet"
      role="group"
      aria-label="who talks to whom"
    >
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0.5 L8 4 L0 7.5 z" fill="context-stroke" />
        </marker>
      </defs>
      {map.edges.map((edge) => (
        <Edge key={`${edge.from} ${edge.to}`} edge={edge} boxes={boxes} most={most} />
      ))}
      {map.nodes.map((node) => {
        const box = boxes.get(node.name);
        if (!box) return null;
        return (
          <Clickable
            key={node.name}
            kind={`node${node.isTarget ? ' target' : ''}`}
            label={node.name}
            condition={node.query}
          >
            <rect x={box.x} y={box.y} width={box.width} height={boxHeight} rx="7" />
            <text x={box.x + box.width / 2} y={box.y + boxHeight / 2 + 4} text-anchor="middle">
              {short(node.name)}
            </text>
          </Clickable>
        );
      })}
    </svg>
  );
}

interface EdgeProps {
  readonly edge: TrafficMap['edges'][number];
  readonly boxes: ReadonlyMap<string, Box>;
  /** Bytes of the heaviest edge. */
  readonly most: number;
}

function Edge({ edge, boxes, most }: EdgeProps) {
  const from = boxes.get(edge.from);
  const to = boxes.get(edge.to);
  if (!from || !to) return null;
  const { group } = edge;
  const { path, x, y } = wayBetween(from, to);
  const says = [
    edge.protocols.slice(0, 2).join(', '),
    edge.perSecond > 0 ? rate(edge.perSecond) : figure(group.count),
    ...(group.errors > 0 ? [`${figure(group.errors)} failed`] : []),
    ...(group.p50Ns > 0 ? [duration(group.p50Ns)] : []),
  ].join(' · ');
  const full = `${edge.from} to ${edge.to}: ${edge.protocols.join(', ')}; ${figure(group.count)} entries, ${figure(group.errors)} failed, ${bytes(group.bytes)}, p50 ${duration(group.p50Ns)}, p99 ${duration(group.p99Ns)}`;
  const look = `edge${group.errors > 0 ? ' failing' : ''}${edge.perSecond > 0 ? ' busy' : ''}`;
  return (
    <Clickable kind={look} label={full} condition={group.query}>
      <path class="hit" d={path} />
      <path
        d={path}
        stroke-width={1 + 4 * (Math.log1p(group.bytes) / Math.log1p(most))}
        marker-end="url(#tip)"
      />
      <text x={x} y={y}>
        {says}
      </text>
    </Clickable>
  );
}

/** To the right as a wave, back in a bow below, to itself as a loop; and where its words stand. */
function wayBetween(from: Box, to: Box): { path: string; x: number; y: number } {
  if (from === to) {
    const x = from.x + from.width;
    const y = from.y + boxHeight / 2;
    return {
      path: `M${x} ${y - 8} C${x + 60} ${y - 30} ${x + 60} ${y + 30} ${x} ${y + 8}`,
      x: x + 20,
      y: y + 38,
    };
  }
  if (to.x > from.x) {
    const a = { x: from.x + from.width, y: from.y + boxHeight / 2 };
    const b = { x: to.x, y: to.y + boxHeight / 2 };
    const bend = Math.max(40, (b.x - a.x) / 2);
    const path = `M${a.x} ${a.y} C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`;
    return { path, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - 6 };
  }
  const a = { x: from.x + from.width / 2, y: from.y + boxHeight };
  const b = { x: to.x + to.width / 2, y: to.y + boxHeight };
  const path = `M${a.x} ${a.y} C${a.x} ${a.y + bow} ${b.x} ${b.y + bow} ${b.x} ${b.y}`;
  return { path, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + bow * 0.7 };
}

interface ClickableProps {
  readonly kind: string;
  readonly label: string;
  readonly condition: string;
  readonly children: preact.ComponentChildren;
}

function Clickable({ kind, label, condition, children }: ClickableProps) {
  const act = () => {
    if (condition === '') return;
    batch(() => {
      filterBy(condition);
      page.value = 'traffic';
    });
  };
  return (
    <g
      class={kind}
      role="button"
      tabIndex={0}
      aria-label={label}
      onClick={act}
      onKeyDown={(event) => {
        if (event.key === 'Enter') act();
      }}
    >
      <title>{label}</title>
      {children}
    </g>
  );
}
