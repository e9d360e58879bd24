/** pcapng blocks. Times in nanoseconds, lengths to 32 bits, little-endian. */
import { type CaptureInterface, Direction, type Frame, type SourceCounters } from '../model/index.ts';
import { utf8Bytes } from '../util/text.ts';
import { Chunk } from './chunk.ts';
import { BlockType } from './ng.ts';

/** Longest value of an option that is a multiple of four. */
const maxOption = 0xfffc;

export interface SectionOptions {
  readonly hardware?: string;
  readonly os?: string;
  readonly application?: string;
}

export class PcapngWriter {
  readonly chunk = new Chunk();
  /** The second of the frame before in nanoseconds, as two words: it is the same for many. */
  #second = -1;
  #secondHigh = 0;
  #secondLow = 0;

  section(options: SectionOptions): void {
    const start = this.#begin(BlockType.section, 256);
    const { chunk } = this;
    chunk.u32(0x1a2b3c4d);
    chunk.u16(1);
    chunk.u16(0);
    // Length of the section: not known.
    chunk.u32(0xffffffff);
    chunk.u32(0xffffffff);
    this.#text(2, options.hardware);
    this.#text(3, options.os);
    this.#text(4, options.application);
    this.#endOfOptions();
    this.#close(start);
  }

  interface(iface: CaptureInterface, filter = ''): void {
    const start = this.#begin(BlockType.interface, 256);
    const { chunk } = this;
    chunk.u16(iface.linktype);
    chunk.u16(0);
    chunk.u32(iface.snaplen);
    // opt_comment
    this.#text(1, iface.comment);
    this.#text(2, iface.name);
    // if_tsresol: nanoseconds
    this.#option(9, Uint8Array.of(9));
    // if_filter: the first byte 0 says that text follows
    if (filter !== '') this.#option(11, Uint8Array.of(0, ...utf8Bytes(filter)));
    this.#endOfOptions();
    this.#close(start);
  }

  /** @param index of the frame's interface within this section */
  frame(frame: Frame, index: number): void {
    const { capLen } = frame;
    const pad = -capLen & 3;
    const hasDirection = frame.direction !== Direction.unknown;
    const length = 32 + capLen + pad + (hasDirection ? 12 : 0);
    const { chunk } = this;
    chunk.reserve(length);
    const at = chunk.length;
    const end = at + length;
    const { words } = chunk;
    if (frame.sec !== this.#second) this.#setSecond(frame.sec);
    // In 32 bits: the sum has wrapped when it is less than what was added.
    const low = (this.#secondLow + frame.nsec) | 0;
    const carry = low >>> 0 < frame.nsec ? 1 : 0;
    words.setInt32(at, BlockType.enhanced, true);
    words.setInt32(at + 4, length, true);
    words.setInt32(at + 8, index, true);
    words.setInt32(at + 12, this.#secondHigh + carry, true);
    words.setInt32(at + 16, low, true);
    words.setInt32(at + 20, capLen, true);
    words.setInt32(at + 24, frame.origLen, true);
    const body = at + 28;
    // The padding's zeros first, then the bytes over them.
    if (pad > 0) words.setInt32(body + capLen + pad - 4, 0, true);
    chunk.copyTo(body, frame.buf, frame.start, frame.start + capLen);
    if (hasDirection) {
      // epb_flags: code 2, length 4; then the end of the options
      words.setInt32(end - 16, 0x0004_0002, true);
      words.setInt32(end - 12, frame.direction === Direction.in ? 1 : 2, true);
      words.setInt32(end - 8, 0, true);
    }
    words.setInt32(end - 4, length, true);
    chunk.length = end;
  }

  #setSecond(sec: number): void {
    const nanoseconds = BigInt(sec) * 1_000_000_000n;
    this.#second = sec;
    this.#secondHigh = Number(BigInt.asIntN(32, nanoseconds >> 32n));
    this.#secondLow = Number(BigInt.asIntN(32, nanoseconds));
  }

  /** Section 4.6: what the kernel counted on an interface. */
  statistics(
    index: number,
    counters: Pick<SourceCounters, 'received' | 'dropped'>,
    sec: number,
    nsec: number,
    comment = '',
  ): void {
    const start = this.#begin(BlockType.statistics, 96);
    const { chunk } = this;
    const now = BigInt(sec) * 1_000_000_000n + BigInt(nsec);
    chunk.u32(index);
    chunk.u32(Number(now >> 32n));
    chunk.u32(Number(now & 0xffffffffn));
    this.#text(1, comment);
    this.#option(4, uint64(counters.received));
    this.#option(5, uint64(counters.dropped));
    this.#endOfOptions();
    this.#close(start);
  }

  /** Section 4.5. Addresses as text; those that are none are left out. */
  names(entries: Iterable<readonly [address: string, name: string]>): void {
    const start = this.#begin(BlockType.names, 64);
    for (const [address, name] of entries) {
      const bytes = address.includes(':') ? parseIpv6(address) : parseIpv4(address);
      if (!bytes) continue;
      const text = utf8Bytes(name);
      this.#option(bytes.length === 4 ? 1 : 2, Uint8Array.of(...bytes, ...text, 0));
    }
    this.#endOfOptions();
    this.#close(start);
  }

  /** Section 4.7; 0x544c534b is a TLS key log. */
  secrets(type: number, bytes: Uint8Array): void {
    const start = this.#begin(BlockType.secrets, 32 + bytes.length);
    this.chunk.u32(type);
    this.chunk.u32(bytes.length);
    this.chunk.copy(bytes, 0, bytes.length);
    this.chunk.zeros(-bytes.length & 3);
    this.#close(start);
  }

  /** Writes type and room for the length; returns where the block starts. */
  #begin(type: number, room: number): number {
    const start = this.chunk.length;
    this.chunk.reserve(room);
    this.chunk.u32(type);
    this.chunk.u32(0);
    return start;
  }

  #close(start: number): void {
    const { chunk } = this;
    chunk.reserve(4);
    const length = chunk.length + 4 - start;
    chunk.u32(length);
    const end = chunk.length;
    chunk.length = start + 4;
    chunk.u32(length);
    chunk.length = end;
  }

  #text(code: number, text: string | undefined): void {
    if (text) this.#option(code, utf8Bytes(text));
  }

  #option(code: number, given: Uint8Array): void {
    const { chunk } = this;
    // Its length is a 16 bit number.
    const value = given.length > maxOption ? given.subarray(0, maxOption) : given;
    chunk.reserve(8 + value.length);
    chunk.u16(code);
    chunk.u16(value.length);
    chunk.copy(value, 0, value.length);
    chunk.zeros(-value.length & 3);
  }

  #endOfOptions(): void {
    this.chunk.reserve(8);
    this.chunk.u32(0);
  }
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let i = 0, rest = value; i < 8; i++, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.').map(Number);
  return parts.length === 4 && parts.every((n) => n >= 0 && n < 256) ? parts : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (v4) {
    const [a, b, c, d] = v4.slice(2).map(Number) as [number, number, number, number];
    text = `${v4[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [left, right] = text.split('::');
  const words = (part: string | undefined) => (part ? part.split(':') : []);
  const head = words(left);
  const tail = words(right);
  const gap = text.includes('::') ? 8 - head.length - tail.length : 0;
  if (gap < 0) return undefined;
  const all = [...head, ...new Array<string>(gap).fill('0'), ...tail];
  if (all.length !== 8 || !all.every((w) => /^[0-9a-f]{1,4}$/i.test(w))) return undefined;
  return all.flatMap((w) => [Number.parseInt(w, 16) >> 8, Number.parseInt(w, 16) & 255]);
}
