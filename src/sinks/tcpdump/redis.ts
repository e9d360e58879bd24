/** RESP, the protocol of Redis: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
import type { Page } from './page.ts';

const cr = 13;
const lf = 10;

/**
 * Levels of arrays within arrays. tcpdump has none and takes what its stack gives; no command or
 * reply nests so deep.
 */
const maxDepth = 512;

/** Lengths that are no lengths. */
const Length = { null: -1, cut: -2, tooLarge: -3, negative: -4, invalid: -5 } as const;

const lengthTexts = new Map<number, string>([
  [Length.null, ' null'],
  [Length.tooLarge, ' length too large'],
  [Length.negative, ' length negative and not -1'],
  [Length.invalid, ' invalid'],
]);

export function printRedis(p: Page, at: number, length: number): void {
  p.protocol = 'resp';
  p.text += ': RESP';
  const end = at + length;
  while (at < end) {
    at = printItem(p, at, end, 0);
    if (at < 0) return p.cutMark();
  }
}

/** @returns offset behind the item; -1 when it goes on in another packet or is not valid */
function printItem(p: Page, at: number, end: number, depth: number): number {
  if (at >= end || depth > maxDepth) return -1;
  switch (String.fromCharCode(p.u8(at))) {
    case '+':
    case '-':
    case ':': {
      const stop = lineEnd(p, at + 1, end);
      return stop < 0 || !quote(p, at + 1, stop) ? -1 : stop + 2;
    }
    case '$':
      return printBulk(p, at + 1, end);
    case '*':
      return printArray(p, at + 1, end, depth);
    default:
      return printInline(p, at, end);
  }
}

/** Offset of the next CR LF, or -1. */
function lineEnd(p: Page, at: number, end: number): number {
  for (; at + 2 <= end && p.has(at, 2); at++) if (p.buf[at] === cr && p.buf[at + 1] === lf) return at;
  return -1;
}

function quote(p: Page, at: number, end: number): boolean {
  p.text += ' "';
  if (!p.string(at, end - at)) return false;
  p.text += '"';
  return true;
}

/** Where `readLength` stopped. */
let lengthEnd = 0;

function readLength(p: Page, at: number, end: number): number {
  lengthEnd = at;
  if (at >= end) return Length.cut;
  const negative = p.u8(at) === 0x2d;
  if (negative) at++;
  const first = at;
  let value = 0;
  for (; ; at++) {
    lengthEnd = at;
    if (at >= end) return Length.cut;
    const digit = p.u8(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    // Far beyond an int: more digits make no difference.
    if (value < 1e12) value = value * 10 + digit;
  }
  if (at === first || p.u8(at) !== cr) {
    lengthEnd = at + 1;
    return Length.invalid;
  }
  lengthEnd = at + 1;
  if (at + 1 >= end) return Length.cut;
  lengthEnd = at + 2;
  if (p.u8(at + 1) !== lf) return Length.invalid;
  const tooLarge = value > 0x7fffffff;
  if (negative) return tooLarge || value !== 1 ? Length.negative : Length.null;
  return tooLarge ? Length.tooLarge : value;
}

function printBulk(p: Page, at: number, end: number): number {
  const length = readLength(p, at, end);
  at = lengthEnd;
  if (length === Length.cut) return -1;
  if (length < 0) {
    p.text += lengthTexts.get(length);
    return at;
  }
  if (length === 0) p.text += ' empty';
  else {
    if (end - at < length || !p.has(at, length)) return -1;
    quote(p, at, at + length);
    at += length;
  }
  const stop = lineEnd(p, at, end);
  return stop < 0 ? -1 : stop + 2;
}

function printArray(p: Page, at: number, end: number, depth: number): number {
  const count = readLength(p, at, end);
  at = lengthEnd;
  if (count === Length.cut) return -1;
  if (count <= 0) p.text += count === 0 ? ' empty' : lengthTexts.get(count);
  for (let i = 0; i < count; i++) {
    at = printItem(p, at, end, depth + 1);
    if (at < 0) return -1;
  }
  return at;
}

const isBreak = (byte: number) => byte === cr || byte === lf;

/** Skips line ends; -1 when the bytes are over before one was seen. */
function skipBreaks(p: Page, at: number, end: number): number {
  const from = at;
  while (at < end && p.has(at, 1) && isBreak(p.buf[at]!)) at++;
  return at === from && (at >= end || !p.has(at, 1)) ? -1 : at;
}

/** A command as a person types it. */
function printInline(p: Page, at: number, end: number): number {
  const from = skipBreaks(p, at, end);
  if (from < 0) return -1;
  let stop = from;
  while (stop < end && !isBreak(p.u8(stop))) stop++;
  if (stop >= end || !quote(p, from, stop)) return -1;
  return skipBreaks(p, stop, end);
}
