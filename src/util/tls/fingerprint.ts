/**
 * Fingerprints of how a side speaks: JA3 and JA3S (MD5 over lists as decimal numbers) and JA4, the TLS
 * client part (https://github.com/FoxIO-LLC/ja4, technical_details/JA4.md). GREASE is left out of all.
 */
import { md5 } from '../md5.ts';
import { sha256 } from '../sha256.ts';
import { isGrease } from './codes.ts';
import { type ClientHello, Extension, offeredVersion, type ServerHello } from './hello.ts';

function decimals(codes: readonly number[]): string {
  let text = '';
  for (const code of codes) if (!isGrease(code)) text += text === '' ? code : `-${code}`;
  return text;
}

/** Version, cipher suites, extensions, groups, point formats. */
export function ja3Full(hello: ClientHello): string {
  const { legacyVersion, cipherSuites, extensions, groups, pointFormats } = hello;
  const lists = [cipherSuites, extensions, groups];
  return `${legacyVersion},${lists.map(decimals).join(',')},${pointFormats.join('-')}`;
}

/** Version, cipher suite, extensions. */
export function ja3sFull(hello: ServerHello): string {
  return `${hello.legacyVersion},${hello.cipherSuite},${decimals(hello.extensions)}`;
}

export function md5Hex(text: string): string {
  return hex(md5(ascii(text)));
}

const ja4Versions: Readonly<Record<number, string>> = {
  2: 's2',
  768: 's3',
  769: '10',
  770: '11',
  771: '12',
  772: '13',
  65279: 'd1',
  65277: 'd2',
  65276: 'd3',
};

/** What the hello came in: TLS over TCP, QUIC, DTLS. */
export type Carrier = 't' | 'q' | 'd';

/** JA4, and the same with its lists instead of their hashes. */
export function ja4(hello: ClientHello, carrier: Carrier): { readonly hashed: string; readonly raw: string } {
  const [head, ciphers, rest] = ja4Parts(hello, carrier);
  return {
    hashed: `${head}_${hash12(ciphers)}_${hash12(rest)}`,
    raw: `${head}_${ciphers}_${rest}`,
  };
}

function ja4Parts(hello: ClientHello, carrier: string): [head: string, ciphers: string, rest: string] {
  const ciphers = hello.cipherSuites.filter((code) => !isGrease(code));
  const extensions = hello.extensions.filter((code) => !isGrease(code));
  const signatures = hello.signatureAlgorithms.filter((code) => !isGrease(code));
  const version = ja4Versions[offeredVersion(hello)] ?? '00';
  const name = extensions.includes(Extension.serverName) ? 'd' : 'i';
  const head = `${carrier}${version}${name}${count(ciphers)}${count(extensions)}${alpnEnds(hello.alpn[0])}`;
  const named = extensions.filter((code) => code !== Extension.serverName && code !== Extension.alpn);
  const tail = signatures.length > 0 ? `_${signatures.map(hex4).join(',')}` : '';
  return [head, sorted(ciphers), `${sorted(named)}${tail}`];
}

function sorted(codes: readonly number[]): string {
  return [...codes]
    .sort((a, b) => a - b)
    .map(hex4)
    .join(',');
}

function count(list: readonly number[]): string {
  return String(Math.min(99, list.length)).padStart(2, '0');
}

/** First and last character of the first protocol; of its hex where one of them is no letter or digit. */
function alpnEnds(first: string | undefined): string {
  if (first === undefined || first === '') return '00';
  const isPlain = (at: number) => /[0-9A-Za-z]/.test(first[at]!);
  const last = first.length - 1;
  if (isPlain(0) && isPlain(last)) return first[0]! + first[last]!;
  return hex2(first.charCodeAt(0))[0]! + hex2(first.charCodeAt(last))[1]!;
}

/** "Of nothing" is told as such. */
function hash12(text: string): string {
  return text === '' ? '000000000000' : hex(sha256(ascii(text))).slice(0, 12);
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const digits = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

function hex2(value: number): string {
  return digits[value & 255]!;
}

function hex4(value: number): string {
  return digits[value >> 8]! + digits[value & 255]!;
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) text += hex2(b);
  return text;
}
