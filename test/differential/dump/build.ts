/** Frames for the comparison with tcpdump: layers from the inside out, checksums right unless told otherwise. */

export type Bytes = readonly number[];

export const text = (s: string): number[] => [...new TextEncoder().encode(s)];
export const hex = (s: string): number[] => [...Buffer.from(s.replace(/\s/g, ''), 'hex')];
export const half = (n: number) => [(n >> 8) & 255, n & 255];
export const word = (n: number) => [...half(n >>> 16), ...half(n)];
export const zeros = (n: number): number[] => new Array(n).fill(0);

export const hostA = [192, 0, 2, 1];
export const hostB = [198, 51, 100, 7];
const prefix6 = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
export const hostA6 = [...prefix6, 1];
export const hostB6 = [...prefix6, 2];
export const group6 = hex('ff0200000000000000000000000000fb');

const macA = [2, 0, 0, 0, 0, 1];
const macB = [0x00, 0x00, 0x0c, 0, 0, 2];
export const broadcast = [255, 255, 255, 255, 255, 255];

export function ethernet(type: number, payload: Bytes, to: Bytes = macB): number[] {
  return [...to, ...macA, ...half(type), ...payload];
}

/** IEEE 802.3: a length where the type would be. */
export const ieee8023 = (payload: Bytes, to: Bytes = macB) => ethernet(payload.length, payload, to);

function sum(bytes: Bytes, start = 0): number {
  let total = start;
  for (let i = 0; i < bytes.length; i += 2) total += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

/** Puts the Internet checksum at `at`, over a pseudo-header where there is one. */
function seal(bytes: Bytes, at: number, pseudo: Bytes = []): number[] {
  const sealed = [...bytes];
  sealed[at] = sealed[at + 1] = 0;
  const value = ~sum(sealed, sum(pseudo)) & 0xffff;
  sealed[at] = value >> 8;
  sealed[at + 1] = value & 255;
  return sealed;
}

/** Where a transport's checksum is. */
const checksumOffsets: Readonly<Record<number, number>> = { 1: 2, 2: 2, 6: 16, 17: 6, 58: 2 };
const pseudoProtocols: readonly number[] = [6, 17, 58];

interface Ip4Options {
  readonly tos?: number;
  readonly id?: number;
  /** Flags and offset as in the header. */
  readonly fragment?: number;
  readonly ttl?: number;
  readonly options?: Bytes;
  /** Length field, when it is not to be true. */
  readonly length?: number;
  readonly from?: Bytes;
  readonly to?: Bytes;
  /** False leaves the transport's checksum as it is. */
  readonly sealed?: boolean;
}

export function ip4(protocol: number, payload: Bytes, o: Ip4Options = {}): number[] {
  const { from = hostA, to = hostB, options = [] } = o;
  const header = 20 + options.length;
  const at = checksumOffsets[protocol];
  const pseudo = pseudoProtocols.includes(protocol) && protocol !== 58;
  const body =
    at === undefined || o.sealed === false || o.fragment || payload.length < at + 2
      ? payload
      : seal(payload, at, pseudo ? [...from, ...to, 0, protocol, ...half(payload.length)] : []);
  return [
    ...seal(
      [
        ...[0x40 | (header / 4), o.tos ?? 0],
        ...half(o.length ?? header + payload.length),
        ...half(o.id ?? 4711),
        ...half(o.fragment ?? 0),
        ...[o.ttl ?? 64, protocol, 0, 0],
        ...from,
        ...to,
        ...options,
      ],
      10,
    ),
    ...body,
  ];
}

interface Ip6Options {
  /** Version, traffic class, flow label. */
  readonly first?: number;
  readonly hops?: number;
  readonly length?: number;
  readonly from?: Bytes;
  readonly to?: Bytes;
  /** Extension headers and the protocol of the first one. */
  readonly extensions?: readonly [next: number, bytes: Bytes];
  readonly sealed?: boolean;
}

export function ip6(protocol: number, payload: Bytes, o: Ip6Options = {}): number[] {
  const { from = hostA6, to = hostB6 } = o;
  const at = checksumOffsets[protocol];
  const body =
    at === undefined || o.sealed === false || payload.length < at + 2
      ? payload
      : seal(payload, at, [...from, ...to, ...word(payload.length), 0, 0, 0, protocol]);
  const [next, extensions] = o.extensions ?? [protocol, []];
  return [
    ...word(o.first ?? 0x60000000),
    ...half(o.length ?? extensions.length + payload.length),
    ...[next, o.hops ?? 64],
    ...from,
    ...to,
    ...extensions,
    ...body,
  ];
}

export function udp(from: number, to: number, payload: Bytes, length = 8 + payload.length): number[] {
  return [...half(from), ...half(to), ...half(length), 0, 0, ...payload];
}

interface TcpOptions {
  readonly seq?: number;
  readonly ack?: number;
  readonly flags?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** Padded to whole words. */
  readonly options?: Bytes;
  /** Header length in words, when it is not to be true. */
  readonly words?: number;
}

export function tcp(from: number, to: number, payload: Bytes = [], o: TcpOptions = {}): number[] {
  const options = [...(o.options ?? [])];
  while (options.length % 4 !== 0) options.push(1);
  return [
    ...half(from),
    ...half(to),
    ...word(o.seq ?? 1000),
    ...word(o.ack ?? 2000),
    ...[(o.words ?? 5 + options.length / 4) << 4, o.flags ?? 0x18],
    ...half(o.window ?? 501),
    ...[0, 0],
    ...half(o.urgent ?? 0),
    ...options,
    ...payload,
  ];
}

/** Ethernet, IPv4 and what is in it. */
export const over4 = (protocol: number, payload: Bytes, o?: Ip4Options) =>
  ethernet(0x0800, ip4(protocol, payload, o));
export const over6 = (protocol: number, payload: Bytes, o?: Ip6Options) =>
  ethernet(0x86dd, ip6(protocol, payload, o));
export const udp4 = (from: number, to: number, payload: Bytes | string) =>
  over4(17, udp(from, to, typeof payload === 'string' ? text(payload) : payload));
export const tcp4 = (from: number, to: number, payload: Bytes | string, o?: TcpOptions) =>
  over4(6, tcp(from, to, typeof payload === 'string' ? text(payload) : payload, o));
