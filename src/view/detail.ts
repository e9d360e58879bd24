/** One entry, opened: what its protocol declares, its messages, when what happened. */
import type {
  Clock,
  Connection,
  ConversationSummary,
  Exchange,
  FieldSpec,
  Incompleteness,
  Message,
  Platform,
} from '../model/index.ts';
import type { Redactor } from '../redact/index.ts';
import { escapeLine, escapeText } from '../sinks/text/escape.ts';
import { missingText, valuesOf } from '../sinks/text/line.ts';
import { formatBytes, formatDuration } from '../sinks/text/units.ts';
import { isCut, showBody } from './bodies.ts';
import { copiesOf } from './copy.ts';
import type { Detail, Fact, Row, Section, Timing } from './ports.ts';
import { endText } from './row.ts';

export interface DetailSetting {
  readonly platform: Platform;
  readonly redactor: Redactor | undefined;
  readonly clock: Clock;
  /** Whether a query can name it. */
  knows(field: string): boolean;
}

/** Messages of a stream that are shown one by one. */
const maxMessages = 200;

/** In quotes, as the query language reads it. */
export const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;

export function detailOfExchange(
  row: Row,
  given: Exchange,
  fields: readonly FieldSpec[],
  setting: DetailSetting,
): Detail {
  const exchange = setting.redactor ? setting.redactor.exchange(given) : given;
  return {
    row,
    title: [row.operation, row.subject].filter((part) => part !== '').join(' '),
    sections: sectionsOf(exchange, fields, setting),
    timing: timingOf(exchange),
    connection: connectionFacts(exchange.connection, setting.clock),
    missing: missingOf(exchange.missing),
    copies: copiesOf(exchange),
  };
}

export function detailOfConversation(row: Row, s: ConversationSummary, setting: DetailSetting): Detail {
  const starts = [
    ['request', 'Client begins', s.clientStart, s.clientBytes],
    ['response', 'Server begins', s.serverStart, s.serverBytes],
  ] as const;
  const sections = starts.flatMap(([side, title, bytes, totalLength]): Section[] => {
    if (!bytes) return [];
    const clean = setting.redactor ? setting.redactor.bytes('', bytes) : bytes;
    const body = { bytes: clean, totalLength, contentType: '', encodings: [] };
    return [{ ...bare(side, title), body: showBody(body, side, setting.platform, setting.redactor) }];
  });
  const facts: Fact[] = [
    fact('packets', `${s.clientPackets} up, ${s.serverPackets} down`),
    fact('bytes', `${formatBytes(s.clientBytes)} up, ${formatBytes(s.serverBytes)} down`),
    fact('ended', s.ended, `ended == ${s.ended}`),
    ...(s.weirds ?? []).map((weird) => fact('oddity', escapeText(weird), `weird == ${quoted(weird)}`)),
  ];
  return {
    row,
    title: `${row.operation} ${row.client} -> ${row.server}`,
    sections: [{ ...bare('both', 'Conversation'), facts }, ...sections],
    timing: { totalNs: s.endAt - s.startAt },
    connection: connectionFacts(s.connection, setting.clock),
    missing: s.lostBytes > 0 ? [`${s.lostBytes} bytes not captured`] : [],
    copies: ['json'],
  };
}

const bare = (side: Section['side'], title: string): Section => ({
  ...{ side, title, startLine: '' },
  facts: [],
  headers: [],
  trailers: [],
});

const fact = (label: string, value: string, query = ''): Fact => ({ label, value, query });

function sectionsOf(
  exchange: Exchange,
  fields: readonly FieldSpec[],
  setting: DetailSetting,
): readonly Section[] {
  const sections: Section[] = [];
  const facts = fieldFacts(exchange, fields, setting);
  if (facts.length > 0) sections.push({ ...bare('both', 'Fields'), facts });
  for (const side of ['request', 'response'] as const) {
    const message = exchange[side];
    if (message) sections.push(messageSection(message, side, setting, exchange));
  }
  const counts = { request: 0, response: 0 };
  for (const { side, at, wireBytes, body } of (exchange.messages ?? []).slice(0, maxMessages)) {
    const after = at > exchange.startAt ? `+${formatDuration(at - exchange.startAt)}, ` : '';
    const title = `${side === 'request' ? 'Request' : 'Response'} message ${++counts[side]} (${after}${formatBytes(wireBytes)})`;
    sections.push({ ...bare(side, title), body: showBody(body, side, setting.platform, setting.redactor) });
  }
  return sections;
}

function messageSection(
  { startLine, headers, trailers, body }: Message,
  side: 'request' | 'response',
  setting: DetailSetting,
  exchange: Exchange,
): Section {
  const header = ([name, value]: readonly [string, string]): Fact => {
    const query = setting.knows(`header.${name.toLowerCase()}`)
      ? `${side}.header.${name.toLowerCase()} == ${quoted(value)}`
      : '';
    return fact(escapeLine(name), escapeLine(value), isQuotable(value) ? query : '');
  };
  return {
    ...bare(side, side === 'request' ? 'Request' : 'Response'),
    startLine: escapeLine(startLine),
    headers: headers.map(header),
    trailers: trailers.map(header),
    ...(body && exchange.messages === undefined
      ? { body: showBody(body, side, setting.platform, setting.redactor, isCut(exchange, side)) }
      : {}),
  };
}

/** What was masked, or has bytes that no query can say, selects nothing. */
const isQuotable = (value: string) =>
  value.length <= 300 && /^[\x20-\x7e]*$/.test(value) && !value.includes('***');

function fieldFacts(exchange: Exchange, fields: readonly FieldSpec[], setting: DetailSetting): Fact[] {
  const facts: Fact[] = [];
  for (const { name, label, type } of fields) {
    const value = exchange.fields[name];
    if (value === undefined || value === '') continue;
    const text =
      type === 'durationNs' && typeof value === 'number' ? formatDuration(value) : valuesOf(exchange, [name]);
    facts.push(
      fact(label, text, setting.knows(name) ? queryOf(name, value, type === 'durationNs' ? 'ns' : '') : ''),
    );
  }
  for (const weird of exchange.weirds)
    facts.push(fact('oddity', escapeText(weird), `weird == ${quoted(weird)}`));
  if (exchange.error) facts.push(fact('error', escapeText(exchange.error.text), ''));
  return facts;
}

function queryOf(name: string, value: Exchange['fields'][string], unit: string): string {
  if (typeof value === 'number') return `${name} == ${value}${unit}`;
  if (typeof value === 'boolean') return `${name} == ${value}`;
  const text = Array.isArray(value) ? value[0] : (value as string);
  return text !== undefined && isQuotable(text) ? `${name} == ${quoted(text)}` : '';
}

function connectionFacts(c: Connection, clock: Clock): Fact[] {
  const opened = new Date(clock.baseSec * 1000 + c.openedAt / 1e6).toISOString();
  const end = (label: 'client' | 'server') => {
    const { address, name, process } = c[label];
    const who = process ? ` ${escapeLine(process.comm)} (pid ${process.pid})` : '';
    const text = `${endText(c[label], true)}${name ? ` (${address})` : ''}${who}`;
    return fact(label, text, `${label} == ${quoted(name ?? address)}`);
  };
  return [
    end('client'),
    end('server'),
    fact('transport', c.transport, c.transport),
    fact('connection', `${c.id}`, `connection == ${c.id}`),
    ...(c.target === '' ? [] : [fact('seen in', escapeText(c.target), `container == ${quoted(c.target)}`)]),
    fact('opened', `${opened}${c.joinedMidStream ? ' (joined mid-stream)' : ''}`),
    ...(c.secured ? [fact('secured by', `${c.secured.version} ${c.secured.cipher}`)] : []),
    ...(c.views ?? []).map(({ target, client, server }) =>
      fact(
        'also seen',
        `${escapeText(target)} as ${client.address}:${client.port} -> ${server.address}:${server.port}`,
      ),
    ),
  ];
}

/** What the packets of an exchange tell; of a protocol's own times there are fields. */
export function timingOf({ request, response, startAt, endAt }: Exchange): Timing {
  if (!request) return { totalNs: endAt - startAt };
  const send = Math.max(0, request.endAt - request.startAt);
  if (!response) return { sendNs: send, totalNs: endAt - startAt };
  return {
    sendNs: send,
    // An answer may begin before the request is over.
    waitNs: Math.max(0, response.startAt - request.endAt),
    receiveNs: Math.max(0, response.endAt - Math.max(response.startAt, request.endAt)),
    totalNs: endAt - startAt,
  };
}

const missingOf = (missing: readonly Incompleteness[]): string[] =>
  missing.map((one) => missingText([one]).trim().slice(1, -1));
