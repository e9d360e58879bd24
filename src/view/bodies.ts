/** Bodies for people: encodings undone, masked, laid out by what they are. */
import type { Body, Exchange, Platform } from '../model/index.ts';
import type { Redactor } from '../redact/index.ts';
import { escapeBlock, escapeLine } from '../sinks/text/escape.ts';
import { layOutJson } from '../sinks/text/json-layout.ts';
import { latin1 } from '../util/bytes.ts';
import { isProtobuf, layOutProtobuf } from '../util/protobuf.ts';
import { isText } from '../util/text.ts';
import { unfold } from '../util/unfold.ts';
import { layOutMarkup } from './markup.ts';
import type { BodyShown } from './ports.ts';

/** A small answer may unfold to gigabytes. */
const unfoldLimit = 4 * 1024 * 1024;
/** Of a body that is laid out. */
const textLimit = 1024 * 1024;

/** Bytes of a message's body were not kept. Its length does not tell: what is masked is shorter than it was. */
export const isCut = ({ missing }: Pick<Exchange, 'missing'>, side: 'request' | 'response'): boolean =>
  missing.some(({ kind, side: of = side }) => of === side && cuts.has(kind));

const cuts: ReadonlySet<string> = new Set(['bodyCut', 'bytesLost', 'messageCut']);

/** Encodings undone. @param wasCut when it is known */
export function plainOf(
  body: Body,
  platform: Platform,
  wasCut = body.bytes.length !== body.totalLength,
): { readonly bytes: Uint8Array; readonly isWhole: boolean; readonly left: readonly string[] } {
  const { bytes, isWhole, left } = unfold(body, platform, unfoldLimit);
  return { bytes, isWhole: isWhole && !wasCut, left };
}

/** @param body cleaned by the redactor where it was not encoded */
export function showBody(
  body: Body,
  side: 'request' | 'response',
  platform: Platform,
  redactor: Redactor | undefined,
  wasCut?: boolean,
): BodyShown {
  const { bytes: plain, isWhole, left } = plainOf(body, platform, wasCut);
  const encodings = left.map(escapeLine);
  // What was encoded nobody has looked into yet.
  const bytes = redactor && body.encodings.length > 0 ? redactor.bytes(body.contentType, plain) : plain;
  const about = {
    contentType: escapeLine(body.contentType),
    ...{ bytes, isWhole, encodings },
    totalLength: body.totalLength,
  };
  if (encodings.length > 0) return { ...about, viewer: 'hex', text: '' };
  return { ...about, ...layOut(body, bytes, side, isWhole, platform, redactor) };
}

function layOut(
  { contentType, method }: Body,
  bytes: Uint8Array,
  side: 'request' | 'response',
  isWhole: boolean,
  platform: Platform,
  redactor: Redactor | undefined,
): Pick<BodyShown, 'viewer' | 'text'> {
  const type = contentType.toLowerCase();
  if (isProtobuf(type)) {
    const json = method !== undefined && isWhole ? platform.schema?.decode(method, side, bytes) : undefined;
    if (json !== undefined) {
      const clean = redactor ? redactor.text('application/json', json) : json;
      return { viewer: 'json', text: escapeBlock(layOutJson(clean) ?? clean) };
    }
    const fields = layOutProtobuf(bytes, { limit: textLimit, mayBeCut: !isWhole });
    if (fields !== undefined) return { viewer: 'protobuf', text: escapeBlock(fields) };
  }
  if (type.startsWith('image/') && !type.includes('svg')) return { viewer: 'image', text: '' };
  if (!isText(bytes)) return { viewer: 'hex', text: '' };
  const text = latin1(bytes).slice(0, textLimit);
  const first = /\S/.exec(text)?.[0];
  if (type.includes('json') || first === '{' || first === '[') {
    const json = layOutJson(text);
    if (json !== undefined) return { viewer: 'json', text: escapeBlock(json) };
  }
  if (type.includes('form-urlencoded'))
    return { viewer: 'form', text: escapeBlock(text.split('&').map(formField).join('\n')) };
  if (type.includes('html')) return { viewer: 'html', text: escapeBlock(layOutMarkup(text, true)) };
  if (type.includes('xml')) return { viewer: 'xml', text: escapeBlock(layOutMarkup(text, false)) };
  return { viewer: 'text', text: escapeBlock(text) };
}

/** A byte a character, as the text around it; what is no escape stays. */
function formField(field: string): string {
  return field
    .replace(/\+/g, ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/[\r\n]+/g, ' ')
    .replace('=', ' = ');
}
