import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import type {
  CaptureInterface,
  Frame,
  FrameCollector,
  PacketSource,
  SourceCounters,
} from '../../model/index.ts';
import { CaptureDecoder, CaptureFileError, type DecoderOutput } from '../../pcap/index.ts';

/** Bytes read at once: large enough that system calls do not count, small beside the memory we may use. */
const chunkBytes = 1024 * 1024;

type Matcher = (buf: Uint8Array, start: number, capLen: number, origLen: number) => boolean;

export interface FileOptions {
  /** Made once per link type. */
  readonly filter?: (linktype: number) => Matcher;
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ENXIO: 'nothing is there to read',
};

/** Opens and reads the head. Throws CaptureFileError: missing, a directory, empty, not a capture. */
export async function openCaptureFile(path: string, options: FileOptions = {}): Promise<FileCapture> {
  const name = path === '-' ? 'stdin' : path;
  let fd = 0;
  try {
    if (path !== '-') fd = openSync(path, 'r');
    if (fstatSync(fd).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new CaptureFileError(`cannot read ${name}: ${reasons[code] ?? code}`);
  }
  const head = Buffer.alloc(chunkBytes);
  let length = 0;
  try {
    // A pipe may give a byte at a time; twelve tell what it is.
    while (length < 12) {
      const got =
        fd === 0 ? await readSome(fd, head, length) : readSync(fd, head, length, chunkBytes - length, null);
      if (got === 0) break;
      length += got;
    }
  } catch (error) {
    throw new CaptureFileError(`cannot read ${name}: ${(error as NodeJS.ErrnoException).code}`);
  }
  return new FileCapture(fd, name, head, length, options);
}

function readSome(fd: number, into: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, at, into.length - at, null, (error, count) => {
      if (!error) resolve(count);
      // A descriptor that was made non-blocking: nothing there yet.
      else if (error.code === 'EAGAIN') setTimeout(() => resolve(readSome(fd, into, at)), 10);
      else if (error.code === 'EOF') resolve(0);
      else reject(error);
    });
  });
}

export class FileCapture implements PacketSource {
  readonly #fd: number;
  readonly #name: string;
  readonly #chunk: Buffer;
  #length: number;
  readonly #decoder = new CaptureDecoder();
  readonly #filter: FileOptions['filter'];
  readonly #matchers: Matcher[] = [];
  #stopping = false;
  readonly #counters: SourceCounters = {
    captured: 0,
    received: 0,
    dropped: 0,
    freezes: 0,
    snaplenCut: 0,
    duplicates: 0,
  };
  /** Interfaces so far, for what a command prints before the packets. */
  readonly interfaces: CaptureInterface[] = [];

  /** @param head the first `length` bytes, already read; its memory is used on */
  constructor(fd: number, name: string, head: Buffer, length: number, options: FileOptions) {
    this.#fd = fd;
    this.#name = name;
    this.#chunk = head;
    this.#length = length;
    this.#filter = options.filter;
    // What is no capture is told now, before anything is opened for it.
    if (this.#isGzip()) return;
    const probe = new CaptureDecoder();
    try {
      probe.feed(head.subarray(0, Math.min(length, 512)), ignore);
      if (length < 12) probe.end(ignore);
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** The decoder knows no file names. */
  #named(error: unknown): unknown {
    if (!(error instanceof CaptureFileError) || error.message.startsWith('cannot')) return error;
    return new CaptureFileError(`${this.#name} ${error.message}`, error.offset, error.hint);
  }

  get damaged(): boolean {
    return this.#decoder.damaged;
  }

  #isGzip(): boolean {
    return this.#length > 2 && this.#chunk[0] === 0x1f && this.#chunk[1] === 0x8b;
  }

  async run(out: FrameCollector): Promise<void> {
    const collector = this.#collector(out);
    try {
      if (this.#isGzip()) await this.#runGzip(collector, out);
      else
        for (let bytes = this.#length; bytes > 0 && !this.#stopping; bytes = await this.#fill()) {
          this.#decoder.feed(this.#chunk.subarray(0, bytes), collector);
          await out.batch();
          if (this.#decoder.damaged) break;
        }
      if (!this.#stopping) this.#decoder.end(collector);
      await out.batch();
    } catch (error) {
      throw this.#named(error);
    } finally {
      if (this.#fd !== 0) closeSync(this.#fd);
    }
  }

  async #fill(): Promise<number> {
    try {
      // Plain files: reading at once costs less than the detour by the thread pool.
      if (this.#fd !== 0) return readSync(this.#fd, this.#chunk, 0, chunkBytes, null);
      return await readSome(this.#fd, this.#chunk, 0);
    } catch (error) {
      throw new CaptureFileError(`cannot read on in ${this.#name}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  async #runGzip(collector: DecoderOutput, out: FrameCollector): Promise<void> {
    const gunzip = createGunzip({ chunkSize: chunkBytes });
    const feeding = this.#feedGzip(gunzip);
    try {
      for await (const bytes of gunzip as AsyncIterable<Buffer>) {
        this.#decoder.feed(bytes, collector);
        await out.batch();
        if (this.#stopping || this.#decoder.damaged) break;
      }
    } catch (error) {
      if (error instanceof CaptureFileError) throw error;
      out.loss({
        kind: 'damaged',
        count: 1,
        detail: `the compressed file ${this.#name} is damaged or cut off: ${(error as Error).message}; everything before it was read`,
      });
      this.#decoder.damaged = true;
    } finally {
      gunzip.destroy();
      await feeding;
    }
  }

  async #feedGzip(gunzip: Gunzip): Promise<void> {
    for (let bytes = this.#length; bytes > 0 && !gunzip.destroyed; bytes = await this.#fill()) {
      const copy = Buffer.from(this.#chunk.subarray(0, bytes));
      if (!gunzip.write(copy))
        await new Promise<void>((resolve) => {
          gunzip.once('drain', resolve);
          gunzip.once('close', resolve);
        });
    }
    if (!gunzip.destroyed) gunzip.end();
  }

  #collector(out: FrameCollector): DecoderOutput {
    const counters = this.#counters;
    const matchers = this.#matchers;
    const filter = this.#filter;
    return {
      interface: (iface: CaptureInterface) => {
        this.interfaces.push(iface);
        if (filter) matchers[iface.id] = filter(iface.linktype);
        out.interface(iface);
      },
      frame: (frame: Frame) => {
        if (this.#stopping) return;
        counters.received++;
        if (filter && !matchers[frame.iface.id]!(frame.buf, frame.start, frame.capLen, frame.origLen)) return;
        frame.number = ++counters.captured;
        if (frame.capLen < frame.origLen) counters.snaplenCut++;
        out.frame(frame);
      },
      loss: (loss: Parameters<FrameCollector['loss']>[0]) => out.loss(loss),
    };
  }

  stop(): void {
    this.#stopping = true;
  }

  counters(): SourceCounters {
    return this.#counters;
  }
}

const ignore = { interface() {}, frame() {}, loss() {} };
