/** What the entries that are shown sum up to: over time, by what, by whom. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Group, Statistics } from '../../../src/view/ports.ts';
import { filterBy, query } from '../address-bar.ts';
import { hueOf } from '../colors.ts';
import { desk, state } from '../desk/desk.ts';
import { bytes, duration, figure } from '../format.ts';
import { HeatMap } from '../plots/heat.tsx';
import { Lines } from '../plots/lines.tsx';

const bins = 120;
/** Live: anew so often. */
const againMs = 1000;

export function StatisticsPage() {
  const found = useSignal<Statistics | undefined>(undefined);
  const askedAt = useSignal(Number.NEGATIVE_INFINITY);
  const askedFor = useSignal('\0');
  useSignalEffect(() => {
    void state.value;
    const text = query.value;
    const from = desk.value;
    const isNew = askedFor.peek() !== text;
    if (!from || (!isNew && performance.now() - askedAt.peek() < againMs)) return;
    askedAt.value = performance.now();
    askedFor.value = text;
    void from.statistics(text, bins).then((answer) => {
      if (query.peek() === text) found.value = answer;
    });
  });
  const now = found.value;
  if (!now) return <p class="empty">…</p>;
  const { total, series } = now;
  const times = series.entries.map((_, i) => series.fromMs + i * series.binMs);
  const perSecond = 1000 / Math.max(1e-9, series.binMs);
  const percentiles = [
    { label: 'p50', color: '--ok', values: series.p50 },
    { label: 'p95', color: '--client-error', values: series.p95 },
    { label: 'p99', color: '--failed', values: series.p99 },
  ];
  return (
    <div class="statistics-page">
      <div class="tiles">
        <Tile label="entries" value={figure(total.count)} />
        <Tile label="errors" value={`${figure(total.errors)}${share(total)}`} />
        <Tile label="bytes" value={bytes(total.bytes)} />
        <Tile label="half take up to (p50)" value={duration(total.p50Ns) || '–'} />
        <Tile label="99 of 100 take up to (p99)" value={duration(total.p99Ns) || '–'} />
      </div>
      <Card title="Entries per second">
        <Lines
          label="entries and errors per second over time"
          times={times}
          format={(value) => figure(value)}
          series={[
            {
              label: 'entries',
              color: '--accent',
              values: series.entries.map((n) => n * perSecond),
              isFilled: true,
            },
            { label: 'errors', color: '--failed', values: series.errors.map((n) => n * perSecond) },
          ]}
        />
      </Card>
      <Card title="Durations">
        <Lines
          label="durations over time: p50, p95, p99"
          times={times}
          format={duration}
          series={percentiles}
        />
      </Card>
      <Card title="How many took how long">
        <HeatMap heat={series.heat} edgesNs={series.edgesNs} times={times} />
      </Card>
      <Card title="Bytes per second">
        <Lines
          label="bytes per second over time"
          times={times}
          format={(value) => `${bytes(Math.round(value))}/s`}
          series={[
            {
              label: 'bytes',
              color: '--response',
              values: series.bytes.map((n) => n * perSecond),
              isFilled: true,
            },
          ]}
        />
      </Card>
      <Groups title="By protocol" groups={now.byProtocol} isColored />
      <Groups title="By what was asked" groups={now.byOperation} />
      <Groups title="By peer" groups={now.byPeer} />
      <Groups title="What failed" groups={now.byError} />
    </div>
  );
}

const share = ({ count, errors }: Group) =>
  count > 0 && errors > 0 ? ` (${((errors / count) * 100).toFixed(1)} %)` : '';

const Tile = ({ label, value }: { readonly label: string; readonly value: string }) => (
  <div class="tile">
    <b>{value}</b>
    <span>{label}</span>
  </div>
);

const Card = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section class="card">
    <h2>{title}</h2>
    {children}
  </section>
);

interface GroupsProps {
  readonly title: string;
  readonly groups: readonly Group[];
  readonly isColored?: boolean;
}

function Groups({ title, groups, isColored }: GroupsProps) {
  if (groups.length === 0) return null;
  return (
    <Card title={title}>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">{title}</span>
              </th>
              {['entries', 'errors', 'bytes', 'p50', 'p99'].map((name) => (
                <th key={name} scope="col" class="right">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.key}>
                <th scope="row">
                  <button
                    type="button"
                    class="fact"
                    title={`show only: ${group.query}`}
                    onClick={() => filterBy(group.query)}
                  >
                    {isColored && <i class="dot" style={{ '--hue': hueOf(group.key.toLowerCase()) }} />}
                    {group.key}
                  </button>
                </th>
                <td class="right">{figure(group.count)}</td>
                <td class="right">
                  {group.errors > 0 ? <span class="bad">{figure(group.errors)}</span> : '0'}
                </td>
                <td class="right">{bytes(group.bytes)}</td>
                <td class="right">{duration(group.p50Ns)}</td>
                <td class="right">{duration(group.p99Ns)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
