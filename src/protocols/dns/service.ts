/** SVCB and HTTPS: RFC 9460 section 2. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { u16 } from '../../util/bytes.ts';
import { readName } from './message.ts';
import { escaped, quoted } from './text.ts';

/** https://www.iana.org/assignments/dns-svcb */
const keys = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
  'ohttp',
];
const keyName = (key: number) => keys[key] ?? `key${key}`;

export function service(b: Uint8Array, at: number, end: number): string | undefined {
  const target = end - at > 2 ? readName(b, at + 2, end) : undefined;
  if (!target) return undefined;
  let text = `${u16(b, at)} ${target.name}`;
  for (let i = target.next; i < end; ) {
    const from = i + 4;
    const to = from > end ? from : from + u16(b, i + 2);
    if (to > end) return undefined;
    const value = parameter(b, u16(b, i), from, to);
    text += ` ${keyName(u16(b, i))}${value === '' ? '' : `=${value}`}`;
    i = to;
  }
  return text;
}

function parameter(b: Uint8Array, key: number, from: number, to: number): string {
  const list: string[] = [];
  switch (key) {
    case 0:
      for (let i = from; i + 2 <= to; i += 2) list.push(keyName(u16(b, i)));
      return list.join();
    case 1:
      for (let i = from; i < to; i += 1 + b[i]!) list.push(escaped(b, i + 1, Math.min(to, i + 1 + b[i]!)));
      return list.join();
    case 3:
      return to - from === 2 ? String(u16(b, from)) : quoted(b, from, to);
    case 4:
      for (let i = from; i + 4 <= to; i += 4) list.push(formatIpv4(b, i));
      return list.join();
    case 5:
      return `(${to - from} bytes)`;
    case 6:
      for (let i = from; i + 16 <= to; i += 16) list.push(formatIpv6(b, i));
      return list.join();
    default:
      return to > from ? quoted(b, from, to) : '';
  }
}
