/** Feeding: bytes cut anywhere become whole units (a record or a block) for the format's reader. */
import type { CaptureInterface, Frame, Loss } from '../model/index.ts';
import { u32 } from '../util/bytes.ts';
import { CaptureFileError, Damage } from './error.ts';
import { firstCarryBytes, maxUnitBytes } from './limits.ts';
import { PcapReader } from './pcap-reader.ts';
import { PcapngReader } from './pcapng-reader.ts';
import { describeContent, sniffBytes } from './sniff.ts';

export type NameEntry = readonly [address: string, name: string];

/** Where a decoder puts what it reads. The Frame is reused and its bytes are valid during the call only. */
export interface CaptureCollector {
  /** A new interface: always before its first frame. */
  interface(iface: CaptureInterface): void;
  frame(frame: Frame): void;
  loss(loss: Loss): void;
  /** Names a pcapng file brings along. */
  names?(entries: readonly NameEntry[]): void;
  /** A decryption secrets block: type (0x544c534b = TLS key log) and bytes, valid during the call only. */
  secrets?(type: number, bytes: Uint8Array): void;
}

/** One file format. A unit is what is only of use as a whole: file header, record, block. */
export interface UnitReader {
  /** Bytes of the unit at `pos` as far as `have` bytes tell; more than `have` means "more". Throws Damage. */
  unit(buf: Uint8Array, pos: number, have: number, base: number): number;
  /** Reads all whole units; returns where it stopped. `base` is the file offset of buf[0]. Throws Damage. */
  read(buf: Uint8Array, pos: number, end: number, base: number, out: CaptureCollector): number;
  /** Bytes to drop unread: the rest of a block nobody asked for. */
  skip: number;
  /** The file header was read: what follows can be damaged, but it is a capture file. */
  readonly started: boolean;
  /** What the reader is within, for the message of a cut file. */
  readonly unitName: string;
  readonly counters: FileCounters;
}

export interface FileCounters {
  frames: number;
  /** Drops that the file tells of (statistics blocks, drop counts of packets). */
  dropped: number;
  /** Names beyond the limit. */
  namesLeftOut: number;
}

export class CaptureDecoder {
  #reader: UnitReader | undefined;
  /** The beginning of a unit whose rest is still to come. */
  #carry = new Uint8Array(firstCarryBytes);
  #carried = 0;
  /** File offset of the next byte to be fed. */
  #offset = 0;
  #ended = false;
  /** File offset of the block being skipped. */
  #skipFrom = 0;
  readonly #head: CaptureFileError | undefined;

  /** True once a damage was reported: bytes after it are ignored. */
  damaged = false;

  get format(): 'pcap' | 'pcapng' | undefined {
    return this.#reader === undefined ? undefined : this.#reader instanceof PcapReader ? 'pcap' : 'pcapng';
  }

  get counters(): FileCounters {
    return this.#reader?.counters ?? { frames: 0, dropped: 0, namesLeftOut: 0 };
  }

  /** Bytes held for units that straddle chunks. */
  get buffered(): number {
    return this.#carried;
  }

  /** Throws CaptureFileError when the bytes are no capture file. */
  feed(bytes: Uint8Array, out: CaptureCollector): void {
    if (this.#ended || this.damaged) return;
    try {
      this.#feed(bytes, out);
    } catch (problem) {
      if (!(problem instanceof Damage)) throw problem;
      this.#fail(problem, out);
    }
  }

  /** The input is over: a unit that is not whole is damage. Throws CaptureFileError like `feed`. */
  end(out: CaptureCollector): void {
    if (this.#ended || this.damaged) return;
    this.#ended = true;
    const reader = this.#reader;
    if (!reader) this.#refuse();
    if (this.#carried === 0 && reader.skip === 0) {
      if (!reader.started) this.#refuse();
      return;
    }
    const from = reader.skip > 0 ? this.#skipFrom : this.#offset - this.#carried;
    this.#fail(new Damage(from, `cut off within a ${reader.unitName}: it ends at byte ${this.#offset}`), out);
  }

  #feed(bytes: Uint8Array, out: CaptureCollector): void {
    let pos = 0;
    const base = this.#offset;
    this.#offset += bytes.length;
    if (!this.#reader) {
      pos = this.#detect(bytes);
      if (!this.#reader) return;
    }
    const reader = this.#reader;
    while (pos < bytes.length || this.#carried > 0) {
      if (reader.skip > 0) {
        const n = Math.min(reader.skip, bytes.length - pos);
        reader.skip -= n;
        pos += n;
        if (reader.skip > 0) return;
        continue;
      }
      if (this.#carried === 0) {
        const from = pos;
        pos = reader.read(bytes, pos, bytes.length, base, out);
        if (reader.skip > 0) {
          this.#skipFrom = base + from;
          continue;
        }
        this.#keep(bytes, pos, bytes.length);
        return;
      }
      // Only the bytes of this one unit are joined: what comes after is read where it lies.
      const carryBase = base + pos - this.#carried;
      const need = reader.unit(this.#carry, 0, this.#carried, carryBase);
      if (need > this.#carried) {
        const n = Math.min(need - this.#carried, bytes.length - pos);
        if (n === 0) return;
        this.#keep(bytes, pos, pos + n);
        pos += n;
        continue;
      }
      reader.read(this.#carry, 0, this.#carried, carryBase, out);
      this.#skipFrom = carryBase;
      this.#carried = 0;
    }
  }
