/** One exchange, opened, as lines: a tab each. */
import { formatBytes, formatDuration } from '../../sinks/text/units.ts';
import { columns } from '../../sinks/text/width.ts';
import type { Detail, Fact, PacketRow, Section, Timing } from '../../view/ports.ts';
import { ink } from '../draw/style.ts';
import { hexLines } from './hex-lines.ts';
import { jsonLines } from './json-lines.ts';
import { blankLine, bold, dim, inked, type Line, line, plain, textLines } from './lines.ts';
import { timeOfDay } from './row-texts.ts';

export const tabs = ['Exchange', 'Request', 'Response', 'Hex', 'Timing', 'Packets'] as const;
export type Tab = (typeof tabs)[number];

/** Of a body: what nobody scrolls through is not laid out. */
const bodyLines = 5000;
/** Labels are as wide as the widest of them, up to this. */
const labelWidth = 28;

export interface DetailSource {
  readonly detail: Detail;
  readonly packets: { readonly rows: readonly PacketRow[]; readonly missing: string };
  /** Numbers of packets whose bytes are shown. */
  readonly opened: ReadonlySet<number>;
}

export function detailLines(tab: Tab, source: DetailSource): Line[] {
  const { detail } = source;
  switch (tab) {
    case 'Exchange':
      return [...missingLines(detail), ...messagesFirst(detail).flatMap((s) => sectionLines(s, true))];
    case 'Request':
    case 'Response':
      return sideLines(detail, tab === 'Request' ? 'request' : 'response');
    case 'Hex':
      return detail.sections.flatMap(bodyHex);
    case 'Timing':
      return timingLines(detail);
    case 'Packets':
      return packetLines(source);
  }
}

/** What was said, then what is known of it. */
function messagesFirst({ sections }: Detail): Section[] {
  return [...sections.filter((s) => s.side !== 'both'), ...sections.filter((s) => s.side === 'both')];
}

function sideLines(detail: Detail, side: 'request' | 'response'): Line[] {
  const own = detail.sections.filter((s) => s.side === side);
  const sections = own.length > 0 ? own : detail.sections.filter((s) => s.side === 'both');
  if (sections.length === 0) return [line(dim(`There is no ${side}.`)), ...missingLines(detail)];
  return sections.flatMap((s) => sectionLines(s, sections.length > 1));
}

function missingLines({ missing }: Detail): Line[] {
  if (missing.length === 0) return [];
  return [...missing.map((text) => ({ parts: [inked(`! ${text}`, ink.warn)], indent: 2 })), blankLine];
}

function sectionLines(section: Section, hasTitle: boolean): Line[] {
  const { title, startLine, facts, headers, trailers, body } = section;
  const out: Line[] = [];
  const color = section.side === 'response' ? ink.response : ink.request;
  if (hasTitle && title !== '') out.push(line(bold(title, color)));
  if (startLine !== '') out.push({ parts: [inked(startLine, color)], indent: 2 });
  out.push(...factLines(headers), ...factLines(facts));
  if (trailers.length > 0) out.push(line(dim('after the body')), ...factLines(trailers));
  if (body) {
    out.push(blankLine);
    if (body.text !== '') {
      out.push(
        ...(body.viewer === 'json'
          ? jsonLines(body.text, bodyLines)
          : textLines(body.text, ink.plain, bodyLines)),
      );
    } else if (body.bytes.length > 0) out.push(...hexLines(body.bytes, bodyLines));
    out.push(line(dim(bodyNote(body))));
  }
  out.push(blankLine);
  return out;
}

function bodyNote(body: NonNullable<Section['body']>): string {
  const kind = body.contentType === '' ? 'body' : body.contentType;
  const size = formatBytes(body.totalLength);
  const cut = body.isWhole ? '' : `, of which ${formatBytes(body.bytes.length)} were kept`;
  const encoded = body.encodings.length > 0 ? `, still ${body.encodings.join(', ')}` : '';
  return `(${kind}, ${size}${cut}${encoded})`;
}

export function factLines(facts: readonly Fact[]): Line[] {
  const width = Math.min(labelWidth, Math.max(0, ...facts.map(({ label }) => columns(label))));
  return facts.map(({ label, value, query }) => ({
    parts: [dim(`${label}${' '.repeat(Math.max(0, width - columns(label)))}  `), plain(value)],
    indent: width + 2,
    ...(query === '' ? {} : { query }),
  }));
}

function bodyHex(section: Section): Line[] {
  if (!section.body || section.body.bytes.length === 0) return [];
  const { bytes } = section.body;
  return [
    line(
      bold(section.title, section.side === 'response' ? ink.response : ink.request),
      dim(`  ${formatBytes(bytes.length)}`),
    ),
    ...hexLines(bytes, bodyLines),
    blankLine,
  ];
}

const phases: readonly (readonly [label: string, of: keyof Timing, ink: number, means: string])[] = [
  ['DNS', 'dnsNs', ink.hashed + 2, 'looked up before'],
  ['connect', 'connectNs', ink.clientError, 'SYN to the last ACK of the handshake'],
  ['TLS', 'tlsNs', ink.unanswered, 'handshake'],
  ['send', 'sendNs', ink.request, "the request's first to last byte"],
  ['wait', 'waitNs', ink.ok, "to the answer's first byte"],
  ['receive', 'receiveNs', ink.response, "the answer's first to last byte"],
];
/** Eighths of a column, U+2588 and its smaller ones. */
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const barWidth = 40;

/** One below the other, each beginning where the one before ended. */
function timingLines({ timing, connection, missing, row }: Detail): Line[] {
  const known = phases.flatMap(([label, of, color, means]) => {
    const ns = timing[of];
    return ns === undefined ? [] : [{ label, ns, color, means }];
  });
  const all = known.reduce((sum, { ns }) => sum + ns, 0);
  let done = 0;
  const out: Line[] = [
    line(dim('began     '), plain(timeOfDay(row.at))),
    line(
      dim('took      '),
      plain(timing.totalNs === undefined ? 'not over' : formatDuration(timing.totalNs)),
    ),
    blankLine,
    ...known.map(({ label, ns, color, means }) => {
      const before = all > 0 ? (done / all) * barWidth : 0;
      done += ns;
      return line(
        plain(label.padEnd(8)),
        plain(formatDuration(ns).padStart(9)),
        plain('  '),
        inked(' '.repeat(Math.floor(before)), color),
        inked(bar(all > 0 ? (ns / all) * barWidth : 0).padEnd(barWidth - Math.floor(before) + 1), color),
        dim(means),
      );
    }),
  ];
  if (known.length === 0) out.push(line(dim('The packets tell no phases of it.')));
  out.push(blankLine);
  if (connection.length > 0)
    out.push(line(bold('Connection', ink.accent)), ...factLines(connection), blankLine);
  return [...out, ...missing.map((text) => line(inked(`! ${text}`, ink.warn)))];
}

function bar(length: number): string {
  const whole = Math.floor(length);
  const rest = eighths[Math.floor((length - whole) * 8)]!;
  return whole === 0 && rest === '' ? '▏' : `${'█'.repeat(whole)}${rest}`;
}

function packetLines({ packets, opened, detail }: DetailSource): Line[] {
  const out: Line[] =
    packets.missing === '' ? [] : [line(inked(`! ${packets.missing}`, ink.warn)), blankLine];
  if (packets.rows.length === 0 && out.length === 0) return [line(dim('No packets of it are kept.'))];
  const start = detail.row.at;
  for (const { number, at, from, length, text, bytes } of packets.rows) {
    const color = from === 'client' ? ink.request : from === 'server' ? ink.response : ink.dim;
    out.push({
      parts: [
        dim(String(number).padStart(7)),
        dim(`${((at - start) / 1000).toFixed(6).padStart(12)} `),
        inked(from === 'client' ? '→ ' : from === 'server' ? '← ' : '  ', color),
        dim(`${String(length).padStart(6)}  `),
        plain(text),
      ],
      opens: number,
      indent: 30,
    });
    if (opened.has(number)) out.push(...hexLines(bytes, bodyLines), blankLine);
  }
  return out;
}
