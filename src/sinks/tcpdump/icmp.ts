/** ICMP: RFC 792, RFC 1256, RFC 4884. */
import { checksum, expectedChecksum } from './checksum.ts';
import { hex, hex4, hex8 } from './format.ts';
import { printUnknown } from './hex.ts';
import { printIp } from './ip.ts';
import type { Page } from './page.ts';

const Type = {
  echoReply: 0,
  unreachable: 3,
  quench: 4,
  redirect: 5,
  echo: 8,
  advertisement: 9,
  exceeded: 11,
  parameter: 12,
  timestamp: 13,
  timestampReply: 14,
  maskReply: 18,
} as const;

const plainNames = new Map<number, string>([
  [4, 'source quench'],
  [10, 'router solicitation'],
  [15, 'information request'],
  [16, 'information reply'],
  [17, 'address mask request'],
]);

/** Those that quote a datagram, and those RFC 4884 extends. */
const quoting: readonly number[] = [
  Type.unreachable,
  Type.quench,
  Type.redirect,
  Type.exceeded,
  Type.parameter,
];
const extended: readonly number[] = [Type.unreachable, Type.exceeded, Type.parameter];

/** Message, quoted datagram padded to 128 bytes; extensions come behind. */
const extensionOffset = 136;

export function printIcmp(p: Page, at: number, length: number): void {
  p.protocol = 'icmp';
  const { fragmented } = p;
  const type = p.u8(at);
  const code = p.u8(at + 1);
  const text = messageText(p, at, type, code);
  if (text === undefined) return p.cutMark();
  p.text += `ICMP ${text}, length ${length >>> 0}`;
  if (p.v === 0) return;
  if (!fragmented && p.has(at, length)) {
    const sum = checksum(p.buf, at, length);
    if (sum !== 0) {
      const stated = p.u16(at + 2);
      p.text += ` (wrong icmp cksum ${hex(stated)} (->${hex(expectedChecksum(stated, sum))})!)`;
    }
  }
  if (quoting.includes(type)) {
    p.text += '\n\t';
    const quoted = p.u16(at + 10);
    const end = p.end;
    // Extensions behind it are not the quoted datagram's.
    p.end = Math.min(at + 8 + quoted, end);
    // A length that does not even cover itself.
    p.need(at + 10, 2);
    printIp(p, at + 8, quoted);
    p.end = end;
  }
  p.protocol = 'icmp';
  if (length > extensionOffset && extended.includes(type)) printExtensions(p, at, length);
}

/** @returns undefined when it was cut where tcpdump goes on with its mark */
function messageText(p: Page, at: number, type: number, code: number): string | undefined {
  switch (type) {
    case Type.echo:
    case Type.echoReply:
      return `echo ${type === Type.echo ? 'request' : 'reply'}, id ${p.u16(at + 4)}, seq ${p.u16(at + 6)}`;
    case Type.unreachable:
      return unreachableText(p, at, code);
    case Type.redirect: {
      const to = p.ip4(at + 24);
      const gateway = p.ip4(at + 4);
      if (code > 3) return `redirect-#${code} ${to} to ${gateway}`;
      return `redirect${code > 1 ? '-tos' : ''} ${to} to ${code % 2 === 0 ? 'net' : 'host'} ${gateway}`;
    }
    case Type.advertisement:
      return advertisementText(p, at);
    case Type.exceeded:
      if (!p.has(at + 24, 4)) return undefined;
      return code === 0
        ? 'time exceeded in-transit'
        : code === 1
          ? 'ip reassembly time exceeded'
          : `time exceeded-#${code}`;
    case Type.parameter:
      return `parameter problem - ${code !== 0 ? `code ${code}` : `octet ${p.u8(at + 4)}`}`;
    case Type.maskReply:
      return `address mask is 0x${hex8(p.u32(at + 8))}`;
    case Type.timestamp:
      return `time stamp query id ${p.u16(at + 4)} seq ${p.u16(at + 6)}`;
    case Type.timestampReply:
      if (!p.has(at + 16, 4)) return undefined;
      return (
        `time stamp reply id ${p.u16(at + 4)} seq ${p.u16(at + 6)}: org ${dayTime(p.u32(at + 8))}, ` +
        `recv ${dayTime(p.u32(at + 12))}, xmit ${dayTime(p.u32(at + 16))}`
      );
    default:
      return plainNames.get(type) ?? `type-#${type}`;
  }
}

/** Milliseconds since midnight. */
function dayTime(ms: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  const fraction = String(ms % 1000).padStart(3, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction}`;
}

/** By code; `*` stands for the address. Codes 2, 3 and 4 say more. */
const unreachableTexts: Readonly<Record<number, string>> = {
  0: 'net * unreachable',
  1: 'host * unreachable',
  5: '* unreachable - source route failed',
  6: 'net * unreachable - unknown',
  7: 'host * unreachable - unknown',
  8: '* unreachable - source host isolated',
  9: 'net * unreachable - admin prohibited',
  10: 'host * unreachable - admin prohibited',
  11: 'net * unreachable - tos prohibited',
  12: 'host * unreachable - tos prohibited',
  13: 'host * unreachable - admin prohibited filter',
  14: 'host * unreachable - host precedence violation',
  15: 'host * unreachable - precedence cutoff',
};

function unreachableText(p: Page, at: number, code: number): string | undefined {
  const quoted = at + 8;
  if (code === 2) return `${p.ip4(quoted + 16)} protocol ${p.u8(quoted + 9)} unreachable`;
  if (code === 3) {
    if (!p.has(quoted + 9, 1)) return undefined;
    const port = p.u16(quoted + (p.u8(quoted) & 15) * 4 + 2);
    const protocol = p.u8(quoted + 9);
    const to = p.ip4(quoted + 16);
    if (protocol === 6) return `${to} tcp port ${p.tcpPort(port)} unreachable`;
    if (protocol === 17) return `${to} udp port ${p.udpPort(port)} unreachable`;
    return `${to} protocol ${protocol} port ${port} unreachable`;
  }
  if (code === 4) {
    // RFC 1191 section 4.
    const mtu = p.u16(at + 6);
    return `${p.ip4(quoted + 16)} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ''}`;
  }
  const to = p.ip4(quoted + 16);
  return unreachableTexts[code]?.replace('*', to) ?? `${to} unreachable - #${code}`;
}

/** tcpdump collects the text in a buffer of this size: MAXHOSTNAMELEN (64) and 100 more, and a NUL. */
const advertisementSize = 163;

/** RFC 1256. */
function advertisementText(p: Page, at: number): string | undefined {
  if (!p.has(at + 4, 4)) return undefined;
  const two = (n: number) => String(n).padStart(2, '0');
  const lifetime = p.u16(at + 6);
  const minutes = Math.floor(lifetime / 60);
  let text = 'router advertisement lifetime ';
  if (lifetime < 60) text += lifetime;
  else if (lifetime < 3600) text += `${minutes}:${two(lifetime % 60)}`;
  else text += `${Math.floor(lifetime / 3600)}:${two(minutes % 60)}:${two(lifetime % 60)}`;
  const count = p.u8(at + 4);
  text += ` ${count}:`;
  const size = p.u8(at + 5);
  if (size !== 2) return `${text} [size ${size}]`;
  for (let i = 0; i < count; i++) {
    const entry = at + 8 + 8 * i;
    if (!p.has(entry, 8)) return undefined;
    text += ` {${p.ip4(entry)} ${p.u32(entry + 4)}}`;
  }
  return text.slice(0, advertisementSize);
}

const objectNames = new Map<number, string>([
  [1, 'MPLS Stack Entry'],
  [2, 'Interface Identification'],
]);

/** RFC 4884 section 7, RFC 4950. */
function printExtensions(p: Page, at: number, length: number): void {
  const start = at + extensionOffset;
  if (!p.has(at, extensionOffset + 5)) return p.cutMark();
  let left = length - extensionOffset;
  const whole = p.has(start, left);
  // Without a length field a right checksum alone tells that there are extensions.
  if (p.u8(at + 5) === 0 && whole && checksum(p.buf, start, left) !== 0) return;
  const version = p.buf[start]! >> 4;
  p.text += `\n\tICMP Multi-Part extension v${version}`;
  if (version !== 2) {
    p.text += ' packet not supported';
    return;
  }
  if (whole) {
    const right = checksum(p.buf, start, left) === 0;
    p.text += `, checksum 0x${hex4(p.u16(start + 2))} (${right ? '' : 'in'}correct), length ${left}`;
  }
  left -= 4;
  let object = start + 4;
  while (left > 4 || left < 0) {
    if (!p.has(object, 4)) return p.cutMark();
    const stated = p.u16(object);
    const kind = p.u8(object + 2);
    const subtype = p.u8(object + 3);
    const name = objectNames.get(kind) ?? 'unknown';
    p.text += `\n\t  ${name} Object (${kind}), Class-Type: ${subtype}, length ${stated}`;
    left -= 4;
    object += 4;
    if (kind === 0 || stated < 4) return;
    const size = stated - 4;
    if (kind === 1 && subtype === 1) {
      const label = p.u32(object);
      p.text += `\n\t    label ${label >>> 12}, tc ${(label >> 9) & 7}`;
      if ((label & 0x100) !== 0) p.text += ', [S]';
      p.text += `, ttl ${label & 255}`;
    } else printUnknown(p, '\n\t    ', object, size);
    // Unsigned there: a first object beyond the end leaves very much.
    if (left >>> 0 < size) break;
    left -= size;
    object += size;
  }
}
