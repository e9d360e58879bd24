/** DER (X.690): enough to walk a certificate. What is damaged reads as nothing, never throws. */
import { latin1 } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

export interface Element {
  /** The identifier octet; tags beyond 30 are not used in certificates. */
  readonly tag: number;
  readonly content: Cursor;
  /** Header and content. */
  readonly bytes: Uint8Array;
}

/** The next element; undefined at the end and where lengths lie (section 8.1.3; DER has no indefinite form). */
export function readElement(c: Cursor): Element | undefined {
  if (c.left < 2) return undefined;
  const from = c.at;
  const tag = c.u8();
  const first = c.u8();
  let length = first;
  if (first & 0x80) {
    const size = first & 0x7f;
    if (size === 0 || size > 4) return undefined;
    length = c.uint(size);
  }
  if (c.cut || length > c.left) return undefined;
  const content = c.part(length);
  return { tag, content, bytes: c.bytes.subarray(from, content.end) };
}

/** The next element when it has this tag; else nothing is read. */
export function readTagged(c: Cursor, tag: number): Element | undefined {
  if (c.left === 0 || c.bytes[c.at] !== tag) return undefined;
  return readElement(c);
}

/** Parts and digits that an object identifier shows at most: those in use have a dozen. */
const maxOidLength = 32;

/** Dotted; '' when it cannot be read. */
export function oidText(c: Cursor): string {
  if (c.left === 0 || c.left > maxOidLength) return '';
  const parts: number[] = [];
  let value = 0;
  while (c.left > 0) {
    const b = c.u8();
    value = value * 128 + (b & 0x7f);
    if (b & 0x80) continue;
    if (parts.length === 0) {
      // Section 8.19.4: the first two parts share one number.
      const first = Math.min(2, Math.floor(value / 40));
      parts.push(first, value - 40 * first);
    } else parts.push(value);
    value = 0;
  }
  return parts.join('.');
}

export function oidOf(c: Cursor): string {
  const element = readTagged(c, Tag.oid);
  return element ? oidText(element.content) : '';
}

/** Bits of an unsigned integer, without leading zeros. */
export function bitLength(c: Cursor): number {
  const b = c.take(c.left);
  let at = 0;
  while (at < b.length && b[at] === 0) at++;
  return at === b.length ? 0 : 8 * (b.length - at) - Math.clz32(b[at]!) + 24;
}

/** Characters of one string that are kept: names are limited to 64 (RFC 5280 appendix A), reality is not. */
const maxText = 256;

/** A directory string as the project's texts are: one byte a character, UTF-8 bytes left as they are. */
export function stringOf({ tag, content }: Element): string {
  const { bytes, at } = content;
  const end = Math.min(content.end, at + 4 * maxText);
  const unit = tag === 0x1e ? 2 : tag === 0x1c ? 4 : 1;
  let text: string;
  if (unit === 1) text = latin1(bytes, at, end);
  else {
    // BMPString and UniversalString: big-endian code points.
    text = '';
    const c = new Cursor(bytes, at, end);
    while (c.left >= unit) text += utf8Bytes(c.uint(unit));
  }
  return text.length > maxText ? `${text.slice(0, maxText)}...` : text;
}

function utf8Bytes(point: number): string {
  if (point < 0x80) return String.fromCharCode(point);
  const tail = (shift: number) => 0x80 | ((point >>> shift) & 0x3f);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >>> 6), tail(0));
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >>> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | ((point >>> 18) & 7), tail(12), tail(6), tail(0));
}

/**
 * Unix seconds of a UTCTime or GeneralizedTime in the only form RFC 5280 section 4.1.2.5 allows; NaN for
 * anything else.
 */
export function timeOf({ tag, content }: Element): number {
  const text = latin1(content.bytes, content.at, Math.min(content.end, content.at + 16));
  const isShort = tag === Tag.utcTime;
  const match = (isShort ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if (!match) return Number.NaN;
  const written = Number(match[1]);
  const year = isShort ? written + (written < 50 ? 2000 : 1900) : written;
  const [month, day, hour, minute, second] = match[2]!.match(/\d\d/g)!.map(Number) as [
    ...[number, number],
    ...[number, number, number],
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}
