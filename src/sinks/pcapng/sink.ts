/** The sink: blocks in a chunk, the chunk to the file, the next file when the plan says so. */
import type { CaptureInterface, Frame, Loss, Sink, SourceCounters } from '../../model/index.ts';
import { type Chunk, PcapngWriter, PcapWriter, type RotationPlan } from '../../pcap/index.ts';
import { OutputError, type OutputFile, type OutputOpener } from './files.ts';

/** Written at once: below, the cost of the system call counts; above, it is only memory. */
const writeBytes = 512 * 1024;
const firstWrites = 4096;

export interface CaptureFileOptions {
  readonly outputs: OutputOpener;
  readonly format: 'pcapng' | 'pcap' | 'pcap-nano';
  readonly plan: RotationPlan;
  /** After each batch, so that a reader sees packets as they come (-U). */
  readonly flushEachBatch: boolean;
  readonly application: string;
  /** Text of the filter, for the interface blocks. */
  readonly filter: string;
  /** Text for the statistics at each file's end. */
  readonly comment?: () => string;
  /** -G with -W: the last file of the plan is complete. */
  readonly onEnd?: () => void;
}

export class CaptureFileSink implements Sink {
  readonly #options: CaptureFileOptions;
  readonly #ng = new PcapngWriter();
  readonly #classic: PcapWriter;
  readonly #isNg: boolean;
  readonly #interfaces: CaptureInterface[] = [];
  /** Dense number in the file by the interface's id. */
  #indexes: number[] = [];
  #file: OutputFile | undefined;
  #fileBytes = 0;
  #linktype = -1;
  #sequence = 0;
  #filesMade = 0;
  #slotStart = 0;
  #lastSec = 0;
  #lastNsec = 0;
  #ended = false;
  #names: [string, string][] = [];
  readonly #dropped = new Map<CaptureInterface, number>();
  /** Frames by the interface's id. */
  readonly #received: number[] = [];
  readonly #slotSeconds: number;
  readonly #sizeLimit: number;
  readonly #chunk: Chunk;
  /** Small at first, the first frame at once: the file can be looked at, and a full disk says so early. */
  #flushAt = 0;

  constructor(options: CaptureFileOptions) {
    this.#options = options;
    this.#isNg = options.format === 'pcapng';
    this.#classic = new PcapWriter(options.format === 'pcap-nano');
    this.#chunk = this.#isNg ? this.#ng.chunk : this.#classic.chunk;
    this.#slotSeconds = options.plan.seconds ?? Number.POSITIVE_INFINITY;
    this.#sizeLimit = options.plan.sizeBytes ?? Number.POSITIVE_INFINITY;
  }

  interface(iface: CaptureInterface): void {
    this.#interfaces.push(iface);
    this.#received[iface.id] = 0;
    if (this.#file) this.#describe(iface);
  }

  frame(frame: Frame): void {
    if (this.#ended) return;
    if (!this.#file) this.#open(frame.sec);
    else if (frame.sec - this.#slotStart >= this.#slotSeconds) this.#nextSlot(frame.sec);
    else if (this.#fileBytes + this.#chunk.length > this.#sizeLimit) this.#nextFile(frame.sec);
    if (this.#ended) return;
    this.#lastSec = frame.sec;
    this.#lastNsec = frame.nsec;
    const { iface } = frame;
    if (this.#isNg) {
      this.#received[iface.id]!++;
      this.#ng.frame(frame, this.#indexes[iface.id]!);
    } else {
      if (iface.linktype !== this.#linktype)
        throw new OutputError(
          `${this.#file?.path}: ${iface.name || 'an interface'} has link type ${iface.linktype}, the file ${this.#linktype}: classic pcap holds one only`,
          '',
          'write pcapng (the default), or narrow it with -i',
        );
      this.#classic.frame(frame);
    }
    if (this.#chunk.length >= this.#flushAt) {
      this.#flush();
      this.#flushAt = Math.min(writeBytes, Math.max(firstWrites, 4 * this.#flushAt));
    }
  }

  loss(loss: Loss): void {
    if (loss.kind === 'kernelDrop' && loss.iface)
      this.#dropped.set(loss.iface, (this.#dropped.get(loss.iface) ?? 0) + loss.count);
  }

  batch(): void | Promise<void> {
    if (this.#options.flushEachBatch) {
      // A reader of a pipe waits for the header, packets or not.
      if (!this.#file && this.#interfaces.length > 0 && !this.#ended)
        this.#open(Math.floor(Date.now() / 1000));
      this.#flush();
    }
    const wait = this.#waiting;
    this.#waiting = undefined;
    return wait;
  }

  /** Address and name pairs for the end of the file. */
  names(entries: Iterable<[string, string]>): void {
    this.#names = [...entries];
  }

  async close(_counters: SourceCounters): Promise<void> {
    // Nothing was captured: a file with its header is still a file.
    if (!this.#file && !this.#ended) this.#open(Math.floor(Date.now() / 1000));
    await this.#closeFile();
  }

  #waiting: Promise<void> | undefined;

  #flush(): void {
    const chunk = this.#chunk;
    if (chunk.length === 0 || !this.#file) return;
    this.#fileBytes += chunk.length;
    try {
      const wait = this.#file.write(chunk.view());
      if (wait) this.#waiting = wait;
    } finally {
      chunk.clear();
    }
  }

  #open(sec: number): void {
    if (this.#filesMade === 0) this.#slotStart = Math.floor(Date.now() / 1000);
    if (this.#slotStart > sec || this.#options.plan.seconds === undefined) this.#slotStart = sec;
    this.#file = this.#options.outputs.open(this.#sequence, this.#slotStart);
    this.#filesMade++;
    this.#fileBytes = 0;
    this.#indexes = [];
    if (this.#isNg) {
      this.#ng.section({ application: this.#options.application });
      for (const iface of this.#interfaces) this.#describe(iface);
    } else {
      const [first] = this.#interfaces;
      this.#linktype = first?.linktype ?? 1;
      this.#classic.header(this.#linktype, first?.snaplen || 262_144);
    }
  }

  #describe(iface: CaptureInterface): void {
    if (!this.#isNg) return;
    this.#indexes[iface.id] = this.#indexes.filter((i) => i !== undefined).length;
    this.#ng.interface(iface, this.#options.filter);
  }

  #nextFile(sec: number): void {
    this.#endFile();
    this.#sequence++;
    this.#open(sec);
  }

  #nextSlot(sec: number): void {
    const { plan } = this.#options;
    this.#endFile();
    if (plan.files !== undefined && plan.sizeBytes === undefined && this.#filesMade >= plan.files) {
      this.#ended = true;
      this.#options.onEnd?.();
      return;
    }
    this.#sequence = 0;
    this.#slotStart = sec;
    this.#open(sec);
  }

  /** What belongs at the end of each file. */
  #finishBlocks(): void {
    if (!this.#isNg) return;
    if (this.#lastSec === 0) this.#lastSec = Math.floor(Date.now() / 1000);
    const comment = this.#options.comment?.() ?? '';
    for (const iface of this.#interfaces) {
      const index = this.#indexes[iface.id];
      if (index === undefined) continue;
      const dropped = this.#dropped.get(iface) ?? 0;
      const received = this.#received[iface.id]! + dropped;
      this.#ng.statistics(index, { received, dropped }, this.#lastSec, this.#lastNsec, comment);
    }
    if (this.#names.length > 0) this.#ng.names(this.#names);
  }

  #endFile(): void {
    this.#finishBlocks();
    this.#flush();
    void this.#file?.close();
    this.#file = undefined;
  }

  async #closeFile(): Promise<void> {
    if (!this.#file) return;
    this.#finishBlocks();
    this.#flush();
    await this.#waiting;
    await this.#file.close();
    this.#file = undefined;
  }
}
