/**
 * Packets kept for whoever opens an exchange: the last so many bytes of them, found by their conversation. Numbers and
 * bytes in typed arrays; nothing is made for a packet.
 */
import type { CaptureInterface, Connection, Frame, Packet } from '../model/index.ts';
import { parseIpv4, parseIpv6 } from '../util/parse-address.ts';
import { createPacket, decode } from '../wire/index.ts';

const chunkBytes = 1024 * 1024;
/** A packet's record beside its bytes; mean packets are larger than this. */
const bytesPerRecord = 256;
const maxRecords = 2 ** 21;

interface Records {
  readonly chunk: Int32Array;
  readonly offset: Int32Array;
  readonly capLen: Int32Array;
  readonly origLen: Int32Array;
  readonly sec: Float64Array;
  readonly nsec: Int32Array;
  readonly iface: Int32Array;
  readonly direction: Uint8Array;
  readonly number: Float64Array;
  readonly hash: Int32Array;
  /** Record before it of the same conversation. */
  readonly before: Float64Array;
}

/** FNV-1a over the bytes of an address. */
function mix(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Of one end; both ends' are added, so that it is the same whoever sends. */
function hashEnd(bytes: Uint8Array, at: number, length: number, port: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < length; i++) hash = mix(hash, bytes[at + i]!);
  return mix(mix(hash, port >> 8), port & 255);
}

export class FrameShelf {
  readonly #limit: number;
  readonly #capacity: number;
  #records: Records | undefined;
  readonly #chunks = new Map<number, Uint8Array>();
  #chunk = 0;
  #used = chunkBytes;
  readonly #ifaces: CaptureInterface[] = [];
  readonly #ifaceNumbers = new Map<CaptureInterface, number>();
  /** Last record of each conversation that has one. */
  readonly #last = new Map<number, number>();
  readonly #packet: Packet = createPacket();
  #first = 0;
  #next = 0;

  /** @param limit bytes of packets */
  constructor(limit: number) {
    this.#limit = Math.max(limit, 2 * chunkBytes);
    this.#capacity = Math.min(maxRecords, 2 ** Math.ceil(Math.log2(this.#limit / bytesPerRecord)));
  }

  get bytes(): number {
    return this.#chunks.size * chunkBytes;
  }

  add(frame: Frame): void {
    const packet = this.#packet;
    decode(frame, packet);
    if (packet.transport !== 6 && packet.transport !== 17) return;
    const { capLen } = frame;
    if (capLen > chunkBytes) return;
    if (this.#used + capLen > chunkBytes) this.#newChunk();
    if (this.#next - this.#first >= this.#capacity) this.#drop();
    this.#records ??= recordsOf(this.#capacity);
    const r = this.#records;
    const at = this.#next % this.#capacity;
    const chunk = this.#chunks.get(this.#chunk)!;
    for (let i = 0; i < capLen; i++) chunk[this.#used + i] = frame.buf[frame.start + i]!;
    const length = packet.ipVersion === 4 ? 4 : 16;
    const hash =
      (hashEnd(packet.buf, packet.srcOff, length, packet.srcPort) +
        hashEnd(packet.buf, packet.dstOff, length, packet.dstPort) +
        packet.transport) |
      0;
    r.chunk[at] = this.#chunk;
    r.offset[at] = this.#used;
    r.capLen[at] = capLen;
    r.origLen[at] = frame.origLen;
    r.sec[at] = frame.sec;
    r.nsec[at] = frame.nsec;
    r.iface[at] = this.#ifaceOf(frame.iface);
    r.direction[at] = frame.direction;
    r.number[at] = frame.number;
    r.hash[at] = hash;
    r.before[at] = this.#last.get(hash) ?? -1;
    this.#last.set(hash, this.#next++);
    this.#used += capLen;
  }

  /** Packets of a conversation in order, as frames of their own. `isCut`: earlier ones were let go of. */
  of(
    connection: Connection,
    fromMs: number,
    toMs: number,
    limit: number,
  ): { frames: Frame[]; isCut: boolean; more: number } {
    const frames: Frame[] = [];
    let isCut = false;
    let more = 0;
    const r = this.#records;
    if (!r) return { frames, isCut: this.#first > 0, more };
    const ends = [connection.client, connection.server].map(({ address, port }) => ({
      ...bytesOf(address),
      port,
    }));
    const transport = connection.transport === 'tcp' ? 6 : 17;
    const hash =
      (ends.reduce((sum, { bytes, length, port }) => sum + hashEnd(bytes, 0, length, port), 0) + transport) |
      0;
    let record = this.#last.get(hash) ?? -1;
    while (record >= this.#first) {
      const at = record % this.#capacity;
      const ms = r.sec[at]! * 1000 + r.nsec[at]! / 1e6;
      if (ms < fromMs) break;
      const { netns } = this.#ifaces[r.iface[at]!]!;
      if (ms <= toMs && netns === connection.netns) {
        const frame = this.#frame(at);
        if (isOf(frame, this.#packet, ends, transport)) {
          if (frames.length < limit) frames.push(frame);
          else more++;
        }
      }
      record = r.before[at]!;
    }
    if (record >= 0 && record < this.#first) isCut = true;
    return { frames: frames.reverse(), isCut, more };
  }

  clear(): void {
    this.#chunks.clear();
    this.#last.clear();
    this.#first = this.#next;
    this.#used = chunkBytes;
  }

  #frame(at: number): Frame {
    const r = this.#records!;
    const from = r.offset[at]!;
    return {
      buf: this.#chunks.get(r.chunk[at]!)!.slice(from, from + r.capLen[at]!),
      start: 0,
      capLen: r.capLen[at]!,
      origLen: r.origLen[at]!,
      sec: r.sec[at]!,
      nsec: r.nsec[at]!,
      iface: this.#ifaces[r.iface[at]!]!,
      direction: r.direction[at]! as Frame['direction'],
      number: r.number[at]!,
      checksumNotReady: true,
    };
  }

  #ifaceOf(iface: CaptureInterface): number {
    let number = this.#ifaceNumbers.get(iface);
    if (number === undefined) {
      number = this.#ifaces.push(iface) - 1;
      this.#ifaceNumbers.set(iface, number);
    }
    return number;
  }

  #newChunk(): void {
    while (this.#chunks.size > 0 && (this.#chunks.size + 1) * chunkBytes > this.#limit) {
      // All records of the oldest chunk go with it.
      const oldest = this.#records!.chunk[this.#first % this.#capacity]!;
      while (this.#first < this.#next && this.#records!.chunk[this.#first % this.#capacity] === oldest)
        this.#drop();
      this.#chunks.delete(oldest);
    }
    this.#chunks.set(++this.#chunk, new Uint8Array(chunkBytes));
    this.#used = 0;
  }

  #drop(): void {
    const hash = this.#records!.hash[this.#first % this.#capacity]!;
    if (this.#last.get(hash) === this.#first) this.#last.delete(hash);
    this.#first++;
  }
}

function recordsOf(capacity: number): Records {
  const int32 = () => new Int32Array(capacity);
  return {
    ...{
      chunk: int32(),
      offset: int32(),
      capLen: int32(),
      origLen: int32(),
      nsec: int32(),
      iface: int32(),
      hash: int32(),
    },
    direction: new Uint8Array(capacity),
    sec: new Float64Array(capacity),
    number: new Float64Array(capacity),
    before: new Float64Array(capacity),
  };
}

function bytesOf(address: string): { bytes: Uint8Array; length: number } {
  if (address.includes(':')) {
    const bytes = new Uint8Array(16);
    parseIpv6(address, bytes);
    return { bytes, length: 16 };
  }
  const value = parseIpv4(address);
  return {
    bytes: Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255),
    length: 4,
  };
}

/** Two conversations may have the same hash. */
function isOf(
  frame: Frame,
  packet: Packet,
  ends: readonly { bytes: Uint8Array; length: number; port: number }[],
  transport: number,
): boolean {
  decode(frame, packet);
  const is = (end: number, off: number, port: number) => {
    const { bytes, length, port: wanted } = ends[end]!;
    if (port !== wanted || (packet.ipVersion === 4 ? 4 : 16) !== length) return false;
    for (let i = 0; i < length; i++) if (packet.buf[off + i] !== bytes[i]) return false;
    return true;
  };
  const { srcOff, srcPort, dstOff, dstPort } = packet;
  if (packet.transport !== transport) return false;
  return (
    (is(0, srcOff, srcPort) && is(1, dstOff, dstPort)) || (is(1, srcOff, srcPort) && is(0, dstOff, dstPort))
  );
}

/** Whether a frame's sender is the client. */
export function isFromClient(frame: Frame, connection: Connection): boolean {
  const packet = createPacket();
  decode(frame, packet);
  const { client, server } = connection;
  if (packet.srcPort !== packet.dstPort && client.port !== server.port) return packet.srcPort === client.port;
  const { bytes, length } = bytesOf(client.address);
  for (let i = 0; i < length; i++) if (packet.buf[packet.srcOff + i] !== bytes[i]) return false;
  return true;
}
