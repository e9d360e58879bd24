/** Record data in presentation form (RFC 1035 section 5.1 and the types' own RFCs). */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { u16, u32 } from '../../util/bytes.ts';
import type { DnsRecord } from './message.ts';
import { readName } from './message.ts';
import { typeName } from './names.ts';

type Format = (b: Uint8Array, at: number, end: number) => string | undefined;

const name: Format = (b, at) => readName(b, at, b.length)?.name;

const preferenceAndName: Format = (b, at, end) => {
  const host = end - at > 2 ? name(b, at + 2, end) : undefined;
  return host === undefined ? undefined : `${u16(b, at)} ${host}`;
};

const formats: Readonly<Record<number, Format>> = {
  1: (b, at, end) => (end - at === 4 ? formatIpv4(b, at) : undefined),
  2: name,
  5: name,
  6: (b, at, end) => {
    const primary = readName(b, at, b.length);
    const mailbox = primary && readName(b, primary.next, b.length);
    if (!mailbox || mailbox.next + 20 > end) return undefined;
    const numbers = [0, 4, 8, 12, 16].map((o) => u32(b, mailbox.next + o));
    return `${primary.name} ${mailbox.name} ${numbers.join(' ')}`;
  },
  12: name,
  15: preferenceAndName,
  16: strings,
  28: (b, at, end) => (end - at === 16 ? formatIpv6(b, at) : undefined),
  33: (b, at, end) => {
    const host = end - at > 6 ? name(b, at + 6, end) : undefined;
    return host === undefined ? undefined : `${u16(b, at)} ${u16(b, at + 2)} ${u16(b, at + 4)} ${host}`;
  },
  35: (b, at, end) => {
    if (end - at < 7) return undefined;
    const parts: string[] = [];
    let i = at + 4;
    for (let n = 0; n < 3; n++) {
      const size = b[i] ?? 0;
      if (i + 1 + size > end) return undefined;
      parts.push(quoted(b, i + 1, i + 1 + size));
      i += 1 + size;
    }
    const replacement = readName(b, i, b.length);
    return replacement && `${u16(b, at)} ${u16(b, at + 2)} ${parts.join(' ')} ${replacement.name}`;
  },
  39: name,
  43: digest,
  44: (b, at, end) => (end - at > 2 ? `${b[at]} ${b[at + 1]} ${hex(b, at + 2, end)}` : undefined),
  46: (b, at, end) => {
    if (end - at < 19) return undefined;
    const signer = readName(b, at + 18, b.length);
    if (!signer) return undefined;
    const times = `${u32(b, at + 8)} ${u32(b, at + 12)}`;
    return `${typeName(u16(b, at))} ${b[at + 2]} ${b[at + 3]} ${u32(b, at + 4)} ${times} ${u16(b, at + 16)} ${signer.name} (${end - signer.next} bytes)`;
  },
  47: (b, at, end) => {
    const next = readName(b, at, b.length);
    return next && `${next.name} ${typeBitmap(b, next.next, end)}`.trimEnd();
  },
  48: (b, at, end) =>
    end - at > 4 ? `${u16(b, at)} ${b[at + 2]} ${b[at + 3]} (${end - at - 4} bytes)` : undefined,
  50: (b, at, end) => {
    if (end - at < 6) return undefined;
    const salt = b[at + 4]!;
    const hashAt = at + 5 + salt;
    const hashLength = b[hashAt] ?? 0;
    if (hashAt + 1 + hashLength > end) return undefined;
    const saltText = salt === 0 ? '-' : hex(b, at + 5, hashAt);
    return `${b[at]} ${b[at + 1]} ${u16(b, at + 2)} ${saltText} ${hex(b, hashAt + 1, hashAt + 1 + hashLength)} ${typeBitmap(b, hashAt + 1 + hashLength, end)}`.trimEnd();
  },
  52: (b, at, end) =>
    end - at > 3 ? `${b[at]} ${b[at + 1]} ${b[at + 2]} ${hex(b, at + 3, end)}` : undefined,
  64: service,
  65: service,
  257: (b, at, end) => {
    const size = b[at + 1] ?? 0;
    if (end - at < 2 + size) return undefined;
    return `${b[at]} ${ascii(b, at + 2, at + 2 + size)} ${quoted(b, at + 2 + size, end)}`;
  },
};

/** Presentation form; unknown or malformed data as RFC 3597 section 5 writes it. */
export function formatData(b: Uint8Array, record: DnsRecord): string {
  const { at, end } = record;
  return (
    formats[record.type]?.(b, at, end) ?? `\\# ${end - at} ${hex(b, at, Math.min(end, at + 64))}`.trimEnd()
  );
}

function strings(b: Uint8Array, at: number, end: number): string | undefined {
  const parts: string[] = [];
  for (let i = at; i < end; ) {
    const size = b[i]!;
    if (i + 1 + size > end) return undefined;
    parts.push(quoted(b, i + 1, i + 1 + size));
    i += 1 + size;
  }
  return parts.join(' ');
}

function digest(b: Uint8Array, at: number, end: number): string | undefined {
  return end - at > 4 ? `${u16(b, at)} ${b[at + 2]} ${b[at + 3]} ${hex(b, at + 4, end)}` : undefined;
}

/** RFC 4034 section 4.1.2 */
function typeBitmap(b: Uint8Array, at: number, end: number): string {
  const types: string[] = [];
  for (let i = at; i + 2 <= end; ) {
    const window = b[i]!;
    const size = b[i + 1]!;
    for (let n = 0; n < size && i + 2 + n < end; n++)
      for (let bit = 0; bit < 8; bit++)
        if (b[i + 2 + n]! & (0x80 >> bit)) types.push(typeName(window * 256 + n * 8 + bit));
    i += 2 + size;
  }
  return types.join(' ');
}

const serviceKeys: Readonly<Record<number, string>> = {
  0: 'mandatory',
  1: 'alpn',
  2: 'no-default-alpn',
  3: 'port',
  4: 'ipv4hint',
  5: 'ech',
  6: 'ipv6hint',
  7: 'dohpath',
};

/** SVCB and HTTPS: RFC 9460 section 2. */
function service(b: Uint8Array, at: number, end: number): string | undefined {
  const target = end - at > 2 ? readName(b, at + 2, b.length) : undefined;
  if (!target) return undefined;
  let text = `${u16(b, at)} ${target.name}`;
  for (let i = target.next; i + 4 <= end; ) {
    const key = u16(b, i);
    const from = i + 4;
    const to = from + u16(b, i + 2);
    if (to > end) return undefined;
    text += ` ${serviceKeys[key] ?? `key${key}`}${serviceValue(b, key, from, to)}`;
    i = to;
  }
  return text;
}

function serviceValue(b: Uint8Array, key: number, from: number, to: number): string {
  const list: string[] = [];
  if (key === 1)
    for (let i = from; i < to; i += 1 + b[i]!) list.push(ascii(b, i + 1, Math.min(to, i + 1 + b[i]!)));
  else if (key === 3 && to - from === 2) list.push(String(u16(b, from)));
  else if (key === 4) for (let i = from; i + 4 <= to; i += 4) list.push(formatIpv4(b, i));
  else if (key === 6) for (let i = from; i + 16 <= to; i += 16) list.push(formatIpv6(b, i));
  else if (key === 2) return '';
  else if (key === 7) list.push(ascii(b, from, to));
  else list.push(`(${to - from} bytes)`);
  return `=${list.join(',')}`;
}

function quoted(b: Uint8Array, from: number, to: number): string {
  return `"${ascii(b, from, to)}"`;
}

function ascii(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const c = b[i]!;
    if (c === 0x22 || c === 0x5c) text += `\\${String.fromCharCode(c)}`;
    else text += c >= 32 && c < 127 ? String.fromCharCode(c) : `\\${String(c).padStart(3, '0')}`;
  }
  return text;
}

function hex(b: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += b[i]!.toString(16).padStart(2, '0');
  return text;
}
