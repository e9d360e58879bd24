/** EDNS options: RFC 6891 section 6.1.2. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { printName } from './dns-name.ts';
import { hex2 } from './format.ts';
import type { Page } from './page.ts';

/** https://www.iana.org/assignments/dns-parameters, as far as tcpdump names them. */
const names = new Map<number, string>([
  [1, 'LLQ'],
  [2, 'UL'],
  [3, 'NSID'],
  [5, 'DAU'],
  [6, 'DHU'],
  [7, 'N3U'],
  [8, 'ECS'],
  [9, 'EXPIRE'],
  [10, 'COOKIE'],
  [11, 'KEEPALIVE'],
  [12, 'PADDING'],
  [13, 'CHAIN'],
  [14, 'KEY-TAG'],
  [16, 'CLIENT-TAG'],
  [17, 'SERVER-TAG'],
]);

/** @returns offset behind the option, -1 when it was cut */
export function printEdnsOption(p: Page, at: number): number {
  if (!p.has(at, 2)) return -1;
  const option = p.u16(at);
  p.text += names.get(option) ?? `Opt${option}`;
  if (!p.has(at + 2, 2)) return -1;
  const length = p.u16(at + 2);
  at += 4;
  if (!p.has(at, length)) return -1;
  if (length > 0) {
    p.text += ' ';
    (printers[option] ?? bytes)(p, at, length);
  }
  return at + length;
}

type Print = (p: Page, at: number, length: number) => void;

const bytes: Print = (p, at, length) => {
  for (let i = 0; i < length; i++) p.text += hex2[p.u8(at + i)];
};

/** RFC 7871 section 6. */
const subnet: Print = (p, at, length) => {
  if (length < 4) return p.invalid();
  const family = p.u16(at);
  const source = p.u8(at + 2);
  const scope = p.u8(at + 3);
  const bits = family === 1 ? 32 : family === 2 ? 128 : 0;
  const given = length - 4;
  if (bits === 0 || given > bits / 8 || source > bits || scope > bits || (source + 7) >> 3 !== given)
    return p.invalid();
  const address = new Uint8Array(16);
  address.set(p.buf.subarray(at + 4, at + length));
  p.text += `${family === 1 ? formatIpv4(address, 0) : formatIpv6(address, 0)}/${source}/${scope}`;
};

/** RFC 7873 section 4: the client's 8 bytes, then the server's. */
const cookie: Print = (p, at, length) => {
  if (length < 8 || (length > 8 && length < 16) || length > 40) return p.invalid();
  for (let i = 0; i < length; i++) p.text += `${i === 8 ? ' ' : ''}${hex2[p.u8(at + i)]}`;
};

/** RFC 7828: tenths of a second. */
const keepAlive: Print = (p, at, length) => {
  if (length !== 2) return p.invalid();
  const tenths = p.u16(at);
  p.text += `${Math.floor(tenths / 10)}.${tenths % 10} sec`;
};

const expire: Print = (p, at, length) => {
  if (length !== 4) return p.invalid();
  p.text += `${p.u32(at)} sec`;
};

const padding: Print = (p, _at, length) => {
  p.text += `(${length})`;
};

const keyTags: Print = (p, at, length) => {
  if (length % 2 !== 0) return p.invalid();
  for (let i = 0; i < length; i += 2) p.text += `${i > 0 ? ' ' : ''}${p.u16(at + i)}`;
};

const algorithms =
  (known: ReadonlyMap<number, string>): Print =>
  (p, at, length) => {
    for (let i = 0; i < length; i++) {
      const algorithm = p.u8(at + i);
      p.text += `${i > 0 ? ' ' : ''}${known.get(algorithm) ?? `Alg_${algorithm}`}`;
    }
  };

const signing = new Map<number, string>([
  [0, 'DELETE'],
  [1, 'RSAMD5'],
  [2, 'DH'],
  [3, 'DS'],
  [5, 'RSASHA1'],
  [6, 'DSA-NSEC3-SHA1'],
  [7, 'RSASHA1-NSEC3-SHA1'],
  [8, 'RSASHA256'],
  [10, 'RSASHA512'],
  [12, 'ECC-GOST'],
  [13, 'ECDSAP256SHA256'],
  [14, 'ECDSAP384SHA384'],
  [15, 'ED25519'],
  [16, 'ED448'],
  [252, 'INDIRECT'],
  [253, 'PRIVATEDNS'],
  [254, 'PRIVATEOID'],
]);
const hashing = new Map<number, string>([
  [1, 'SHA-1'],
  [2, 'SHA-256'],
  [3, 'GOST_R_34.11-94'],
  [4, 'SHA-384'],
]);

const printers: Readonly<Record<number, Print>> = {
  5: algorithms(signing),
  6: algorithms(hashing),
  7: algorithms(new Map([[1, 'SHA-1']])),
  8: subnet,
  9: expire,
  10: cookie,
  11: keepAlive,
  12: padding,
  13: (p, at, length) => void printName(p, at, at + length),
  14: keyTags,
};
