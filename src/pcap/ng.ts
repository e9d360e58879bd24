/** pcapng: draft-ietf-opsawg-pcapng. Sections may differ in byte order; unknown blocks are passed over. */
import { type CaptureInterface, Direction } from '../model/index.ts';
import { formatIpv4, formatIpv6 } from '../util/address.ts';
import { latin1, u16, u16le, u32, u32le } from '../util/bytes.ts';
import { utf8FromBytes } from '../util/text.ts';
import { emptyFrame } from './classic.ts';
import { type DecoderOutput, type Format, maxUnit } from './decoder.ts';

export const BlockType = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simple: 3,
  names: 4,
  statistics: 5,
  enhanced: 6,
  secrets: 10,
} as const;

/** The end of the year 9999. */
const lastSecond = 253_402_300_799;
/** Interfaces of all sections: each is an object; a damaged file must not make millions. */
const maxInterfaces = 65_536;
/** Shorter is nonsense: type, length, length again. */
const minBlock = 12;

/** An interface block and its clock. */
interface NgInterface {
  readonly iface: CaptureInterface;
  readonly ticksPerSecond: bigint;
  /** Seconds to add. */
  readonly offset: bigint;
  /** Time of the last upper half seen, split: it changes every 4 s at nanoseconds. */
  high: number;
  baseSec: number;
  /** In ticks. */
  baseTicks: number;
  /** Drops told so far: statistics count from the beginning. */
  dropped: number;
}

export class NgFormat implements Format {
  need = minBlock;
  #bigEndian = false;
  #u32 = u32le;
  #u16 = u16le;
  #interfaces: NgInterface[] = [];
  #interfaceCount = 0;
  /** Number of each target's namespace; 0 is of those that have none. */
  readonly #targets = new Map([['', 0]]);
  readonly #frame = emptyFrame();

  read(buf: Uint8Array, at: number, end: number, out: DecoderOutput): number | string {
    // The section header's type reads the same in both orders.
    const isSection = u32(buf, at) === BlockType.section;
    if (isSection) {
      const magic = u32(buf, at + 8);
      if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) return 'a section without byte order';
      this.#bigEndian = magic === 0x1a2b3c4d;
      this.#u32 = this.#bigEndian ? u32 : u32le;
      this.#u16 = this.#bigEndian ? u16 : u16le;
    }
    const length = this.#u32(buf, at + 4);
    if (length < minBlock || length % 4 !== 0 || length > maxUnit) return `a block of ${length} bytes`;
    if (end - at < length) {
      this.need = length;
      return 0;
    }
    this.need = minBlock;
    if (this.#u32(buf, at + length - 4) !== length) return 'a block whose two lengths differ';
    const wrong = this.#block(
      isSection ? BlockType.section : this.#u32(buf, at),
      buf,
      at + 8,
      at + length - 4,
      out,
    );
    return wrong ?? length;
  }

  /** @param end of the body, exclusive */
  #block(type: number, buf: Uint8Array, at: number, end: number, out: DecoderOutput): string | undefined {
    switch (type) {
      case BlockType.section:
        if (end - at < 16) return 'a section header that is too short';
        this.#interfaces = [];
        return;
      case BlockType.interface:
        return this.#interface(buf, at, end, out);
      case BlockType.enhanced:
        if (end - at < 20) return 'a packet block that is too short';
        return this.#packet(this.#u32(buf, at), buf, at, end, out);
      case BlockType.packet:
        if (end - at < 20) return 'a packet block that is too short';
        return this.#packet(this.#u16(buf, at), buf, at, end, out);
      case BlockType.simple:
        return this.#simple(buf, at, end, out);
      case BlockType.names:
        this.#names(buf, at, end, out);
        return;
      case BlockType.statistics:
        this.#statistics(buf, at, end, out);
        return;
      case BlockType.secrets: {
        if (end - at < 8) return 'a secrets block that is too short';
        const length = this.#u32(buf, at + 4);
        if (at + 8 + length > end) return 'a secrets block that is too short';
        out.secrets?.(this.#u32(buf, at), buf.slice(at + 8, at + 8 + length));
        return;
      }
    }
  }

  #interface(buf: Uint8Array, at: number, end: number, out: DecoderOutput): string | undefined {
    if (end - at < 8) return 'an interface block that is too short';
    if (this.#interfaceCount >= maxInterfaces) return `more than ${maxInterfaces} interfaces`;
    let name = '';
    let resolution = 6;
    let offset = 0n;
    this.#options(buf, at + 8, end, (code, from, length) => {
      if (code === 2) name = utf8FromBytes(latin1(buf, from, from + length));
      else if (code === 9 && length >= 1) resolution = buf[from]!;
      else if (code === 14 && length >= 8) offset = BigInt.asIntN(64, this.#u64(buf, from));
    });
    const slash = name.indexOf('/');
    const target = slash > 0 ? name.slice(0, slash) : '';
    if (!this.#targets.has(target)) this.#targets.set(target, this.#targets.size);
    const iface: CaptureInterface = {
      id: this.#interfaceCount++,
      name,
      linktype: this.#u16(buf, at),
      snaplen: this.#u32(buf, at + 4),
      // Files do not know namespaces; interfaces of one target are of one.
      netns: this.#targets.get(target)!,
      target,
      ...(this.#bigEndian ? { isBigEndian: true } : {}),
    };
    const power = BigInt(Math.min(resolution & 0x7f, 63));
    const ticksPerSecond = resolution & 0x80 ? 2n ** power : 10n ** power;
    this.#interfaces.push({ iface, ticksPerSecond, offset, high: -1, baseSec: 0, baseTicks: 0, dropped: 0 });
    out.interface(iface);
  }

  #packet(index: number, buf: Uint8Array, at: number, end: number, out: DecoderOutput): string | undefined {
    const source = this.#interfaces[index];
    if (!source) return `a packet of interface ${index}, which was never described`;
    const capLen = this.#u32(buf, at + 12);
    const from = at + 20;
    if (capLen > end - from) return `a packet of ${capLen} bytes in a block of ${end - from}`;
    const frame = this.#frame;
    this.#time(source, this.#u32(buf, at + 4), this.#u32(buf, at + 8));
    frame.direction = Direction.unknown;
    const options = from + ((capLen + 3) & ~3);
    if (end - options >= 8) this.#flags(buf, options, end);
    this.#deliver(source, buf, from, capLen, this.#u32(buf, at + 16), out);
  }

  #simple(buf: Uint8Array, at: number, end: number, out: DecoderOutput): string | undefined {
    const source = this.#interfaces[0];
    if (!source || end - at < 4) return 'a simple packet without an interface';
    const origLen = this.#u32(buf, at);
    const { snaplen } = source.iface;
    const capLen = Math.min(origLen, snaplen === 0 ? origLen : snaplen, end - at - 4);
    // It has no time: that of the packet before is the nearest guess.
    this.#frame.direction = Direction.unknown;
    this.#deliver(source, buf, at + 4, capLen, origLen, out);
  }

  #deliver(
    source: NgInterface,
    buf: Uint8Array,
    from: number,
    capLen: number,
    origLen: number,
    out: DecoderOutput,
  ): void {
    const frame = this.#frame;
    frame.buf = buf;
    frame.start = from;
    frame.capLen = capLen;
    frame.origLen = Math.max(capLen, origLen);
    frame.iface = source.iface;
    frame.number++;
    out.frame(frame);
  }

  /** epb_flags: bits 0 and 1 are the direction (section 4.3.1). */
  #flags(buf: Uint8Array, at: number, end: number): void {
    while (end - at >= 4) {
      const code = this.#u16(buf, at);
      const length = this.#u16(buf, at + 2);
      if (code === 0 || at + 4 + length > end) return;
      if (code === 2 && length === 4) {
        const direction = this.#u32(buf, at + 4) & 3;
        this.#frame.direction =
          direction === 1 ? Direction.in : direction === 2 ? Direction.out : Direction.unknown;
        return;
      }
      at += 4 + ((length + 3) & ~3);
    }
  }

  #time(source: NgInterface, high: number, low: number): void {
    const { ticksPerSecond } = source;
    if (high !== source.high) {
      source.high = high;
      const ticks = BigInt(high) << 32n;
      source.baseSec = Number(ticks / ticksPerSecond + source.offset);
      source.baseTicks = Number(ticks % ticksPerSecond);
    }
    const frame = this.#frame;
    // What a double or a date cannot hold is no time.
    if (!(source.baseSec >= 0 && source.baseSec <= lastSecond)) {
      frame.sec = frame.nsec = 0;
      return;
    }
    if (ticksPerSecond === 1_000_000_000n || ticksPerSecond === 1_000_000n) {
      const perSecond = ticksPerSecond === 1_000_000n ? 1e6 : 1e9;
      const ticks = source.baseTicks + low;
      const seconds = Math.floor(ticks / perSecond);
      frame.sec = source.baseSec + seconds;
      frame.nsec = (ticks - seconds * perSecond) * (1e9 / perSecond);
      return;
    }
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const sec = Number(ticks / ticksPerSecond + source.offset);
    const isTime = sec >= 0 && sec <= lastSecond;
    frame.sec = isTime ? sec : 0;
    frame.nsec = isTime ? Number(((ticks % ticksPerSecond) * 1_000_000_000n) / ticksPerSecond) : 0;
  }

  /** Section 4.6: isb_ifdrop and isb_osdrop, packets that whoever captured had to let go. */
  #statistics(buf: Uint8Array, at: number, end: number, out: DecoderOutput): void {
    const source = end - at < 12 ? undefined : this.#interfaces[this.#u32(buf, at)];
    if (!source) return;
    let dropped = 0;
    this.#options(buf, at + 12, end, (code, from, length) => {
      if ((code === 5 || code === 7) && length === 8) dropped += Number(this.#u64(buf, from));
    });
    const count = dropped - source.dropped;
    if (!Number.isSafeInteger(dropped) || count <= 0) return;
    source.dropped = dropped;
    out.loss({ kind: 'kernelDrop', count, iface: source.iface });
  }

  /** Section 4.5: records of an address and its zero-terminated names. */
  #names(buf: Uint8Array, at: number, end: number, out: DecoderOutput): void {
    while (end - at >= 4) {
      const type = this.#u16(buf, at);
      const length = this.#u16(buf, at + 2);
      const from = at + 4;
      if (type === 0 || from + length > end) return;
      const addressLength = type === 1 ? 4 : type === 2 ? 16 : 0;
      if (addressLength > 0 && length > addressLength) {
        const address = type === 1 ? formatIpv4(buf, from) : formatIpv6(buf, from);
        for (const name of utf8FromBytes(latin1(buf, from + addressLength, from + length)).split('\0'))
          if (name !== '') out.name?.(address, name);
      }
      at = from + ((length + 3) & ~3);
    }
  }

  #options(
    buf: Uint8Array,
    at: number,
    end: number,
    each: (code: number, from: number, length: number) => void,
  ): void {
    while (end - at >= 4) {
      const code = this.#u16(buf, at);
      const length = this.#u16(buf, at + 2);
      if (code === 0 || at + 4 + length > end) return;
      each(code, at + 4, length);
      at += 4 + ((length + 3) & ~3);
    }
  }

  #u64(buf: Uint8Array, at: number): bigint {
    const a = BigInt(this.#u32(buf, at));
    const b = BigInt(this.#u32(buf, at + 4));
    return this.#bigEndian ? (a << 32n) | b : (b << 32n) | a;
  }
}
