/** IPv4: RFC 791. */
import { checksum, expectedChecksum } from './checksum.ts';
import { bitNames, hex } from './format.ts';
import { IpProtocol, printIpPayload, protocolName } from './ip-payload.ts';
import { printIp6 } from './ip6.ts';
import type { Page } from './page.ts';
import { ipProtocolTitles } from './tables.ts';

const ecnTexts = ['', ',ECT(1)', ',ECT(0)', ',CE'];
const flagNames = [
  [0x2000, '+'],
  [0x4000, 'DF'],
  [0x8000, 'rsvd'],
] as const;

/** @param length bytes from `at` on by the layer below, captured or not */
export function printIp(p: Page, at: number, length: number): void {
  p.protocol = 'ip';
  if (!p.deeper()) return;
  const first = p.u8(at);
  const version = first >> 4;
  if (version !== 4) {
    p.text += version === 6 ? 'IP6, wrong link-layer encapsulation' : `IP${version}`;
    p.invalid();
    return;
  }
  if (!p.linkHeader) p.text += 'IP ';
  if (!p.has(at, 20)) return p.cutMark();
  if (length < 20) {
    p.text += `truncated-ip ${length >>> 0}`;
    return;
  }
  const header = (first & 15) * 4;
  if (header < 20) {
    p.text += `bad-hlen ${header}`;
    return;
  }
  const total = p.u16(at + 2);
  if (length < total) p.text += `truncated-ip - ${total - length} bytes missing! `;
  if (total < header) {
    p.text += `bad-len ${total}`;
    return;
  }
  const end = p.end;
  if (at + total < end) p.end = at + total;
  printBody(p, at, header, total - header);
  p.end = end;
}

function printBody(p: Page, at: number, header: number, length: number): void {
  const fragment = p.u16(at + 6);
  if (p.v > 0 && !printHeaderDetail(p, at, header, fragment)) {
    p.text += `${p.ip4(at + 12)} > ${p.ip4(at + 16)}: `;
    return p.cutMark();
  }
  const protocol = p.u8(at + 9);
  if ((fragment & 0x1fff) !== 0) {
    p.text += `${p.ip4(at + 12)} > ${p.ip4(at + 16)}:`;
    p.text += protocolName(p, protocol);
    return;
  }
  if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp && protocol !== IpProtocol.sctp)
    p.text += `${p.ip4(at + 12)} > ${p.ip4(at + 16)}: `;
  if (!p.has(at, header)) {
    p.text += ` [remaining caplen(${p.left(at)}) < header length(${header})]`;
    p.need(at, header);
  }
  p.ipAt = at;
  p.ipVersion = 4;
  p.fragmented = (fragment & 0x2000) !== 0;
  p.hops = p.u8(at + 8);
  printIpPayload(p, at + header, length, protocol);
}

/** What -v adds before the addresses. @returns false when the options were cut */
function printHeaderDetail(p: Page, at: number, header: number, fragment: number): boolean {
  const tos = p.u8(at + 1);
  const protocol = p.u8(at + 9);
  p.text += `(tos 0x${hex(tos)}${ecnTexts[tos & 3]}`;
  const ttl = p.u8(at + 8);
  if (ttl >= 1) p.text += `, ttl ${ttl}`;
  const flags = bitNames(flagNames, fragment & 0xe000);
  const title = ipProtocolTitles.get(protocol) ?? 'unknown';
  p.text += `, id ${p.u16(at + 4)}, offset ${(fragment & 0x1fff) * 8}, flags [${flags}], proto ${title} (${protocol})`;
  p.text += `, length ${p.u16(at + 2)}`;
  let whole = true;
  if (header > 20) {
    p.text += ', options (';
    whole = printOptions(p, at + 20, header - 20);
    if (!whole) p.text += ' [truncated-option]';
    p.text += ')';
  }
  if (!p.options.noChecksums && p.has(at, header)) {
    const sum = checksum(p.buf, at, header);
    if (sum !== 0) {
      const stated = p.u16(at + 10);
      p.text += `, bad cksum ${hex(stated)} (->${hex(expectedChecksum(stated, sum))})!`;
    }
  }
  p.text += ')\n    ';
  return whole;
}

/** https://www.iana.org/assignments/ip-parameters: type without copied flag and class is not used here. */
const optionNames = new Map<number, string>([
  [0, 'EOL'],
  [1, 'NOP'],
  [68, 'timestamp'],
  [130, 'security'],
  [7, 'RR'],
  [137, 'SSRR'],
  [131, 'LSRR'],
  [148, 'RA'],
  [82, 'traceroute'],
]);

function printOptions(p: Page, at: number, length: number): boolean {
  for (let separator = ''; length > 0; separator = ',') {
    p.text += separator;
    const type = p.u8(at);
    p.text += optionNames.get(type) ?? `unknown ${type}`;
    let size = 1;
    if (type > 1) {
      size = p.u8(at + 1);
      if (size < 2) {
        p.text += ` [bad length ${size}]`;
        return true;
      }
    }
    if (size > length) {
      p.text += ` [bad length ${size}]`;
      return true;
    }
    if (!p.has(at, size)) return false;
    if (type === 0) return true;
    if (type === 68) {
      if (!printTimestamps(p, at, size)) return false;
    } else if (type === 7 || type === 137 || type === 131) {
      if (!printRoute(p, at, size)) return false;
    } else if (type === 148) {
      if (size < 4) p.text += ` [bad length ${size}]`;
      else if (p.u16(at + 2) !== 0) p.text += ` value ${p.u16(at + 2)}`;
    }
    at += size;
    length -= size;
  }
  return true;
}

/** @returns false when it was cut */
function printRoute(p: Page, at: number, length: number): boolean {
  if (length < 3) {
    p.text += ` [bad length ${length}]`;
    return true;
  }
  if (((length + 1) & 3) !== 0) p.text += ` [bad length ${length}]`;
  const pointer = p.u8(at + 2) - 1;
  if (pointer < 3 || ((pointer + 1) & 3) !== 0 || pointer > length + 1)
    p.text += ` [bad ptr ${p.u8(at + 2)}]`;
  for (let i = 3; i < length; i += 4) {
    // The last address may go beyond the option.
    if (!p.has(at + i, 4)) return false;
    p.text += ` ${p.ip4(at + i)}`;
    // An unsigned pointer there: 0 - 1 is beyond everything.
    if (pointer > i || pointer < 0) p.text += ',';
  }
  return true;
}

const timestampKinds = new Map<number, string>([
  [0, 'TSONLY'],
  [1, 'TS+ADDR'],
  [3, 'PRESPEC'],
]);

/** RFC 781. @returns false when it was cut */
function printTimestamps(p: Page, at: number, length: number): boolean {
  if (length < 4) {
    p.text += `[bad length ${length}]`;
    return true;
  }
  p.text += ' TS{';
  const kind = p.u8(at + 3) & 15;
  const hop = kind !== 0 ? 8 : 4;
  if (((length - 4) & (hop - 1)) !== 0) p.text += `[bad length ${length}]`;
  const pointer = p.u8(at + 2) - 1;
  if (pointer < 4 || ((pointer - 4) & (hop - 1)) !== 0 || pointer > length + 1)
    p.text += `[bad ptr ${p.u8(at + 2)}]`;
  const name = timestampKinds.get(kind);
  p.text += name ?? `[bad ts type ${kind}]`;
  let i = 0;
  if (name !== undefined)
    for (i = 4; i < length; i += hop) {
      if (!p.has(at + i, hop)) return false;
      const time = p.u32(at + i + hop - 4);
      p.text += `${pointer === i ? ' ^ ' : ' '}${time}@${hop === 8 ? p.ip4(at + i) : ''}`;
    }
  if (pointer === i) p.text += ' ^ ';
  const lost = p.u8(at + 3) >> 4;
  p.text += lost > 0 ? ` [${lost} hops not recorded]} ` : '}';
  return true;
}

/** An IP datagram of whichever version its first nibble says. */
export function printAnyIp(p: Page, at: number, length: number): void {
  p.protocol = 'ipn';
  if (length < 1) {
    p.text += `truncated-ip ${length}`;
    return;
  }
  const version = p.u8(at) >> 4;
  if (version === 4) printIp(p, at, length);
  else if (version === 6) printIp6(p, at, length);
  else p.text += `unknown ip ${version}`;
}
