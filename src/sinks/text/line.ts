/** The one line of an exchange, a conversation, a loss. */
import type {
  Connection,
  ConnectionView,
  ConversationSummary,
  Endpoint,
  Exchange,
  FieldSpec,
  Incompleteness,
  Loss,
} from '../../model/index.ts';
import { probeText, serviceText } from './cluster.ts';
import { escapeLine, escapeText } from './escape.ts';
import type { Style } from './style.ts';
import { formatBytes, formatDuration } from './units.ts';
import { columns, cutEnd, cutMiddle } from './width.ts';

/** What a protocol's line is made of, found once. */
export interface Roles {
  readonly title: string;
  readonly operation: readonly string[];
  readonly subject: readonly string[];
  readonly result: readonly string[];
  /** The names of all of them: what an entry's line shows of the fields. */
  readonly all: readonly string[];
}

export function rolesOf(title: string, fields: readonly FieldSpec[]): Roles {
  const named = (role: FieldSpec['role']) => fields.filter((f) => f.role === role).map((f) => f.name);
  const [operation, subject, result] = [named('operation'), named('subject'), named('result')];
  return { title: escapeText(title), operation, subject, result, all: [...operation, ...subject, ...result] };
}

/** Values of the fields, blank between them, '' when none is set. */
export function valuesOf(exchange: Exchange, names: readonly string[]): string {
  let text = '';
  for (const name of names) {
    const value = exchange.fields[name];
    if (value === undefined || value === '') continue;
    const one =
      typeof value === 'string'
        ? escapeLine(value)
        : Array.isArray(value)
          ? escapeLine(value.join(', '))
          : String(value);
    text += text === '' ? one : ` ${one}`;
  }
  return text;
}

function endpointText(end: Endpoint, withPort: boolean, names: boolean, verbose: boolean): string {
  const { address, port, name } = end;
  const isNamed = names && name !== undefined && name !== '';
  const shown = isNamed ? escapeText(name) : withPort && address.includes(':') ? `[${address}]` : address;
  const who = `${shown}${names ? serviceText(end) : ''}${processText(end, isNamed, verbose)}`;
  return withPort ? `${who}:${port}` : who;
}

/** `(nginx)` says who an address is that has no name, `(?)` with -v one whose process was missed. */
function processText({ process }: Endpoint, isNamed: boolean, verbose: boolean): string {
  if (process === undefined || isNamed) return '';
  if (process === null) return verbose ? '(?)' : '';
  const comm = escapeLine(process.comm);
  return verbose ? `(${comm} ${process.pid})` : `(${comm})`;
}

/** `caller is curl (pid 4711), web is nginx (pid 12)`: of ends that have names; '' when nothing is known. */
export function processesText({ client, server }: Connection, names: boolean): string {
  const known: string[] = [];
  for (const { name, process } of [client, server])
    if (names && name && process)
      known.push(`${escapeText(name)} is ${escapeLine(process.comm)} (pid ${process.pid})`);
  return known.join(', ');
}

/**
 * `client -> server:80`; the client's port says little and is left out unless asked for, as the processes of
 * ends that have names.
 */
export function whoText(connection: Connection, names: boolean, verbose: boolean): string {
  const { client, server } = connection;
  return `${endpointText(client, verbose, names, verbose)} -> ${endpointText(server, true, names, verbose)}`;
}

/** `seen in web as 10.0.0.2:41234 -> 192.0.2.1:80, in api as 10.0.0.1:41234 -> 10.0.0.3:80 (112 µs later)` */
export function viewsText(views: readonly ConnectionView[]): string {
  const [first] = views;
  const end = ({ address, port }: { address: string; port: number }) =>
    `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const places = views.map(({ target, client, server, openedAt }) => {
    const later = openedAt - first!.openedAt;
    const delay = later > 0 ? ` (${formatDuration(later)} later)` : '';
    return `in ${escapeText(target) || 'one place'} as ${end(client)} -> ${end(server)}${delay}`;
  });
  return `seen ${places.join(', ')}`;
}

/** Columns a subject is not cut below, whatever the terminal. */
const minSubject = 16;
/** Nor an answer. */
const minResult = 24;

export interface EntryParts {
  /** Already printed before it. */
  readonly lead: string;
  readonly leadColumns: number;
  readonly exchange: Exchange;
  readonly roles: Roles;
  readonly style: Style;
  /** Columns of the terminal; 0 = lines are never cut. */
  readonly width: number;
  readonly weirds: boolean;
}

/**
 * `GET /file.txt -> 200 OK 1.2 ms 78 B/310 B [body of the response kept to 64 KiB]`,
 * `connect -> connection refused 112 µs`
 */
export function entryText({ lead, leadColumns, exchange, roles, style, width, weirds }: EntryParts): string {
  const { request, response, outcome, error } = exchange;
  const operation = valuesOf(exchange, roles.operation) || roles.title;
  let subject = valuesOf(exchange, roles.subject);
  const said = valuesOf(exchange, roles.result);
  const reason = error ? escapeLine(error.text) : outcome === 'unanswered' && said === '' ? 'no answer' : '';
  let result = said === '' || reason === '' ? said + reason : `${said}, ${reason}`;
  // Of a connection that failed there may be neither; its reason may tell the time.
  const isBare = !request && !response;
  const lasted = exchange.endAt - exchange.startAt;
  const isTimed = isBare ? error?.text === error?.kind && lasted > 0 : response && request;
  const duration = isTimed ? ` ${formatDuration(lasted)}` : '';
  const size = (wireBytes: number | undefined) => (wireBytes === undefined ? '-' : formatBytes(wireBytes));
  const sizes = isBare ? '' : ` ${size(request?.wireBytes)}/${size(response?.wireBytes)}`;
  const odd = weirds ? weirdsText(exchange.weirds) : '';
  const probe = exchange.probe ? ` [${probeText(exchange.probe)}]` : '';
  const figures = `${duration}${sizes}${probe}`;
  // Why there is no response is said already.
  const untold = error ? exchange.missing.filter(({ kind }) => kind !== 'noResponse') : exchange.missing;
  const notes = missingText(untold) + odd;
  if (width > 0) {
    // Two blanks and the arrow between the parts.
    const rest = width - leadColumns - columns(operation) - columns(figures) - columns(notes) - 6;
    if (columns(subject) + columns(result) > rest) {
      result = cutEnd(result, Math.max(minResult, rest - columns(subject)));
      subject = cutMiddle(subject, Math.max(minSubject, rest - columns(result)));
    }
  }
  const about = subject === '' ? '' : ` ${subject}`;
  const answer = result === '' ? '' : ` -> ${style.outcome(outcome, result)}`;
  return `${lead}${style.bold(operation)}${about}${answer}${style.dim(figures)}${style.warn(notes)}\n`;
}

function weirdsText(weirds: readonly string[]): string {
  return weirds.map((weird) => ` (${escapeText(weird)})`).join('');
}

export function missingText(missing: readonly Incompleteness[]): string {
  let text = '';
  for (const { kind, side, bytes = 0 } of missing) text += ` [${incompletenessText(kind, side, bytes)}]`;
  return text;
}

function incompletenessText(
  kind: Incompleteness['kind'],
  side: Incompleteness['side'],
  bytes: number,
): string {
  const of = side ? ` of the ${side}` : '';
  switch (kind) {
    case 'joinedMidStream':
      return 'joined mid-stream';
    case 'bytesLost':
      return `${bytes} bytes${of} lost`;
    case 'bodyCut':
      return `body${of} kept to ${formatBytes(bytes)}`;
    case 'noRequest':
      return 'no request seen';
    case 'noResponse':
      return 'no response seen';
    case 'messageCut':
      return side ? `${side} cut off` : 'cut off';
  }
}

const endings: Readonly<Record<ConversationSummary['ended'], string>> = {
  fin: 'closed',
  rst: 'reset',
  refused: 'refused',
  unreachable: 'unreachable',
  idle: 'idle',
  evicted: 'forgotten: too many connections',
  captureEnd: 'still open',
};

/** @param weirds oddities too */
export function conversationText(summary: ConversationSummary, weirds = false): string {
  const packets = summary.clientPackets + summary.serverPackets;
  const parts = [
    `${packets} packet${packets === 1 ? '' : 's'}`,
    `${formatBytes(summary.clientBytes)} up, ${formatBytes(summary.serverBytes)} down`,
  ];
  if (summary.serverPackets === 0 && summary.connection.transport === 'tcp' && summary.ended !== 'refused')
    parts.push('no answer');
  if (summary.lostBytes > 0) parts.push(`${summary.lostBytes} bytes not captured`);
  parts.push(endings[summary.ended]);
  if (summary.probe) parts.push(`[${probeText(summary.probe)}]`);
  return parts.join(', ') + (weirds ? weirdsText(summary.weirds ?? []) : '');
}

export function lossText({ kind, count, iface, detail }: Loss): string {
  const on = iface?.name ? ` on ${escapeText(iface.name)}` : '';
  switch (kind) {
    case 'kernelDrop':
      return `${count} packets lost${on}: the kernel had no room in the ring (-B makes it larger)`;
    case 'freeze':
      return `the ring${on} was full ${count} times`;
    case 'snaplen':
      return `${count} packets cut by the snap length${on}`;
    case 'evicted':
      return `${count} ${escapeText(detail ?? 'connections forgotten: a memory limit was reached')}`;
    case 'shed':
      return `${count} entries not shown: the reader of this output was too slow`;
    case 'damaged':
      return escapeText(detail ?? 'the capture is damaged');
  }
}
