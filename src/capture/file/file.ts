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
import { readNames } from './names.ts';

/** Bytes read at once: large enough that system calls do not count, small beside the memory we may use. */
const chunkBytes = 1024 * 1024;
/** Compressed bytes handed to zlib at once. */
const gzipPiece = 16 * 1024;

type Matcher = (buf: Uint8Array, start: number, capLen: number, origLen: number) => boolean;

export interface FileOptions {
  /** Made once per interface. */
  readonly filter?: (linktype: number, isBigEndian: boolean) => Matcher;
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a directory',
  ENXIO: 'nothing is there to read',
};

/**
 * Opens, and looks at no byte yet: so that a parser without rights can read what only root may open.
 * Throws CaptureFileError: missing, a directory, no permission.
 */
export function openCaptureFile(path: string, options: FileOptions = {}): FileCapture {
  const name = path === '-' ? 'stdin' : path;
  let fd = 0;
  try {
    if (path !== '-') fd = openSync(path, 'r');
    if (fstatSync(fd).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new CaptureFileError(`cannot read ${name}: ${reasons[code] ?? code}`);
  }
  return new FileCapture(fd, name, options);
}

function readSome(fd: number, into: Uint8Array, at: number): Promise<number> {
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
  /** Plain bytes, not a Buffer: its subarray and indexOf cost several times as much. */
  readonly #chunk = new Uint8Array(chunkBytes);
  /** Bytes of the head, once it was read. */
  #length = -1;
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

  constructor(fd: number, name: string, options: FileOptions) {
    this.#fd = fd;
    this.#name = name;
    this.#filter = options.filter;
  }

  /**
   * Reads the head: what is empty or no capture is told before anything else is done for it. Throws
   * CaptureFileError. `run` does it too when it was not done.
   */
  async begin(): Promise<void> {
    if (this.#length >= 0) return;
    this.#length = 0;
    // A pipe may give a byte at a time; twelve tell what it is.
    while (this.#length < 12) {
      const got = await this.#fill(this.#length);
      if (got === 0) break;
      this.#length += got;
    }
    if (this.#isGzip()) return;
    const probe = new CaptureDecoder();
    try {
      probe.feed(this.#chunk.subarray(0, Math.min(this.#length, 512)), ignore);
      if (this.#length < 12) probe.end(ignore);
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** The decoder knows no file names. */
  #named(error: unknown): unknown {
    if (!(error instanceof CaptureFileError) || error.message.startsWith('cannot')) return error;
    return new CaptureFileError(`${this.#name} ${error.message}`, error.offset, error.hint);
  }

  /** Names that it brings along for addresses, when they can be looked for without reading it up: readNames. */
  names(): [address: string, name: string][] {
    return fstatSync(this.#fd).isFile() ? readNames(this.#fd) : [];
  }

  /** What is wrong with the file and where, as the end of a sentence; '' when nothing is. */
  damage = '';

  #isGzip(): boolean {
    return this.#length > 2 && this.#chunk[0] === 0x1f && this.#chunk[1] === 0x8b;
  }

  async run(out: FrameCollector): Promise<void> {
    await this.begin();
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

  async #fill(at = 0): Promise<number> {
    try {
      // Plain files: reading at once costs less than the detour by the thread pool.
      if (this.#fd !== 0) return readSync(this.#fd, this.#chunk, at, chunkBytes - at, null);
      return await readSome(this.#fd, this.#chunk, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CaptureFileError(`cannot read ${at > 0 ? 'on in ' : ''}${this.#name}: ${code}`);
    }
  }

  /** Small pieces: what comes out of the one in which the damage is, zlib keeps to itself. */
  async #runGzip(collector: DecoderOutput, out: FrameCollector): Promise<void> {
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    let failure: Error | undefined;
    /** What the capture or its filter is about, not the compression. */
    let refusal: unknown;
    const done = () => failure || refusal || this.#stopping || this.#decoder.damaged;
    gunzip.on('error', (error) => {
      failure ??= error;
    });
    // Not an iterator, which forgets what has come out when an error follows.
    gunzip.on('data', (bytes: Buffer) => {
      if (done()) return;
      try {
        this.#decoder.feed(bytes, collector);
      } catch (error) {
        refusal = error;
      }
    });
    for (let bytes = this.#length; bytes > 0 && !done(); bytes = await this.#fill())
      for (let at = 0; at < bytes && !done(); at += gzipPiece) {
        await unpack(gunzip, this.#chunk.slice(at, Math.min(bytes, at + gzipPiece)));
        await out.batch();
      }
    if (!done()) await unpack(gunzip);
    gunzip.destroy();
    if (refusal) throw refusal;
    if (!failure) return;
    collector.loss({
      kind: 'damaged',
      count: 1,
      detail: `damaged or cut off in its compression (${failure.message})`,
    });
    this.#decoder.damaged = true;
  }

  #collector(out: FrameCollector): DecoderOutput {
    const counters = this.#counters;
    const matchers = this.#matchers;
    const filter = this.#filter;
    return {
      interface: (iface: CaptureInterface) => {
        this.interfaces.push(iface);
        if (filter) matchers[iface.id] = filter(iface.linktype, iface.isBigEndian ?? false);
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
      loss: (loss: Parameters<FrameCollector['loss']>[0]) => {
        if (loss.kind === 'damaged') this.damage = loss.detail ?? 'damaged';
        out.loss(loss);
      },
      secrets: (type: number, bytes: Uint8Array) => out.secrets?.(type, bytes),
    };
  }

  stop(): void {
    this.#stopping = true;
  }

  counters(): SourceCounters {
    return this.#counters;
  }
}

/** Resolves when the bytes (the end without any) have gone through, or nothing more will. */
function unpack(gunzip: Gunzip, bytes?: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once('close', resolve);
    const done = () => {
      gunzip.off('close', resolve);
      resolve();
    };
    if (bytes) gunzip.write(bytes, done);
    else gunzip.once('end', done).end();
  });
}

const ignore = { interface() {}, frame() {}, loss() {} };
