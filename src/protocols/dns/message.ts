/** Grammar of a message: RFC 1035 section 4. */
import { u16, u32 } from '../../util/bytes.ts';

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** Record data within the message. */
  readonly at: number;
  readonly end: number;
}

export interface DnsMessage {
  /** As given to the parser: not a copy. */
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly authenticated: boolean;
  /** With the upper bits from EDNS. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly records: readonly DnsRecord[];
  /** Less could be read than the header counts. */
  readonly cut: boolean;
  /** The first OPT record (RFC 6891). */
  readonly opt: DnsRecord | undefined;
}

export const headerLength = 12;
export const type = {
  a: 1,
  cname: 5,
  soa: 6,
  aaaa: 28,
  dname: 39,
  opt: 41,
  rrsig: 46,
  ixfr: 251,
  axfr: 252,
} as const;

/** A UDP message holds at most some hundred records, a zone transfer's part some thousand. */
const maxRecords = 4096;
/** Nobody asks more than one; some scanners try. */
const maxQuestions = 64;
/** RFC 1035 section 3.1 */
const maxName = 255;

export interface NameResult {
  readonly name: string;
  /** Offset behind the name where it began (behind the pointer, if it was one). */
  readonly next: number;
}

/**
 * Reads a name that ends before `end`; undefined when it is cut or malformed. Pointers lead backwards only
 * (section 4.1.4): each jump goes below the last, so there is an end to them.
 */
export function readName(b: Uint8Array, at: number, end: number): NameResult | undefined {
  let text = '';
  let length = 0;
  let next = -1;
  let limit = at;
  let i = at;
  for (;;) {
    if (i >= end) return undefined;
    const size = b[i]!;
    if (size === 0) break;
    if (size >= 0xc0) {
      if (i + 1 >= end) return undefined;
      const target = ((size & 0x3f) << 8) | b[i + 1]!;
      if (next < 0) next = i + 2;
      if (target >= limit) return undefined;
      limit = target;
      i = target;
      continue;
    }
    // 0x40 and 0x80 were once assigned and are not used (RFC 6891 section 5).
    if (size > 63 || i + 1 + size > end) return undefined;
    length += size + 1;
    if (length > maxName) return undefined;
    if (text !== '') text += '.';
    text += labelText(b, i + 1, i + 1 + size);
    i += 1 + size;
  }
  if (next < 0) next = i + 1;
  return { name: text === '' ? '.' : text, next };
}

const isPlain = new Uint8Array(256);
for (let c = 33; c < 256; c++) isPlain[c] = c === 127 || '".\\();@$'.includes(String.fromCharCode(c)) ? 0 : 1;

/** As in section 5.1. Bytes above ASCII stay: they are UTF-8 in mDNS (RFC 6762 section 16). */
function labelText(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const c = b[i]!;
    if (isPlain[c]) text += String.fromCharCode(c);
    else text += c > 32 && c < 127 ? `\\${String.fromCharCode(c)}` : `\\${String(c).padStart(3, '0')}`;
  }
  return text;
}

/** undefined: too short to be a DNS message. */
export function parseMessage(b: Uint8Array): DnsMessage | undefined {
  if (b.length < headerLength) return undefined;
  const flags = u16(b, 2);
  const questions: Question[] = [];
  const records: DnsRecord[] = [];
  const at = readQuestions(b, questions);
  const cut = at < 0 || !readRecords(b, at, records);
  const opt = records.find((record) => record.type === type.opt);
  return {
    bytes: b,
    id: u16(b, 0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    authenticated: (flags & 0x0020) !== 0,
    // The OPT's TTL begins with them (RFC 6891 section 6.1.3).
    rcode: ((opt ? opt.ttl >>> 24 : 0) << 4) | (flags & 15),
    questions,
    records,
    cut,
    opt,
  };
}

/** Returns the offset behind them; -1 when they are not all there. */
function readQuestions(b: Uint8Array, questions: Question[]): number {
  const count = u16(b, 4);
  if (count > maxQuestions) return -1;
  let at = headerLength;
  for (let i = 0; i < count; i++) {
    const name = readName(b, at, b.length);
    if (!name || name.next + 4 > b.length) return -1;
    questions.push({ name: name.name, type: u16(b, name.next), class: u16(b, name.next + 2) });
    at = name.next + 4;
  }
  return at;
}

const sections = ['answer', 'authority', 'additional'] as const;

/** false when they are not all there. */
function readRecords(b: Uint8Array, at: number, records: DnsRecord[]): boolean {
  for (let s = 0; s < 3; s++)
    for (let count = u16(b, 6 + 2 * s); count > 0; count--) {
      const name = records.length < maxRecords ? readName(b, at, b.length) : undefined;
      if (!name || name.next + 10 > b.length) return false;
      const dataAt = name.next + 10;
      at = dataAt + u16(b, name.next + 8);
      if (at > b.length) return false;
      records.push({
        section: sections[s]!,
        name: name.name,
        type: u16(b, name.next),
        class: u16(b, name.next + 2),
        ttl: u32(b, name.next + 4),
        at: dataAt,
        end: at,
      });
    }
  return true;
}
