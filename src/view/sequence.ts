/** Who said what to whom, as a picture for a ticket: Mermaid's text, and SVG. Everything that was sent is escaped. */
import { formatDuration } from '../sinks/text/units.ts';
import { columns, cutEnd } from '../sinks/text/width.ts';
import type { Row } from './ports.ts';

/** A picture of more is none. */
const stepsMax = 200;
const labelMax = 80;

interface Step {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly isAnswer: boolean;
  readonly isError: boolean;
  readonly at: number;
}

function stepsOf(rows: readonly Row[]): { steps: Step[]; more: number } {
  const all: Step[] = [];
  for (const row of rows) {
    if (row.kind !== 'exchange' && row.kind !== 'conversation') continue;
    const { client: from, server: to, at, outcome } = row;
    const isError = outcome !== 'ok' && outcome !== 'info' && outcome !== 'open';
    all.push({
      from,
      to,
      at,
      isAnswer: false,
      isError: false,
      text: label(`${row.operation} ${row.subject}`),
    });
    if (row.result === '') continue;
    const took = row.durationNs === undefined ? '' : ` (${formatDuration(row.durationNs)})`;
    const end = at + (row.durationNs ?? 0) / 1e6;
    all.push({ from: to, to: from, at: end, isAnswer: true, isError, text: label(row.result) + took });
  }
  all.sort((a, b) => a.at - b.at);
  return { steps: all.slice(0, stepsMax), more: Math.max(0, all.length - stepsMax) };
}

const label = (text: string) => cutEnd(text.trim(), labelMax);

/** https://mermaid.js.org/syntax/sequenceDiagram.html; entities are `#NN;` there. */
const mermaidText = (text: string) =>
  text.replace(/[#;<>{}"&\\]/g, (c) => `#${c.codePointAt(0)};`).replace(/\n/g, ' ');

export function mermaidOf(rows: readonly Row[]): string {
  const { steps, more } = stepsOf(rows);
  const names = namesOf(steps);
  const id = (name: string) => `p${names.indexOf(name)}`;
  return [
    'sequenceDiagram',
    ...names.map((name) => `  participant ${id(name)} as ${mermaidText(name)}`),
    ...steps.map(({ from, to, text, isAnswer, isError }) => {
      const arrow = isError ? '--x' : isAnswer ? '-->>' : '->>';
      return `  ${id(from)}${arrow}${id(to)}: ${mermaidText(text) || ' '}`;
    }),
    ...(more > 0 && names.length > 0 ? [`  Note over ${id(names[0]!)}: ${more} more`] : []),
    '',
  ].join('\n');
}

const namesOf = (steps: readonly Step[]) => [...new Set(steps.flatMap(({ from, to }) => [from, to]))];

const xml = (text: string) =>
  text.replace(/[&<>"'\x00-\x1f\x7f]/g, (c) => (c < ' ' || c === '\x7f' ? '?' : `&#${c.codePointAt(0)};`));

const size = { lane: 220, step: 34, top: 60, side: 110 };

export function svgOf(rows: readonly Row[]): string {
  const { steps, more } = stepsOf(rows);
  const names = namesOf(steps);
  const x = (name: string) => size.side + names.indexOf(name) * size.lane;
  const width = 2 * size.side + Math.max(0, names.length - 1) * size.lane;
  const height = size.top + (steps.length + 1) * size.step + (more > 0 ? size.step : 0);
  const lanes = names.map((name) => {
    const half = Math.min(100, 10 + columns(name) * 4);
    return `<line class="lane" x1="${x(name)}" y1="34" x2="${x(name)}" y2="${height - 8}"/>
<rect class="head" x="${x(name) - half}" y="8" width="${2 * half}" height="26" rx="4"/>
<text class="name" x="${x(name)}" y="25">${xml(cutEnd(name, 26))}</text>`;
  });
  const lines = steps.map(({ from, to, text, isAnswer, isError }, i) => {
    const y = size.top + i * size.step + size.step / 2;
    const [a, b] = [x(from), x(to)];
    const kind = `${isAnswer ? 'answer' : 'ask'}${isError ? ' error' : ''}`;
    // To oneself: a loop.
    const path = a === b ? `M${a} ${y} h30 v10 h-24` : `M${a} ${y} H${b > a ? b - 6 : b + 6}`;
    return `<path class="${kind}" d="${path}" marker-end="url(#${isError ? 'bad' : 'end'})"/>
<text class="say" x="${a === b ? a + 36 : (a + b) / 2}" y="${y - 5}">${xml(text)}</text>`;
  });
  const rest = more > 0 ? [`<text class="say" x="${width / 2}" y="${height - 14}">${more} more</text>`] : [];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<style>.lane{stroke:#888;stroke-dasharray:3 3}.head{fill:#e8eef7;stroke:#4a6fa5}.name{text-anchor:middle}.say{text-anchor:middle;fill:#222}.ask,.answer{fill:none;stroke:#333}.answer{stroke-dasharray:5 3}.error{stroke:#b3261e}</style>
<defs><marker id="end" markerWidth="7" markerHeight="7" refX="5" refY="3" orient="auto"><path d="M0 0L6 3L0 6z" fill="#333"/></marker><marker id="bad" markerWidth="7" markerHeight="7" refX="5" refY="3" orient="auto"><path d="M0 0L6 3L0 6z" fill="#b3261e"/></marker></defs>
<rect width="100%" height="100%" fill="#fff"/>
${[...lanes, ...lines, ...rest].join('\n')}
</svg>
`;
}
