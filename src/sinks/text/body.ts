/** Bodies for -vv: encodings undone, laid out by their type, always cut somewhere. */
import type { Body, Platform } from '../../model/index.ts';
import { redactText } from '../../redact/index.ts';
import { latin1 } from '../../util/bytes.ts';
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
export function viewBody(body: Body, platform: Platform, secrets: boolean, textLimit: number): BodyView {
  const notes: string[] = [];
  let { bytes } = body;
  for (const encoding of [...body.encodings].reverse()) {
    const undone = platform.decompress(encoding, bytes, unfoldLimit);
    // Its name is the sender's.
    const name = escapeLine(encoding);
    if (!undone) {
      notes.push(`${name}: not undone`);
      break;
    }
    bytes = undone.bytes;
    notes.push(undone.complete ? name : `${name}, only the beginning could be undone`);
  }
  if (bytes.length === 0) return { lines: [], notes };
  if (!isText(bytes)) {
    if (bytes.length > hexLimit) notes.push(`first ${hexLimit} of ${bytes.length} bytes`);
    return { lines: hexDump(bytes.subarray(0, hexLimit)), notes };
  }
  let text = latin1(bytes);
  if (!secrets) text = redactText(body.contentType, text);
  const laidOut = layOut(body.contentType, text);
  if (laidOut.length > textLimit) notes.push(`first ${textLimit} of ${laidOut.length} characters`);
  return { lines: escapeBlock(laidOut.slice(0, textLimit)).replace(/\n$/, '').split('\n'), notes };
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

/** Text has no zero bytes and hardly any control characters. */
function isText(bytes: Uint8Array): boolean {
  const looked = Math.min(bytes.length, 1024);
  let odd = 0;
  for (let i = 0; i < looked; i++) {
    const c = bytes[i]!;
    if (c === 0) return false;
    if (c < 9 || (c > 13 && c < 32) || c === 127) odd++;
  }
  return odd * 20 <= looked;
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
