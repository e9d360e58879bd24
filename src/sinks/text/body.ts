/** Bodies for -vv: encodings undone, laid out by their type, always cut somewhere. */
import type { Body, Platform } from '../../model/index.ts';
import type { Redactor } from '../../redact/index.ts';
import { latin1 } from '../../util/bytes.ts';
import { isProtobuf, layOutProtobuf } from '../../util/protobuf.ts';
import { isText } from '../../util/text.ts';
import { unfold } from '../../util/unfold.ts';
import { escapeBlock, escapeLine } from './escape.ts';
import { layOutJson } from './json-layout.ts';

/** Undone bytes of one body shown at most: a small answer may unfold to gigabytes. */
const unfoldLimit = 1024 * 1024;
/** Of what is no text, so much is shown in hex. */
const hexLimit = 256;

export interface BodyView {
  readonly lines: string[];
  /** What was done or left out, in words. */
  readonly notes: string[];
}

/** @param textLimit characters of text shown */
export function viewBody(
  body: Body,
  side: 'request' | 'response',
  platform: Platform,
  redactor: Redactor | undefined,
  textLimit: number,
): BodyView {
  const unfolded = unfold(body, platform, unfoldLimit);
  // Their names are the sender's.
  const notes = unfolded.undone.map(({ encoding, isWhole }) =>
    isWhole ? escapeLine(encoding) : `${escapeLine(encoding)}, only the beginning could be undone`,
  );
  if (unfolded.left.length > 0) notes.push(`${escapeLine(unfolded.left.at(-1)!)}: not undone`);
  const isWhole = unfolded.isWhole && body.bytes.length === body.totalLength;
  let { bytes } = unfolded;
  if (bytes.length === 0) return { lines: [], notes };
  // What was encoded nobody has looked into yet.
  if (redactor && body.encodings.length > 0) bytes = redactor.bytes(body.contentType, bytes);
  const decoded = isProtobuf(body.contentType)
    ? viewProtobuf(body, bytes, side, platform, textLimit, isWhole)
    : undefined;
  if (decoded !== undefined) {
    const text = redactor
      ? redactor.text(decoded[0] === '{' ? 'application/json' : 'text/plain', decoded)
      : decoded;
    return linesOf(text, textLimit, notes);
  }
  if (!isText(bytes)) {
    if (bytes.length > hexLimit) notes.push(`first ${hexLimit} of ${bytes.length} bytes`);
    return { lines: hexDump(bytes.subarray(0, hexLimit)), notes };
  }
  return linesOf(layOut(body.contentType, latin1(bytes)), textLimit, notes);
}

function linesOf(text: string, limit: number, notes: string[]): BodyView {
  if (text.length > limit) notes.push(`first ${limit} of ${text.length} characters`);
  return { lines: escapeBlock(text.slice(0, limit)).replace(/\n$/, '').split('\n'), notes };
}

/** By the schema when there is one, else as fields with numbers; undefined when it is no protobuf. */
function viewProtobuf(
  { method }: Body,
  bytes: Uint8Array,
  side: 'request' | 'response',
  { schema }: Platform,
  limit: number,
  isWhole: boolean,
): string | undefined {
  const json = method !== undefined && isWhole ? schema?.decode(method, side, bytes) : undefined;
  if (json !== undefined) return layOutJson(json) ?? json;
  return layOutProtobuf(bytes, { limit, mayBeCut: !isWhole });
}

function layOut(contentType: string, text: string): string {
  const type = contentType.toLowerCase();
  const first = /\S/.exec(text)?.[0];
  if (type.includes('json') || first === '{' || first === '[') return layOutJson(text) ?? text;
  if (type.includes('form-urlencoded')) return text.split('&').map(formField).join('\n');
  return text;
}

function formField(field: string): string {
  try {
    return decodeURIComponent(field.replace(/\+/g, ' ')).replace('=', ' = ');
  } catch {
    return field;
  }
}

export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((b) => b.toString(16).padStart(2, '0'));
    const ascii = [...row].map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('');
    const left = hex.slice(0, 8).join(' ').padEnd(23);
    const right = hex.slice(8).join(' ').padEnd(23);
    lines.push(`${at.toString(16).padStart(4, '0')}  ${left}  ${right}  ${ascii}`);
  }
  return lines;
}
