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
  readonly id: number;
  readonly isResponse: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly rcode: number;
  readonly questions: Question[];
  readonly records: DnsRecord[];
  /** Fewer records could be read than the header counts. */
  readonly cut: boolean;
  /** -1 without EDNS. */
  readonly ednsSize: number;
}

export const headerLength = 12;
/** A UDP message holds at most some hundred records, a zone transfer's part some thousand. */
const maxRecords = 4096;
/** RFC 1035 section 3.1 */
const maxName = 255;

export interface NameResult {
  readonly name: string;
  /** Offset behind the name where it began (behind the pointer, if it was one). */
  readonly next: number;
}

/** Reads a name; undefined when it is cut or malformed. Pointers lead backwards only (section 4.1.4). */
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

/** Dots and what cannot be printed as in RFC 1035 section 5.1; mDNS labels are UTF-8 and stay bytes here. */
function labelText(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const c = b[i]!;
    if (c === 0x2e || c === 0x5c) text += `\\${String.fromCharCode(c)}`;
    else if (c > 32 && c < 127) text += String.fromCharCode(c);
    else text += `\\${String(c).padStart(3, '0')}`;
  }
  return text;
}

/** undefined: this is no DNS message. */
export function parseMessage(b: Uint8Array): DnsMessage | undefined {
  const end = b.length;
  if (end < headerLength) return undefined;
  const flags = u16(b, 2);
  const counts = [u16(b, 4), u16(b, 6), u16(b, 8), u16(b, 10)] as const;
  const questions: Question[] = [];
  const records: DnsRecord[] = [];
  let at = headerLength;
  let cut = false;
  for (let i = 0; i < counts[0] && !cut; i++) {
    const name = readName(b, at, end);
    if (!name || name.next + 4 > end) {
      cut = true;
      break;
    }
    questions.push({ name: name.name, type: u16(b, name.next), class: u16(b, name.next + 2) });
    at = name.next + 4;
  }
  let ednsSize = -1;
  let extended = 0;
  for (let section = 1; section <= 3 && !cut; section++)
    for (let i = 0; i < counts[section]!; i++) {
      const name = records.length < maxRecords ? readName(b, at, end) : undefined;
      const dataAt = name ? name.next + 10 : end + 1;
      if (!name || dataAt > end || dataAt + u16(b, name.next + 8) > end) {
        cut = true;
        break;
      }
      const type = u16(b, name.next);
      const ttl = u32(b, name.next + 4);
      at = dataAt + u16(b, name.next + 8);
      if (type === 41) {
        // OPT: class is the UDP size, the TTL's first byte extends the rcode (RFC 6891 section 6.1.3).
        ednsSize = u16(b, name.next + 2);
        extended = ttl >>> 24;
      }
      records.push({
        section: section === 1 ? 'answer' : section === 2 ? 'authority' : 'additional',
        name: name.name,
        type,
        class: u16(b, name.next + 2),
        ttl,
        at: dataAt,
        end: at,
      });
    }
  return {
    id: u16(b, 0),
    isResponse: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    rcode: (extended << 4) | (flags & 15),
    questions,
    records,
    cut,
    ednsSize,
  };
}
