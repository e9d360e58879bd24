/** Telling frames from other bytes: where there was no Upgrade to tell, and behind a hole. */
import { u16 } from '../../util/bytes.ts';
import { Inflater } from '../../util/inflate.ts';
import { Opcode, parseHeader, unmask } from './frame.ts';

/** A row of frames this long is enough to judge by. */
const maxFrames = 32;
/** Bytes of a text looked at. */
const textLimit = 512;

export interface Verdict {
  /** no: these are no frames; more: not all there yet. */
  readonly kind: 'yes' | 'no' | 'more';
  /** What speaks for it: three are enough where nothing else does. */
  readonly score: number;
}

const no: Verdict = { kind: 'no', score: 0 };

/**
 * Frames that follow one another from `at` to exactly `end`, masked as their side has to. A text that reads as
 * one when unmasked speaks for it most.
 */
export function judge(b: Uint8Array, at: number, end: number, isClient: boolean): Verdict {
  let score = 0;
  let isOpen: boolean | undefined;
  let i = at;
  for (let count = 0; i < end && count < maxFrames; count++) {
    const header = parseHeader(b, i, end);
    if (header === 'more') return { kind: 'more', score };
    if (!header || header.masked !== isClient || header.isOdd) return no;
    const { fin, opcode, length, size, rsv1 } = header;
    if (opcode < Opcode.close) {
      // The first may go on with something older.
      const continues = opcode === Opcode.continuation;
      if (isOpen !== undefined && continues !== isOpen) return no;
      if (continues && rsv1) return no;
      isOpen = !fin;
    }
    const from = i + size;
    const to = from + length;
    if (to > end) return { kind: 'more', score };
    const worth = weigh(b, from, to, opcode, rsv1, isClient ? header.maskAt : -1);
    if (worth < 0) return no;
    score += worth;
    i = to;
  }
  return { kind: 'yes', score };
}

/** -1: cannot be. */
function weigh(
  b: Uint8Array,
  from: number,
  to: number,
  opcode: number,
  isCompressed: boolean,
  maskAt: number,
): number {
  const length = Math.min(to - from, textLimit);
  const content = maskAt < 0 ? b.subarray(from, from + length) : unmask(b, from, from + length, b, maskAt, 0);
  switch (opcode) {
    case Opcode.text:
      if (isCompressed) return weighCompressed(content, length === to - from);
      if (!isText(content)) return -1;
      return length < 2 ? 0 : length < 6 ? 1 : 3;
    case Opcode.close: {
      if (length === 0) return 1;
      if (length === 1) return -1;
      const code = u16(content, 0);
      return code >= 1000 && code < 5000 ? 2 : -1;
    }
    case Opcode.ping:
    case Opcode.pong:
      return length === 0 ? 1 : 0;
    default:
      return 0;
  }
}

/** Hardly anything decompresses, to text above all; what refers to a history that is not there counts as text. */
function weighCompressed(content: Uint8Array, isWhole: boolean): number {
  const inflater = new Inflater({ endless: true });
  inflater.lose();
  inflater.budget = textLimit;
  let isWords = true;
  const result = inflater.push(content, 0, content.length, (window, from, to) => {
    isWords &&= isText(window.subarray(from, to));
  });
  if (result === 'broken' || !isWords) return -1;
  return isWhole && content.length > 3 ? 2 : 0;
}

/** UTF-8 by its form, but for what a cut at the end leaves; no control characters but blanks. */
function isText(b: Uint8Array): boolean {
  for (let i = 0; i < b.length; ) {
    const c = b[i]!;
    if (c < 0x80) {
      if (c < 32 && c !== 9 && c !== 10 && c !== 13) return false;
      i++;
      continue;
    }
    const more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
    if (more === 0 || c >= 0xf5) return false;
    for (let n = 1; n <= more && i + n < b.length; n++) if ((b[i + n]! & 0xc0) !== 0x80) return false;
    i += more + 1;
  }
  return true;
}
