/** Frames of WebSocket: RFC 6455 section 5.2. */
import { u16, u32 } from '../../util/bytes.ts';

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Of a message, by its first frame's opcode; what continues something unseen has none. */
export const opcodeNames: Readonly<Record<number, string>> = {
  0: 'continued',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Name -> number. */
export const opcodes: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(opcodeNames).map(([code, name]) => [name, Number(code)]),
);

/** Section 7.4.1 and IANA's registry. */
const closeCodes: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no status',
  1006: 'abnormal closure',
  1007: 'invalid payload',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'extension missing',
  1011: 'internal error',
  1012: 'restart',
  1013: 'try again later',
  1014: 'bad gateway',
  1015: 'TLS handshake failed',
};

export function closeText(code: number, reason: string): string {
  const name = closeCodes[code];
  return [code, name, reason && `(${reason})`].filter(Boolean).join(' ');
}

/** Ends that are as they should be; 3000 and up mean what the application says. */
export function isFailure(code: number): boolean {
  return code > 1001 && code !== 1005 && code < 3000;
}

export const rsv1 = 0x40;
const rsv23 = 0x30;
/** Longest header: two bytes, a length of eight, a mask of four. */
export const headerLimit = 14;

export interface Header {
  fin: boolean;
  rsv1: boolean;
  opcode: number;
  masked: boolean;
  /** Where the mask is, -1 without one. */
  maskAt: number;
  length: number;
  /** Of the header itself. */
  size: number;
  /** A longer form of the length than it takes. */
  isOdd: boolean;
}

/** Reused: read before the next is parsed. */
const header: Header = {
  fin: false,
  rsv1: false,
  opcode: 0,
  masked: false,
  maskAt: -1,
  length: 0,
  size: 0,
  isOdd: false,
};

/** 'more': not all there yet; undefined: no frame begins so. */
export function parseHeader(b: Uint8Array, at: number, end: number): Header | 'more' | undefined {
  if (end - at < 1) return 'more';
  const first = b[at]!;
  const opcode = first & 15;
  if (first & rsv23 || opcodeNames[opcode] === undefined) return undefined;
  const isControl = opcode >= Opcode.close;
  // Section 5.5: control frames are short and whole; RFC 7692 section 6: and never compressed.
  if (isControl && (first & 0xc0) !== 0x80) return undefined;
  if (end - at < 2) return 'more';
  const second = b[at + 1]!;
  const short = second & 0x7f;
  if (isControl && short > 125) return undefined;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = second >= 0x80;
  const size = 2 + extended + (masked ? 4 : 0);
  if (end - at < size) return 'more';
  let length = short;
  if (extended === 2) length = u16(b, at + 2);
  else if (extended === 8) {
    const high = u32(b, at + 2);
    // Nobody sends what a double cannot count.
    if (high > 0x1fffff) return undefined;
    length = high * 2 ** 32 + u32(b, at + 6);
  }
  header.fin = first >= 0x80;
  header.rsv1 = (first & rsv1) !== 0;
  header.opcode = opcode;
  header.masked = masked;
  header.maskAt = masked ? at + size - 4 : -1;
  header.length = length;
  header.size = size;
  header.isOdd = (extended === 2 && length < 126) || (extended === 8 && length < 0x10000);
  return header;
}

/** [from, to) unmasked, a copy; `phase` bytes of the payload came before. */
export function unmask(
  b: Uint8Array,
  from: number,
  to: number,
  mask: Uint8Array,
  maskAt: number,
  phase: number,
): Uint8Array {
  const out = b.slice(from, to);
  for (let i = 0; i < out.length; i++) out[i] = out[i]! ^ mask[maskAt + ((phase + i) & 3)]!;
  return out;
}
