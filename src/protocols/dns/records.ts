/** Record data in presentation form (RFC 1035 section 5.1 and the types' own RFCs). */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { u16, u32 } from '../../util/bytes.ts';
import { type DnsRecord, readName } from './message.ts';
import { typeName } from './names.ts';
import { service } from './service.ts';
import { base32hex, dnssecTime, escaped, hex, quoted } from './text.ts';

/** undefined: the data is not of that form. */
type Format = (b: Uint8Array, at: number, end: number) => string | undefined;

const name: Format = (b, at, end) => readName(b, at, end)?.name;

/** Keys and signatures: their length says all that a reader wants. */
const size = (at: number, end: number) => `(${end - at} bytes)`;

/** Numbers of so many bytes each, then something. */
function numbersThen(widths: readonly (1 | 2 | 4)[], then: Format): Format {
  return (b, at, end) => {
    const numbers: number[] = [];
    for (const width of widths) {
      if (at + width > end) return undefined;
      numbers.push(width === 1 ? b[at]! : width === 2 ? u16(b, at) : u32(b, at));
      at += width;
    }
    const rest = then(b, at, end);
    return rest === undefined ? undefined : `${numbers.join(' ')} ${rest}`.trimEnd();
  };
}

const two: Format = (b, at, end) => {
  const first = readName(b, at, end);
  const second = first && readName(b, first.next, end);
  return second && `${first.name} ${second.name}`;
};

const hexData: Format = (b, at, end) => (end > at ? hex(b, at, end) : undefined);
const bytes: Format = (_b, at, end) => size(at, end);
const strings: Format = (b, at, end) => {
  const parts: string[] = [];
  for (let i = at; i < end; ) {
    const to = i + 1 + b[i]!;
    if (to > end) return undefined;
    parts.push(quoted(b, i + 1, to));
    i = to;
  }
  return parts.join(' ');
};

const soa: Format = (b, at, end) => {
  const primary = readName(b, at, end);
  const mailbox = primary && readName(b, primary.next, end);
  if (!mailbox || mailbox.next + 20 !== end) return undefined;
  const numbers = [0, 4, 8, 12, 16].map((o) => u32(b, mailbox.next + o));
  return `${primary.name} ${mailbox.name} ${numbers.join(' ')}`;
};

const naptr: Format = (b, at, end) => {
  const parts: string[] = [];
  let i = at;
  for (let n = 0; n < 3; n++) {
    const to = i + 1 + (b[i] ?? 0);
    if (to > end) return undefined;
    parts.push(quoted(b, i + 1, to));
    i = to;
  }
  const replacement = name(b, i, end);
  return replacement && `${parts.join(' ')} ${replacement}`;
};

/** RFC 4034 section 3.2 */
const rrsig: Format = (b, at, end) => {
  const signer = end - at < 19 ? undefined : readName(b, at + 18, end);
  if (!signer) return undefined;
  const times = `${dnssecTime(u32(b, at + 8))} ${dnssecTime(u32(b, at + 12))}`;
  return `${typeName(u16(b, at))} ${b[at + 2]} ${b[at + 3]} ${u32(b, at + 4)} ${times} ${u16(b, at + 16)} ${signer.name} ${size(signer.next, end)}`;
};

const nsec: Format = (b, at, end) => {
  const next = readName(b, at, end);
  return next && `${next.name} ${typeBitmap(b, next.next, end)}`.trimEnd();
};

/** RFC 5155 sections 3.3 and 4.3: hash, flags, iterations, salt ... */
const salted: Format = (b, at, end) => {
  const saltEnd = at + 5 + (b[at + 4] ?? 0);
  if (end - at < 5 || saltEnd > end) return undefined;
  return `${b[at]} ${b[at + 1]} ${u16(b, at + 2)} ${saltEnd === at + 5 ? '-' : hex(b, at + 5, saltEnd).toUpperCase()}`;
};

/** ... and the next hashed owner with the types of this one. */
const nsec3: Format = (b, at, end) => {
  const first = salted(b, at, end);
  const hashAt = at + 6 + (b[at + 4] ?? 0);
  const hashEnd = hashAt + (b[hashAt - 1] ?? 0);
  if (first === undefined || hashAt > end || hashEnd > end) return undefined;
  return `${first} ${base32hex(b, hashAt, hashEnd)} ${typeBitmap(b, hashEnd, end)}`.trimEnd();
};

/** RFC 8659 section 4.1 */
const caa: Format = (b, at, end) => {
  const tagEnd = at + 2 + (b[at + 1] ?? 0);
  return end - at < 2 || tagEnd > end
    ? undefined
    : `${b[at]} ${escaped(b, at + 2, tagEnd)} ${quoted(b, tagEnd, end)}`;
};

const mac: Format = (b, at, end) => hex(b, at, end).replace(/..(?=.)/g, '$&-');
const types: Format = (b, at, end) => typeBitmap(b, at, end);
const digest = numbersThen([2, 1, 1], hexData);
const key = numbersThen([2, 1, 1], bytes);
const certificate = numbersThen([1, 1, 1], hexData);
const preferenceAndName = numbersThen([2], name);
const quotedRest: Format = (b, at, end) => quoted(b, at, end);

const formats: Readonly<Record<number, Format>> = {
  1: (b, at, end) => (end - at === 4 ? formatIpv4(b, at) : undefined),
  2: name,
  5: name,
  6: soa,
  12: name,
  13: strings,
  15: preferenceAndName,
  16: strings,
  17: two,
  18: preferenceAndName,
  24: rrsig,
  25: key,
  28: (b, at, end) => (end - at === 16 ? formatIpv6(b, at) : undefined),
  33: numbersThen([2, 2, 2], name),
  35: numbersThen([2, 2], naptr),
  36: preferenceAndName,
  37: numbersThen([2, 2, 1], bytes),
  39: name,
  43: digest,
  44: numbersThen([1, 1], hexData),
  46: rrsig,
  47: nsec,
  48: key,
  49: bytes,
  50: nsec3,
  51: salted,
  52: certificate,
  53: certificate,
  59: digest,
  60: key,
  61: bytes,
  62: numbersThen([4, 2], types),
  63: numbersThen([4, 1, 1], hexData),
  64: service,
  65: service,
  99: strings,
  108: mac,
  109: mac,
  250: (b, at, end) => {
    const algorithm = readName(b, at, end);
    return algorithm && `${algorithm.name} ${size(algorithm.next, end)}`;
  },
  256: numbersThen([2, 2], quotedRest),
  257: caa,
};

/** Bytes of data of an unknown form that are shown. */
const unknownShown = 64;

/** Presentation form; unknown or malformed data as RFC 3597 section 5 writes it. */
export function formatData(b: Uint8Array, record: DnsRecord): string {
  const { at, end } = record;
  const known = formats[record.type]?.(b, at, end);
  if (known !== undefined) return known;
  const shown = hex(b, at, Math.min(end, at + unknownShown));
  return `\\# ${end - at} ${shown}${end - at > unknownShown ? '...' : ''}`.trimEnd();
}

/** RFC 4034 section 4.1.2 */
function typeBitmap(b: Uint8Array, at: number, end: number): string {
  const found: string[] = [];
  for (let i = at; i + 2 <= end; ) {
    const window = b[i]!;
    const length = Math.min(b[i + 1]!, 32);
    for (let n = 0; n < length && i + 2 + n < end; n++)
      for (let bit = 0; bit < 8; bit++)
        if (b[i + 2 + n]! & (0x80 >> bit)) found.push(typeName(window * 256 + n * 8 + bit));
    i += 2 + b[i + 1]!;
  }
  return found.join(' ');
}
