/** What -v shows below an entry's line: declared fields, then the messages. */
import type { Exchange, FieldSpec, Message, Platform } from '../../model/index.ts';
import { viewBody } from './body.ts';
import { escapeLine } from './escape.ts';
import { valuesOf } from './line.ts';
import type { Style } from './style.ts';
import { formatDuration } from './units.ts';

export interface DetailOptions {
  readonly verbose: 1 | 2 | 3;
  readonly style: Style;
  readonly platform: Platform;
  readonly showSecrets: boolean;
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
  if (request) text += messageLines('>', request, options);
  if (response) text += messageLines('<', response, options);
  return `${text}\n`;
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
  const { style, verbose, platform, showSecrets } = options;
  const lead = `  ${style.mark(mark)} `;
  const pair = (name: string, value: string) => `${lead}${style.dim(`${name}:`)} ${escapeLine(value)}\n`;
  let text = message.startLine === '' ? '' : `${lead}${escapeLine(message.startLine)}\n`;
  for (const [name, value] of message.headers) text += pair(escapeLine(name), value);
  if (verbose >= 2 && message.body) {
    const { lines, notes } = viewBody(message.body, platform, showSecrets, bodyText[verbose]);
    text += `${lead.trimEnd()}\n`;
    for (const line of lines) text += `${lead}${line}\n`;
    if (notes.length > 0) text += `${lead}${style.dim(`(${notes.join('; ')})`)}\n`;
  }
  for (const [name, value] of message.trailers) text += pair(`${escapeLine(name)} (trailer)`, value);
  return text;
}
