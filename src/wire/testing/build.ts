/** Builds frames for tests: Ethernet, IPv4 or IPv6, TCP or UDP. Checksums are left 0: nobody here judges them. */
import { Direction, type Frame, LinkType } from '../../model/index.ts';

export const ethernetInterface = {
  id: 0,
  name: 'test/eth0',
  linktype: LinkType.ethernet as number,
  snaplen: 0,
  netns: 1,
  target: 'test',
};

export interface Endpoints {
  readonly src: readonly number[];
  readonly dst: readonly number[];
  readonly srcPort: number;
  readonly dstPort: number;
}

const word = (n: number) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const half = (n: number) => [(n >>> 8) & 255, n & 255];

export interface Segment {
  readonly seq: number;
  readonly ack?: number;
  /** TcpFlag bits. */
  readonly flags: number;
  readonly payload?: Uint8Array | string;
  /** As in the header; the largest when not given. */
  readonly window?: number;
}

const toBytes = (p: Uint8Array | string | undefined) =>
  typeof p === 'string' ? new TextEncoder().encode(p) : (p ?? new Uint8Array(0));

export function tcp(ends: Endpoints, { seq, ack = 0, flags, payload, window = 65_535 }: Segment): number[] {
  return [
    ...half(ends.srcPort),
    ...half(ends.dstPort),
    ...word(seq),
    ...word(ack),
    0x50,
    flags,
    ...half(window),
    0,
    0,
    0,
    0,
    ...toBytes(payload),
  ];
}

export function udp(ends: Endpoints, payload: Uint8Array | string): number[] {
  const bytes = toBytes(payload);
  return [...half(ends.srcPort), ...half(ends.dstPort), ...half(8 + bytes.length), 0, 0, ...bytes];
}

/** An ICMP or ICMPv6 error that quotes `packet`, an IP packet, as far as `quoted` bytes. @param rest bytes 4 to 7 */
export function icmpError(
  type: number,
  code: number,
  packet: readonly number[],
  { rest = 0, quoted = packet.length }: { readonly rest?: number; readonly quoted?: number } = {},
): number[] {
  return [type, code, 0, 0, ...word(rest), ...packet.slice(0, quoted)];
}

/** The 802.1Q tag of a VLAN, around what is in an Ethernet frame. */
export function vlan(id: number, payload: readonly number[]): number[] {
  return ethernet([...half(id), ...half(payload[0]! >> 4 === 6 ? 0x86dd : 0x0800), ...payload], 0x8100);
}

export interface IpOptions {
  readonly id?: number;
  /** IPv4 flags and fragment offset, as in the header. */
  readonly fragment?: number;
}

export function ip(
  ends: Endpoints,
  protocol: number,
  payload: readonly number[],
  options: IpOptions = {},
): number[] {
  if (ends.src.length === 16)
    return [0x60, 0, 0, 0, ...half(payload.length), protocol, 64, ...ends.src, ...ends.dst, ...payload];
  return [
    0x45,
    0,
    ...half(20 + payload.length),
    ...half(options.id ?? 0),
    ...half(options.fragment ?? 0),
    64,
    protocol,
    0,
    0,
    ...ends.src,
    ...ends.dst,
    ...payload,
  ];
}

export function ethernet(
  payload: readonly number[],
  etherType = payload[0]! >> 4 === 6 ? 0x86dd : 0x0800,
): number[] {
  return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...half(etherType), ...payload];
}

/** @param keep bytes the snap length leaves */
export function frame(bytes: readonly number[], atNs = 0, keep = bytes.length): Frame {
  // Behind other bytes, so that offsets are never 0 by luck.
  const buf = new Uint8Array(7 + bytes.length);
  buf.fill(0xee);
  buf.set(bytes, 7);
  return {
    buf,
    start: 7,
    capLen: Math.min(keep, bytes.length),
    origLen: bytes.length,
    sec: 1_700_000_000 + Math.floor(atNs / 1e9),
    nsec: atNs % 1e9,
    iface: ethernetInterface,
    direction: Direction.unknown,
    number: 1,
    checksumNotReady: false,
  };
}
