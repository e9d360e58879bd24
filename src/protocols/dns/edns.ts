/** The OPT record: RFC 6891, and the options that say something to people. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { u16 } from '../../util/bytes.ts';
import type { DnsMessage, DnsRecord } from './message.ts';
import { extendedErrorName } from './names.ts';
import { escaped, hex, quoted } from './text.ts';

/** Options of one record that are looked at: each is four bytes or more, nobody sends a dozen. */
const maxOptions = 64;

const optionNames: Readonly<Record<number, string>> = {
  3: 'NSID',
  8: 'ECS',
  10: 'COOKIE',
  11: 'KEEPALIVE',
  12: 'PADDING',
  15: 'EDE',
};

interface Option {
  readonly code: number;
  readonly from: number;
  readonly to: number;
}

function options(b: Uint8Array, { at, end }: DnsRecord): Option[] {
  const found: Option[] = [];
  for (let i = at; i + 4 <= end && found.length < maxOptions; ) {
    const to = i + 4 + u16(b, i + 2);
    if (to > end) break;
    found.push({ code: u16(b, i), from: i + 4, to });
    i = to;
  }
  return found;
}

/** `udp 1232, do, ECS 192.0.2.0/24` */
export function formatOpt(b: Uint8Array, opt: DnsRecord): string {
  const version = (opt.ttl >>> 16) & 255;
  const parts = [`udp ${opt.class}`];
  if (version !== 0) parts.push(`version ${version}`);
  // RFC 3225: the asker wants signatures.
  if (opt.ttl & 0x8000) parts.push('do');
  for (const option of options(b, opt)) {
    const value = optionText(b, option);
    parts.push(`${optionNames[option.code] ?? `option ${option.code}`}${value === '' ? '' : ` ${value}`}`);
  }
  return parts.join(', ');
}

function optionText(b: Uint8Array, { code, from, to }: Option): string {
  switch (code) {
    case 3:
      return to > from ? quoted(b, from, to) : '';
    case 8:
      return clientSubnetText(b, from, to) ?? hex(b, from, to);
    case 11:
      // RFC 7828: in units of 100 ms.
      return to - from === 2 ? `${u16(b, from) / 10} s` : '';
    case 12:
      return `(${to - from} bytes)`;
    case 15:
      return extendedErrorText(b, from, to) ?? hex(b, from, to);
    default:
      return hex(b, from, to);
  }
}

/** RFC 7871 section 6 */
function clientSubnetText(b: Uint8Array, from: number, to: number): string | undefined {
  if (to - from < 4) return undefined;
  const address = new Uint8Array(16);
  address.set(b.subarray(from + 4, Math.min(to, from + 20)));
  const family = u16(b, from);
  if (family !== 1 && family !== 2) return undefined;
  const text = family === 1 ? formatIpv4(address, 0) : formatIpv6(address, 0);
  const scope = b[from + 3]!;
  return `${text}/${b[from + 2]}${scope > 0 ? ` scope ${scope}` : ''}`;
}

/** RFC 8914 section 2 */
function extendedErrorText(b: Uint8Array, from: number, to: number): string | undefined {
  if (to - from < 2) return undefined;
  const code = u16(b, from);
  const text = escaped(b, from + 2, to);
  return `${code} ${extendedErrorName(code)}${text === '' ? '' : `: ${text}`}`;
}

function textsOf(message: DnsMessage, code: number, format: typeof clientSubnetText): string[] {
  if (!message.opt) return [];
  return options(message.bytes, message.opt)
    .filter((option) => option.code === code)
    .flatMap(({ from, to }) => format(message.bytes, from, to) ?? []);
}

export function extendedErrors(message: DnsMessage): string[] {
  return textsOf(message, 15, extendedErrorText);
}

export function clientSubnet(message: DnsMessage): string | undefined {
  return textsOf(message, 8, clientSubnetText)[0];
}
