/** What -v shows below an entry's line: declared fields, then the messages. */
import type {
  Body,
  ConversationSummary,
  Exchange,
  FieldSpec,
  Message,
  Platform,
  StreamMessage,
} from '../../model/index.ts';
import type { Redactor } from '../../redact/index.ts';
import { viewBody } from './body.ts';
import { escapeLine } from './escape.ts';
import { valuesOf } from './line.ts';
import type { Style } from './style.ts';
import { formatBytes, formatDuration } from './units.ts';

export interface DetailOptions {
  readonly verbose: 1 | 2 | 3;
  readonly style: Style;
  readonly platform: Platform;
  /** undefined: everything is shown. */
  readonly redactor: Redactor | undefined;
}

/** Characters of a body shown with -vv, and with -vvv. */
const bodyText = { 1: 0, 2: 4096, 3: 1024 * 1024 };

export function detailsText(
  exchange: Exchange,
  fields: readonly FieldSpec[],
  options: DetailOptions,
): string {
  const { request, response } = exchange;
  let text =
    options.verbose === 3 ? allFields(exchange, fields, options) : fewFields(exchange, fields, options);
  const { messages } = exchange;
  if (!messages || options.verbose < 2) {
    if (request) text += messageLines('>', request, options);
    if (response) text += messageLines('<', response, options);
    return `${text}\n`;
  }
  // What both are made of comes between their heads and their ends.
  if (request) text += headLines('>', request, options);
  if (response) text += headLines('<', response, options);
  text += streamLines(exchange, messages, options);
  if (request) text += trailerLines('>', request, options);
  if (response) text += trailerLines('<', response, options);
  return `${text}\n`;
}

/** What either side of a connection without known protocol began with. */
export function startsText(summary: ConversationSummary, options: DetailOptions): string {
  const { clientStart, serverStart, clientBytes, serverBytes } = summary;
  const text =
    startLines('>', clientStart, clientBytes, options) + startLines('<', serverStart, serverBytes, options);
  return text === '' ? '' : `${text}\n`;
}

function startLines(
  mark: '>' | '<',
  bytes: Uint8Array | undefined,
  totalLength: number,
  options: DetailOptions,
): string {
  if (!bytes) return '';
  const { redactor } = options;
  const clean = redactor ? redactor.bytes('', bytes) : bytes;
  const body = { bytes: clean, totalLength, contentType: '', encodings: [] };
  const lead = `  ${options.style.mark(mark)} `;
  const left =
    totalLength > bytes.length
      ? `${lead}${options.style.dim(`(first ${bytes.length} of ${formatBytes(totalLength)})`)}\n`
      : '';
  return bodyLines(lead, body, mark === '>' ? 'request' : 'response', { ...options, verbose: 2 }) + left;
}

/** Each message with its number of its side and when it came, then what it says. */
function streamLines(
  { startAt }: Exchange,
  messages: readonly StreamMessage[],
  options: DetailOptions,
): string {
  const { style } = options;
  const counts = { request: 0, response: 0 };
  let text = '';
  for (const { side, at, wireBytes, body } of messages) {
    const lead = `  ${style.mark(side === 'request' ? '>' : '<')} `;
    const after = at > startAt ? ` +${formatDuration(at - startAt)}` : '';
    text += `${lead}${style.dim(`#${++counts[side]}${after} ${formatBytes(wireBytes)}`)}\n${bodyLines(lead, body, side, options)}`;
  }
  return text;
}

function shownValue(exchange: Exchange, { name, type }: FieldSpec): string {
  const value = exchange.fields[name];
  return type === 'durationNs' && typeof value === 'number'
    ? formatDuration(value)
    : valuesOf(exchange, [name]);
}

/** `retries 2, error 18 Prohibited`: what the protocol finds worth a word at this level. */
function fewFields(
  exchange: Exchange,
  fields: readonly FieldSpec[],
  { verbose, style }: DetailOptions,
): string {
  const shown: string[] = [];
  for (const field of fields) {
    const { detail = 3 } = field;
    if (detail === 0 || detail > verbose) continue;
    const value = shownValue(exchange, field);
    if (value !== '') shown.push(value === 'true' ? field.label : `${field.label} ${value}`);
  }
  return shown.length === 0 ? '' : `  ${style.dim(shown.join(', '))}\n`;
}

function allFields(exchange: Exchange, fields: readonly FieldSpec[], { style }: DetailOptions): string {
  let text = '';
  for (const field of fields) {
    const value = shownValue(exchange, field);
    if (value !== '') text += `  ${style.dim(`${field.name}:`)} ${value}\n`;
  }
  return text;
}

function messageLines(mark: '>' | '<', message: Message, options: DetailOptions): string {
  const lead = `  ${options.style.mark(mark)} `;
  let text = headLines(mark, message, options);
  if (options.verbose >= 2 && message.body)
    text += `${lead.trimEnd()}\n${bodyLines(lead, message.body, mark === '>' ? 'request' : 'response', options)}`;
  return text + trailerLines(mark, message, options);
}

function headLines(mark: '>' | '<', message: Message, { style }: DetailOptions): string {
  const lead = `  ${style.mark(mark)} `;
  let text = message.startLine === '' ? '' : `${lead}${escapeLine(message.startLine)}\n`;
  for (const [name, value] of message.headers)
    text += `${lead}${style.dim(`${escapeLine(name)}:`)} ${escapeLine(value)}\n`;
  return text;
}

function trailerLines(mark: '>' | '<', message: Message, { style }: DetailOptions): string {
  const lead = `  ${style.mark(mark)} `;
  let text = '';
  for (const [name, value] of message.trailers)
    text += `${lead}${style.dim(`${escapeLine(name)} (trailer):`)} ${escapeLine(value)}\n`;
  return text;
}

function bodyLines(lead: string, body: Body, side: 'request' | 'response', options: DetailOptions): string {
  const { verbose, platform, redactor, style } = options;
  const { lines, notes } = viewBody(body, side, platform, redactor, bodyText[verbose]);
  let text = '';
  for (const line of lines) text += `${lead}${line}\n`;
  if (notes.length > 0) text += `${lead}${style.dim(`(${notes.join('; ')})`)}\n`;
  return text;
}
