/** Questions and records of a DNS message. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { printEdnsOption } from './dns-edns.ts';
import { printName, skipName } from './dns-name.ts';
import { spanText } from './format.ts';
import type { Page } from './page.ts';

export { skipName } from './dns-name.ts';

/** https://www.iana.org/assignments/dns-parameters, as far as tcpdump names them. */
const typeNames = new Map<number, string>([
  ...(
    'A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP_PTR SIG KEY ' +
    'PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY RRSIG NSEC ' +
    'DNSKEY'
  )
    .split(' ')
    .map((name, i): [number, string] => [i + 1, name]),
  [99, 'SPF'],
  [100, 'UINFO'],
  [101, 'UID'],
  [102, 'GID'],
  [103, 'UNSPEC'],
  [104, 'UNSPECA'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [253, 'MAILB'],
  [254, 'MAILA'],
  [255, 'ANY'],
  [256, 'URI'],
]);

const internet = 1;
const opt = 41;
const classNames = new Map<number, string>([
  [1, 'IN'],
  [3, 'CHAOS'],
  [4, 'HS'],
  [255, 'ANY'],
]);

const typeText = (type: number) => ` ${typeNames.get(type) ?? `Type${type}`}`;
const classText = (value: number) => ` ${classNames.get(value) ?? `(Class ${value})`}`;

/** @returns offset behind the question, -1 when it was cut */
export function printQuestion(p: Page, at: number, message: number, multicast: boolean): number {
  const fixed = skipName(p, at);
  if (fixed < 0 || !p.has(fixed, 4)) return -1;
  p.text += typeText(p.u16(fixed));
  const stated = p.u16(fixed + 2);
  const value = multicast ? stated & 0x7fff : stated;
  if (value !== internet) p.text += classText(value);
  if (multicast) p.text += (stated & 0x8000) !== 0 ? ' (QU)' : ' (QM)';
  p.text += '? ';
  const after = printName(p, at, message);
  return after < 0 ? -1 : after + 4;
}

/** @returns offset behind the record, -1 when it was cut */
export function printRecord(p: Page, at: number, message: number, multicast: boolean): number {
  let fixed: number;
  if (p.v > 0) {
    p.text += ' ';
    fixed = printName(p, at, message);
    if (fixed < 0) return -1;
  } else fixed = skipName(p, at);
  // A record without its fixed part ends the section without a mark.
  if (fixed < 0 || !p.has(fixed, 10)) return p.end;
  const type = p.u16(fixed);
  const stated = p.u16(fixed + 2);
  const value = multicast ? stated & 0x7fff : stated;
  if (value !== internet && type !== opt) p.text += classText(value);
  if (multicast && (stated & 0x8000) !== 0) p.text += ' (Cache flush)';
  if (type !== opt && p.v > 2) p.text += ` [${spanText(p.u32(fixed + 4))}]`;
  const data = fixed + 10;
  const length = p.u16(fixed + 8);
  p.text += typeText(type);
  if (data + length > p.end) return -1;
  if (type === opt) {
    p.text += ` UDPsize=${value}`;
    if ((p.u16(fixed + 6) & 0x8000) !== 0) p.text += ' DO';
    return printOptions(p, data, data + length) ? data + length : -1;
  }
  const print = printers[type];
  return print === undefined || print(p, data, length, message) ? data + length : -1;
}

function printOptions(p: Page, at: number, end: number): boolean {
  if (at >= end) return true;
  p.text += ' [';
  while (at < end) {
    at = printEdnsOption(p, at);
    if (at < 0) return false;
    if (at < end) p.text += ',';
  }
  p.text += ']';
  return true;
}

/** @returns false when the data was cut */
type PrintData = (p: Page, at: number, length: number, message: number) => boolean;

const name: PrintData = (p, at, _length, message) => {
  p.text += ' ';
  return printName(p, at, message) >= 0;
};

const address4: PrintData = (p, at) => {
  if (!p.has(at, 4)) return false;
  p.text += ` ${formatIpv4(p.buf, at)}`;
  return true;
};

const address6: PrintData = (p, at) => {
  if (!p.has(at, 16)) return false;
  p.text += ` ${formatIpv6(p.buf, at)}`;
  return true;
};

const authority: PrintData = (p, at, _length, message) => {
  if (p.v === 0) return true;
  p.text += ' ';
  at = printName(p, at, message);
  if (at < 0) return false;
  p.text += ' ';
  at = printName(p, at, message);
  if (at < 0 || !p.has(at, 20)) return false;
  for (let i = 0; i < 5; i++) p.text += ` ${p.u32(at + 4 * i)}`;
  return true;
};

const mailExchange: PrintData = (p, at, _length, message) => {
  p.text += ' ';
  if (!p.has(at, 2) || printName(p, at + 2, message) < 0) return false;
  p.text += ` ${p.u16(at)}`;
  return true;
};

const strings: PrintData = (p, at, length) => {
  const end = at + length;
  while (at < end) {
    p.text += ' "';
    if (!p.has(at, 1)) return false;
    const size = p.u8(at);
    if (!p.string(at + 1, size)) return false;
    p.text += '"';
    at += 1 + size;
  }
  return true;
};

/** RFC 2782. */
const server: PrintData = (p, at, _length, message) => {
  p.text += ' ';
  if (!p.has(at, 6) || printName(p, at + 6, message) < 0) return false;
  p.text += `:${p.u16(at + 4)} ${p.u16(at)} ${p.u16(at + 2)}`;
  return true;
};

/** RFC 2874: the address' end, and whose beginning it shares. */
const partialAddress6: PrintData = (p, at, _length, message) => {
  if (!p.has(at, 1)) return false;
  const bits = p.u8(at);
  if (bits > 128) {
    p.text += ` ${bits}(bad plen)`;
    return true;
  }
  const shared = bits >> 3;
  if (bits < 128) {
    p.need(at + 1, 16 - shared);
    const whole = new Uint8Array(16);
    whole.set(p.buf.subarray(at + 1, at + 17 - shared), shared);
    p.text += ` ${bits} ${formatIpv6(whole, 0)}`;
  }
  if (bits === 0) return true;
  p.text += ' ';
  return printName(p, at + 17 - shared, message) >= 0;
};

/** RFC 7553. */
const uri: PrintData = (p, at, length) => {
  p.text += ` ${p.u16(at)} ${p.u16(at + 2)} `;
  // An unsigned length there: less than nothing is all there is.
  return p.string(at + 4, (length - 4) >>> 0);
};

const oneString: PrintData = (p, at, length) => p.string(at, length);

/** RFC 8945 section 4.2. */
const signature: PrintData = (p, at, _length, message) => {
  if (p.v === 0) return true;
  p.text += ' ';
  at = printName(p, at, message);
  if (at < 0) return false;
  at += 6;
  for (const label of ['fudge', 'maclen', 'origid', 'error', 'otherlen']) {
    if (!p.has(at, 2)) return false;
    const value = p.u16(at);
    p.text += ` ${label}=${value}`;
    at += label === 'maclen' ? 2 + value : 2;
  }
  return true;
};

const printers: Readonly<Record<number, PrintData>> = {
  1: address4,
  2: name,
  5: name,
  6: authority,
  12: name,
  15: mailExchange,
  16: strings,
  28: address6,
  33: server,
  38: partialAddress6,
  39: name,
  104: oneString,
  250: signature,
  256: uri,
};
