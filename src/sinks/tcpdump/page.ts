/** The text of one packet while it grows, and the bytes it is read from. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { hex2, visible } from './format.ts';
import type { PrintOptions } from './options.ts';
import { ouiNames } from './tables.ts';
import { type SeqTable, seqTable } from './tcp-seq.ts';

/**
 * Thrown by a read beyond the captured bytes and caught in `index.ts`, which then prints the mark of
 * the protocol that was being read (`[|tcp]`). One object for all, so that a throw costs no stack.
 */
export const cut = new Error('beyond the captured bytes');

/**
 * Headers within headers that are followed. tcpdump follows them all; a packet of nothing but them would
 * have thousands, more than the stack holds. Real ones stay under ten.
 */
const maxDepth = 128;

/** Slots of the text caches, a power of two. A slot holds the last address that fell on it. */
const addressSlots = 4096;

/**
 * One a printer, reused for every packet. Offsets are into `buf`; reads check against `end`, never
 * against the buffer, and throw `cut`.
 */
export class Page {
  readonly options: PrintOptions;
  /** -v count, -q, -e: what the printers ask for most. */
  readonly v: number;
  readonly quiet: boolean;
  readonly linkHeader: boolean;
  /** Payloads of unknown type are not printed: -q, or -x and -X, with which the bytes come anyway. */
  readonly payloadsHidden: boolean;
  /** Names instead of numbers. */
  readonly named: boolean;

  buf: Uint8Array = new Uint8Array(0);
  /** Exclusive end of what may be read: the captured bytes, or less inside a layer that states its length. */
  end = 0;
  /** What the mark of a cut packet names. */
  protocol = '';
  text = '';
  /** Bytes before the network layer: what -x, -X and -A leave out. */
  linkLength = 0;

  /** The IP header around what is being printed. */
  ipAt = 0;
  ipVersion: 4 | 6 = 4;
  /** More fragments follow: checksums and lengths are the whole datagram's. */
  fragmented = false;
  /** Time to live, hop limit. */
  hops = 0;

  /** TCP's and UDP's are judged: not with -K, nor when the network card is to fill them in. */
  checksums = true;
  /** End of the TCP segment by its IP header, captured or not. */
  segmentEnd = 0;

  #depth = 0;

  readonly seq4: SeqTable = seqTable(1);
  readonly seq6: SeqTable = seqTable(4);

  readonly #keys4 = new Uint32Array(addressSlots);
  readonly #texts4: string[] = new Array(addressSlots).fill('');
  readonly #keys6 = new Uint8Array(addressSlots * 16);
  readonly #texts6: string[] = new Array(addressSlots).fill('');
  /** Indexed by port; filled as ports are seen. */
  readonly #tcpPorts: string[] = new Array(65_536);
  readonly #udpPorts: string[] = new Array(65_536);

  constructor(options: PrintOptions) {
    this.options = options;
    this.v = options.verbose;
    this.quiet = options.quiet;
    this.linkHeader = options.linkHeader;
    this.payloadsHidden = options.quiet || options.hex > 0 || options.hexAscii > 0;
    this.named = options.noNames === 0;
  }

  /** A new packet. */
  begin(buf: Uint8Array, end: number, text: string): void {
    this.buf = buf;
    this.end = end;
    this.text = text;
    this.protocol = '';
    this.linkLength = 0;
    this.#depth = 0;
  }

  /** One more header that may be within another one like it; a mark, and false, when there are too many. */
  deeper(): boolean {
    if (++this.#depth <= maxDepth) return true;
    this.cutMark();
    return false;
  }

  u8(at: number): number {
    if (at >= this.end) throw cut;
    return this.buf[at]!;
  }

  i8(at: number): number {
    return (this.u8(at) << 24) >> 24;
  }

  u16(at: number): number {
    if (at + 2 > this.end) throw cut;
    const { buf } = this;
    return (buf[at]! << 8) | buf[at + 1]!;
  }

  u24(at: number): number {
    if (at + 3 > this.end) throw cut;
    const { buf } = this;
    return (buf[at]! << 16) | (buf[at + 1]! << 8) | buf[at + 2]!;
  }

  /** Unsigned. */
  u32(at: number): number {
    if (at + 4 > this.end) throw cut;
    const { buf } = this;
    return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0;
  }

  u64(at: number): bigint {
    this.need(at, 8);
    return (BigInt(this.u32(at)) << 32n) | BigInt(this.u32(at + 4));
  }

  u16le(at: number): number {
    if (at + 2 > this.end) throw cut;
    return this.buf[at]! | (this.buf[at + 1]! << 8);
  }

  /** Are so many bytes there? */
  has(at: number, length: number): boolean {
    return length >= 0 && at + length <= this.end;
  }

  need(at: number, length: number): void {
    if (length < 0 || at + length > this.end) throw cut;
  }

  /** Bytes there from `at` on; may be negative. */
  left(at: number): number {
    return this.end - at;
  }

  /** The mark of a packet cut within the present protocol. */
  cutMark(): void {
    this.text += ` [|${this.protocol}]`;
  }

  invalid(): void {
    this.text += ' (invalid)';
  }

  ip4(at: number): string {
    const key = this.u32(at);
    const slot = (key ^ (key >>> 12) ^ (key >>> 20)) & (addressSlots - 1);
    let text = this.#texts4[slot]!;
    if (this.#keys4[slot] !== key || text === '') {
      text = formatIpv4(this.buf, at);
      this.#keys4[slot] = key;
      this.#texts4[slot] = text;
    }
    return this.named ? (this.options.hostName?.(text) ?? text) : text;
  }

  ip6(at: number): string {
    this.need(at, 16);
    const { buf } = this;
    const slot =
      (buf[at + 15]! ^ (buf[at + 14]! << 4) ^ (buf[at + 7]! << 2) ^ (buf[at + 13]! << 3)) &
      (addressSlots - 1);
    const keys = this.#keys6;
    let text = this.#texts6[slot]!;
    let same = text !== '';
    for (let i = 0; same && i < 16; i++) same = keys[slot * 16 + i] === buf[at + i];
    if (!same) {
      text = formatIpv6(buf, at);
      for (let i = 0; i < 16; i++) keys[slot * 16 + i] = buf[at + i]!;
      this.#texts6[slot] = text;
    }
    return this.named ? (this.options.hostName?.(text) ?? text) : text;
  }

  mac(at: number): string {
    this.need(at, 6);
    const { buf } = this;
    const text = `${hex2[buf[at]!]}:${hex2[buf[at + 1]!]}:${hex2[buf[at + 2]!]}:${hex2[buf[at + 3]!]}:${hex2[buf[at + 4]!]}:${hex2[buf[at + 5]!]}`;
    if (!this.named) return text;
    if (text === 'ff:ff:ff:ff:ff:ff') return 'Broadcast';
    return `${text} (oui ${ouiNames.get(this.u24(at)) ?? 'Unknown'})`;
  }

  tcpPort(port: number): string {
    let text = this.#tcpPorts[port];
    if (text === undefined) {
      text = this.#portName(port, 'tcp');
      this.#tcpPorts[port] = text;
    }
    return text;
  }

  udpPort(port: number): string {
    let text = this.#udpPorts[port];
    if (text === undefined) {
      text = this.#portName(port, 'udp');
      this.#udpPorts[port] = text;
    }
    return text;
  }

  #portName(port: number, protocol: 'tcp' | 'udp'): string {
    return (this.named ? this.options.serviceName?.(port, protocol) : undefined) ?? String(port);
  }

  /**
   * A counted string with unprintable bytes as ^X and M-X. Ends at what was captured.
   * @returns false when it was cut
   */
  string(at: number, length: number): boolean {
    const stop = Math.min(at + length, this.end);
    for (let i = at; i < stop; i++) this.text += visible[this.buf[i]!];
    return at + length <= this.end;
  }

  /**
   * A string up to its NUL within a field of `length` bytes.
   * @returns bytes read, NUL included; 0 when it has none
   */
  stringz(at: number, length: number): number {
    for (let i = 0; i < length && at + i < this.end; i++) {
      const byte = this.buf[at + i]!;
      if (byte === 0) return i + 1;
      this.text += visible[byte];
    }
    return 0;
  }
}
