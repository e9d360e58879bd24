/** Options of DHCPv6: https://www.iana.org/assignments/dhcpv6-parameters */
import { printDhcp6 } from './dhcp6.ts';
import { printName } from './dns-name.ts';
import { hex2, hex4, hex8, visible } from './format.ts';
import type { Page } from './page.ts';

const names = new Map<number, string>([
  [1, 'client-ID'],
  [2, 'server-ID'],
  [3, 'IA_NA'],
  [4, 'IA_TA'],
  [5, 'IA_ADDR'],
  [6, 'option-request'],
  [7, 'preference'],
  [8, 'elapsed-time'],
  [9, 'relay-message'],
  [11, 'authentication'],
  [12, 'server-unicast'],
  [13, 'status-code'],
  [14, 'rapid-commit'],
  [15, 'user-class'],
  [16, 'vendor-class'],
  [17, 'vendor-specific-info'],
  [18, 'interface-ID'],
  [19, 'reconfigure-message'],
  [20, 'reconfigure-accept'],
  [21, 'SIP-servers-domain'],
  [22, 'SIP-servers-address'],
  [23, 'DNS-server'],
  [24, 'DNS-search-list'],
  [25, 'IA_PD'],
  [26, 'IA_PD-prefix'],
  [31, 'SNTP-servers'],
  [32, 'lifetime'],
  [27, 'NIS-server'],
  [28, 'NIS+-server'],
  [29, 'NIS-domain-name'],
  [30, 'NIS+-domain-name'],
  [33, 'BCMCS-domain-name'],
  [34, 'BCMCS-server'],
  [36, 'Geoconf-Civic'],
  [37, 'Remote-ID'],
  [38, 'Subscriber-ID'],
  [39, 'Client-FQDN'],
  [40, 'PANA-agent'],
  [41, 'POSIX-timezone'],
  [42, 'POSIX-tz-database'],
  [43, 'Echo-request-option'],
  [44, 'Lease-query'],
  [45, 'LQ-client-data'],
  [46, 'Clt-time'],
  [47, 'LQ-relay-data'],
  [48, 'LQ-client-link'],
  [56, 'NTP-server'],
  [64, 'AFTR-Name'],
  [112, 'MUD-URL'],
]);

const nameOf = (type: number) => names.get(type) ?? `opt_${type}`;

/** Options within options that are followed; real ones stay under five. */
const maxDepth = 64;

export function printDhcp6Options(p: Page, at: number, end: number, depth: number): void {
  while (at < end) {
    if (end < at + 4 || !p.has(at, 4) || depth > maxDepth) return p.cutMark();
    const length = p.u16(at + 2);
    if (end < at + 4 + length) return p.cutMark();
    const type = p.u16(at);
    p.text += ` (${nameOf(type)}`;
    if (!p.has(at + 4, length)) return p.cutMark();
    const [lengths, print] = printers[type] ?? [any, nothing];
    if (!lengths(length)) p.text += ' ?)';
    else {
      if (!print(p, at + 4, length, depth + 1)) return p.cutMark();
      p.text += ')';
    }
    at += 4 + length;
  }
}

/** @returns false when it was cut */
type Print = (p: Page, at: number, length: number, depth: number) => boolean;
type Lengths = (length: number) => boolean;

const any: Lengths = () => true;
const exactly = (due: number) => (length: number) => length === due;
const atLeast = (due: number) => (length: number) => length >= due;
const multipleOf = (unit: number) => (length: number) => length % unit === 0;

const nothing: Print = () => true;

const bytes = (p: Page, at: number, length: number): string => {
  let text = '';
  for (let i = 0; i < length; i++) text += hex2[p.u8(at + i)];
  return text;
};

/** RFC 8415 section 11. */
const identifier: Print = (p, at, length) => {
  const type = p.u16(at);
  const least = [0, 8, 10, 4][type];
  if (least === undefined || type === 0) p.text += ` type ${type}`;
  else if (length < least) p.text += ' ?';
  else if (type === 1)
    p.text += ` hwaddr/time type ${p.u16(at + 2)} time ${p.u32(at + 4)} ${bytes(p, at + 8, length - 8)}`;
  else if (type === 2) p.text += ` vid ${bytes(p, at + 2, 8)}`;
  else p.text += ` hwaddr type ${p.u16(at + 2)} ${bytes(p, at + 4, length - 4)}`;
  return true;
};

/** Options within, behind a fixed part. */
function rest(p: Page, at: number, length: number, fixed: number, depth: number): true {
  if (length > fixed) printDhcp6Options(p, at + fixed, at + length, depth);
  return true;
}

const address: Print = (p, at, length, depth) => {
  p.text += ` ${p.ip6(at)} pltime:${p.u32(at + 16)} vltime:${p.u32(at + 20)}`;
  return rest(p, at, length, 24, depth);
};

const prefix: Print = (p, at, length, depth) => {
  p.text += ` ${p.ip6(at + 9)}/${p.u8(at + 8)} pltime:${p.u32(at)} vltime:${p.u32(at + 4)}`;
  return rest(p, at, length, 25, depth);
};

const association: Print = (p, at, length, depth) => {
  p.text += ` IAID:${p.u32(at)} T1:${p.u32(at + 4)} T2:${p.u32(at + 8)}`;
  return rest(p, at, length, 12, depth);
};

const temporary: Print = (p, at, length, depth) => {
  p.text += ` IAID:${p.u32(at)}`;
  return rest(p, at, length, 4, depth);
};

const requested: Print = (p, at, length) => {
  for (let i = 0; i < length; i += 2) p.text += ` ${nameOf(p.u16(at + i))}`;
  return true;
};

const number8: Print = (p, at) => {
  p.text += ` ${p.u8(at)}`;
  return true;
};
const number16: Print = (p, at) => {
  p.text += ` ${p.u16(at)}`;
  return true;
};
const number32: Print = (p, at) => {
  p.text += ` ${p.u32(at)}`;
  return true;
};

const relayed: Print = (p, at, length, depth) => {
  p.text += ' (';
  const { end } = p;
  p.end = Math.min(at + length, end);
  printDhcp6(p, at, length, depth);
  p.end = end;
  return true;
};

const beginning: Print = (p, at, length) => {
  p.text += ` ${bytes(p, at, Math.min(10, length))}...`;
  return true;
};

const reconfigure: Print = (p, at) => {
  const type = p.u8(at);
  p.text += type === 5 ? ' for renew' : type === 11 ? ' for inf-req' : ` for ???(${hex2[type]})`;
  return true;
};

const addresses: Print = (p, at, length) => {
  for (let i = 0; i < length; i += 16) p.text += ` ${p.ip6(at + i)}`;
  return true;
};

const domains: Print = (p, at, length) => {
  const end = at + length;
  while (at < end) {
    p.text += ' ';
    at = printName(p, at, end);
    if (at < 0) return false;
  }
  return true;
};

const statuses = (
  'Success UnspecFail NoAddrsAvail NoBinding NotOnLink UseMulticast NoPrefixAvail UnknownQueryType ' +
  'MalformedQuery NotConfigured NotAllowed'
).split(' ');

const status: Print = (p, at) => {
  const code = p.u16(at);
  p.text += ` ${code > 255 ? 'INVALID code' : (statuses[code] ?? `code${code}`)}`;
  return true;
};

const remoteId: Print = (p, at, length) => {
  p.text += ` ${p.u32(at)} ${bytes(p, at + 4, Math.min(10, length - 4))}...`;
  return true;
};

/** RFC 5007. */
const leaseQuery: Print = (p, at, length, depth) => {
  const type = p.u8(at);
  p.text += type === 1 ? ' by-address' : type === 2 ? ' by-clientID' : ` type_${type}`;
  p.text += ` ${p.ip6(at + 1)}`;
  return rest(p, at, length, 17, depth);
};

const clientData: Print = (p, at, length, depth) => rest(p, at, length, 0, depth);

const relayData: Print = (p, at, length) => {
  p.text += ` ${p.ip6(at)} ${bytes(p, at + 16, Math.min(10, length - 16))}...`;
  return true;
};

/** RFC 5908. */
const timeServers: Print = (p, at, length) => {
  const end = at + length;
  while (at < end - 4) {
    const type = p.u16(at);
    const size = p.u16(at + 2);
    at += 4;
    if (at + size > end) return false;
    p.text += ` subopt:${type}`;
    if (type === 3) {
      p.text += ' ';
      if (printName(p, at, at + size) < 0) return false;
    } else p.text += (type === 1 || type === 2) && size === 16 ? ` ${p.ip6(at)}` : ' ?';
    at += size;
  }
  return true;
};

/** RFC 6334: labels, without pointers. */
const routerName: Print = (p, at, length) => {
  p.text += ' ';
  for (let left = length; left > 0 && p.u8(at) !== 0; ) {
    const size = p.u8(at++);
    if (size >= left - 1) {
      p.text += ' ?';
      break;
    }
    text(p, at, size);
    at += size;
    left -= size + 1;
    if (p.u8(at) !== 0) p.text += '.';
  }
  return true;
};

const plainText: Print = (p, at, length) => {
  p.text += ' ';
  text(p, at, length);
  return true;
};

/** Up to a NUL. */
function text(p: Page, at: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const byte = p.u8(at + i);
    if (byte === 0) break;
    p.text += visible[byte];
  }
}

const protocols = new Map<number, string>([
  [2, 'delayed'],
  [3, 'reconfigure'],
]);

/** RFC 8415 section 20. */
const authentication: Print = (p, at, length) => {
  const protocol = p.u8(at);
  const algorithm = p.u8(at + 1);
  const detection = p.u8(at + 2);
  p.text += ` proto: ${protocols.get(protocol) ?? protocol}`;
  p.text += `, alg: ${algorithm === 1 ? 'HMAC-MD5' : algorithm}, RDM: ${detection === 0 ? 'mono' : detection}, RD:`;
  for (let i = 0; i < 4; i++) p.text += ` ${hex4(p.u16(at + 3 + 2 * i))}`;
  let value = at + 11;
  const left = length - 11;
  if (protocol === 2 && left === 0) return true;
  if (protocol === 2 && left >= 20) {
    const realm = left - 20;
    if (realm > 0) p.text += `, realm: ${bytes(p, value, realm)}`;
    value += realm;
    p.text += `, key ID: ${hex8(p.u32(value))}, HMAC-MD5:`;
    value += 4;
  } else if (protocol === 3 && left === 17) {
    const type = p.u8(value++);
    p.text += type === 1 ? ' reconfig-key' : type === 2 ? ' type: HMAC-MD5' : ' type: ??';
    p.text += ' value:';
  } else {
    p.text += ' ??';
    return true;
  }
  for (let i = 0; i < 4; i++) p.text += ` ${hex8(p.u32(value + 4 * i))}`;
  return true;
};

const printers: Readonly<Record<number, readonly [Lengths, Print]>> = {
  1: [atLeast(2), identifier],
  2: [atLeast(2), identifier],
  3: [atLeast(12), association],
  4: [atLeast(4), temporary],
  5: [atLeast(24), address],
  6: [multipleOf(2), requested],
  7: [exactly(1), number8],
  8: [exactly(2), number16],
  9: [any, relayed],
  11: [atLeast(11), authentication],
  13: [atLeast(2), status],
  18: [any, beginning],
  19: [exactly(1), reconfigure],
  21: [any, domains],
  22: [multipleOf(16), addresses],
  23: [multipleOf(16), addresses],
  24: [any, domains],
  25: [atLeast(12), association],
  26: [atLeast(25), prefix],
  27: [multipleOf(16), addresses],
  28: [multipleOf(16), addresses],
  31: [multipleOf(16), addresses],
  32: [exactly(4), number32],
  34: [multipleOf(16), addresses],
  37: [atLeast(4), remoteId],
  38: [any, beginning],
  40: [multipleOf(16), addresses],
  41: [atLeast(5), plainText],
  42: [atLeast(5), plainText],
  43: [multipleOf(2), requested],
  44: [atLeast(17), leaseQuery],
  45: [any, clientData],
  46: [exactly(4), number32],
  47: [atLeast(16), relayData],
  48: [multipleOf(16), addresses],
  56: [atLeast(4), timeServers],
  64: [atLeast(3), routerName],
  112: [atLeast(5), plainText],
};
