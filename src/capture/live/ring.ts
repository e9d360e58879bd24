/**
 * Frames out of a mapped TPACKET_V3 ring: linux/if_packet.h, Documentation/networking/packet_mmap.rst.
 * Little-endian hosts. Frames are views into the ring: valid until the block is given back.
 */
import { type CaptureInterface, Direction, type Frame } from '../../model/index.ts';
import type { RingMemory } from '../sys/index.ts';

// struct tpacket_block_desc, in 32-bit words
const BLOCK_STATUS = 2;
const BLOCK_PACKETS = 3;
const BLOCK_FIRST = 4;
// struct tpacket3_hdr, in bytes
const NEXT = 0;
const SEC = 4;
const NSEC = 8;
const CAPLEN = 12;
const LEN = 16;
const STATUS = 20;
const MAC = 24;
const VLAN_TCI = 32;
const VLAN_TPID = 36;
/** struct sockaddr_ll follows the header, which is aligned to 16. */
const SLL_PROTOCOL = 50;
const SLL_HATYPE = 56;
const SLL_PKTTYPE = 58;
const SLL_HALEN = 59;
const SLL_ADDRESS = 60;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
/** Of a block: the retire time-out handed it over, not its being full. */
const TP_STATUS_BLK_TMO = 32;
const TP_STATUS_CSUMNOTREADY = 8;
const TP_STATUS_VLAN_VALID = 16;
const TP_STATUS_VLAN_TPID_VALID = 64;
const PACKET_OUTGOING = 4;
const ETH_P_8021Q = 0x8100;
/** LINKTYPE_LINUX_SLL: the header we put before frames of a cooked socket. */
const sllLength = 16;

export interface RingOptions {
  readonly iface: CaptureInterface;
  /** Socket was opened SOCK_DGRAM: a Linux cooked header is put before each frame. */
  readonly cooked: boolean;
  /** Leave out frames of the other direction; undefined = both. */
  readonly direction?: 'in' | 'out';
}

/** Reads one ring, block by block. `open` takes the next ready block; `next` fills the frame. */
export class RingReader {
  iface: CaptureInterface;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #ring: RingMemory;
  readonly #cooked: boolean;
  readonly #skipPacketType: 'in' | 'out' | '';
  /** Blocks opened that were full. */
  filled = 0;
  #block = 0;
  #left = 0;
  #at = 0;

  constructor(ring: RingMemory, options: RingOptions) {
    this.#ring = ring;
    this.#bytes = new Uint8Array(ring.bytes);
    this.#words = new Int32Array(ring.bytes);
    this.#halves = new Uint16Array(ring.bytes);
    this.iface = options.iface;
    this.#cooked = options.cooked;
    this.#skipPacketType = options.direction === 'in' ? 'out' : options.direction === 'out' ? 'in' : '';
  }

  /** Takes the next block if the kernel has handed it over. */
  open(): boolean {
    const word = (this.#block * this.#ring.blockSize) >>> 2;
    // Atomic: the block's contents are read only after its status (acquire on arm64).
    const status = Atomics.load(this.#words, word + BLOCK_STATUS);
    if ((status & TP_STATUS_USER) === 0) return false;
    if ((status & TP_STATUS_BLK_TMO) === 0) this.filled++;
    this.#left = this.#words[word + BLOCK_PACKETS]!;
    this.#at = this.#block * this.#ring.blockSize + this.#words[word + BLOCK_FIRST]!;
    return true;
  }

  /**
   * Takes the block the kernel is still filling. Only when nothing new comes in any more (the filter rejects
   * all): what was copied into it before is whole then, and need not wait until the block is retired.
   */
  openUnfinished(): boolean {
    if (this.open()) return true;
    const base = this.#block * this.#ring.blockSize;
    this.#left = this.#words[(base >>> 2) + BLOCK_PACKETS]!;
    this.#at = base + this.#words[(base >>> 2) + BLOCK_FIRST]!;
    return this.#left > 0;
  }

  /** Seconds and nanoseconds of the frame that `next` would give; 0 at the block's end. For merging rings by time. */
  get nextSec(): number {
    return this.#left > 0 ? this.#words[(this.#at + SEC) >>> 2]! >>> 0 : 0;
  }
  get nextNsec(): number {
    return this.#left > 0 ? this.#words[(this.#at + NSEC) >>> 2]! >>> 0 : 0;
  }

  /** Fills `frame` with the block's next frame; false at its end: then `release` the block. */
  next(frame: Frame): boolean {
    const words = this.#words;
    while (this.#left > 0) {
      const at = this.#at;
      const word = at >>> 2;
      this.#left--;
      this.#at = at + words[word + (NEXT >>> 2)]!;
      const outgoing = this.#bytes[at + SLL_PKTTYPE] === PACKET_OUTGOING;
      if (this.#skipPacketType !== '' && (this.#skipPacketType === 'out') === outgoing) continue;
      const status = words[word + (STATUS >>> 2)]!;
      frame.buf = this.#bytes;
      frame.start = at + this.#halves[(at + MAC) >>> 1]!;
      frame.capLen = words[word + (CAPLEN >>> 2)]!;
      frame.origLen = words[word + (LEN >>> 2)]!;
      frame.sec = words[word + (SEC >>> 2)]! >>> 0;
      frame.nsec = words[word + (NSEC >>> 2)]!;
      frame.iface = this.iface;
      frame.direction = outgoing ? Direction.out : Direction.in;
      frame.checksumNotReady = (status & TP_STATUS_CSUMNOTREADY) !== 0;
      if (this.#cooked) this.#putCookedHeader(frame, at);
      else if ((status & TP_STATUS_VLAN_VALID) !== 0) this.#restoreVlan(frame, at, status);
      return true;
    }
    return false;
  }

  /** Gives the block back to the kernel. */
  release(): void {
    const word = (this.#block * this.#ring.blockSize) >>> 2;
    // For openUnfinished: a block the kernel has not begun again holds nothing.
    this.#words[word + BLOCK_PACKETS] = 0;
    Atomics.store(this.#words, word + BLOCK_STATUS, TP_STATUS_KERNEL);
    this.#block = (this.#block + 1) % this.#ring.blockCount;
  }

  /** The kernel took the tag out of the bytes: the addresses move down by 4, the tag goes between. */
  #restoreVlan(frame: Frame, at: number, status: number): void {
    if (frame.capLen < 12) return;
    const bytes = this.#bytes;
    const tci = this.#words[(at + VLAN_TCI) >>> 2]!;
    const tpid =
      (status & TP_STATUS_VLAN_TPID_VALID) !== 0 ? this.#halves[(at + VLAN_TPID) >>> 1]! : ETH_P_8021Q;
    const start = frame.start - 4;
    bytes.copyWithin(start, frame.start, frame.start + 12);
    bytes[start + 12] = tpid >>> 8;
    bytes[start + 13] = tpid;
    bytes[start + 14] = tci >>> 8;
    bytes[start + 15] = tci;
    frame.start = start;
    frame.origLen += 4;
    const snaplen = frame.iface.snaplen;
    frame.capLen = snaplen > 0 ? Math.min(frame.capLen + 4, snaplen) : frame.capLen + 4;
  }

  /** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
  #putCookedHeader(frame: Frame, at: number): void {
    const bytes = this.#bytes;
    const start = frame.start - sllLength;
    const hatype = this.#halves[(at + SLL_HATYPE) >>> 1]!;
    const addressLength = bytes[at + SLL_HALEN]!;
    bytes[start] = 0;
    bytes[start + 1] = bytes[at + SLL_PKTTYPE]!;
    bytes[start + 2] = hatype >>> 8;
    bytes[start + 3] = hatype;
    bytes[start + 4] = 0;
    bytes[start + 5] = addressLength;
    for (let i = 0; i < 8; i++) bytes[start + 6 + i] = i < addressLength ? bytes[at + SLL_ADDRESS + i]! : 0;
    // sll_protocol is in network order already
    bytes[start + 14] = bytes[at + SLL_PROTOCOL]!;
    bytes[start + 15] = bytes[at + SLL_PROTOCOL + 1]!;
    frame.start = start;
    frame.origLen += sllLength;
    frame.capLen += sllLength;
  }
}
