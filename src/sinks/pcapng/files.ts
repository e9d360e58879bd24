/** Where capture files go. */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { type RotationPlan, rotatedName } from '../../pcap/index.ts';
import { FdWriter } from '../fd-writer.ts';

export interface OutputFile {
  readonly path: string;
  /** Whole blocks. A promise means: wait before the next. */
  write(bytes: Uint8Array): void | Promise<void>;
  close(): void | Promise<void>;
}

export interface OutputOpener {
  /** @param sequence 0-based @param sec Unix second, for names with strftime letters */
  open(sequence: number, sec: number): OutputFile;
}

/** One line: which file, why, and what of it can be read. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code: string;
  readonly hint: string;
  constructor(message: string, code = '', hint = '') {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EIO: 'the device reports an error',
  EFBIG: 'the file may not grow any more',
  EACCES: 'no permission to write there',
  ENOENT: 'there is no such directory',
  EISDIR: 'it is a directory',
  ELOOP: 'it is a symbolic link, which is not followed',
  ENXIO: 'it is a pipe that nobody reads',
  EROFS: 'the file system is read-only',
};

/** An open that failed, as one line. */
export function openFailure(path: string, error: unknown): OutputError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new OutputError(`cannot write ${path}: ${reasons[code] ?? (code || message)}`, code);
}

/**
 * A descriptor that was opened for us. A regular file is written by position: when a write fails it is cut
 * back to the last whole block, and what is written then (the blocks that belong at its end) follows that.
 */
export function fdOutput(fd: number, path: string): OutputFile {
  const isFile = fstatSync(fd).isFile();
  let good = 0;
  return {
    path,
    write(bytes) {
      let at = 0;
      try {
        while (at < bytes.length) at += writeSome(fd, bytes, at, isFile ? good + at : null);
        good += bytes.length;
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (isFile) ftruncateSync(fd, good);
        throw new OutputError(
          `cannot write on to ${path}: ${reasons[code] ?? code}; the ${good} bytes before that are complete and readable`,
          code,
        );
      }
    },
    close: () => closeSync(fd),
  };
}

function writeSome(fd: number, bytes: Uint8Array, at: number, position: number | null): number {
  try {
    return writeSync(fd, bytes, at, bytes.length - at, position);
  } catch (error) {
    // A pipe opened non-blocking whose reader is behind: wait a little, the ring is our buffer.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(pause, 0, 0, 1);
    return 0;
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

export interface FileSpec {
  readonly base: string;
  readonly plan: RotationPlan;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Files this process opens itself. */
export function fileOutputs(spec: FileSpec): OutputOpener {
  return {
    open(sequence, sec) {
      const path = rotatedName(spec.base, spec.plan, sequence, sec);
      const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW = 0 } = constants;
      try {
        const fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, spec.mode);
        if (fstatSync(fd).isFile()) {
          if (process.getuid?.() === 0) fchownSync(fd, spec.uid, spec.gid);
          fchmodSync(fd, spec.mode);
        }
        return fdOutput(fd, path);
      } catch (error) {
        throw openFailure(path, error);
      }
    },
  };
}

/** Bytes that may wait for the reader of a pipe before the capture waits too. */
const pipeLimit = 4 * 1024 * 1024;

/**
 * stdout as a capture file.
 * @param onError the reader has gone, or the disk behind it is full
 */
export function stdoutOutput(onError: (error: NodeJS.ErrnoException) => void, fd = 1): OutputFile {
  const writer = new FdWriter(fd, onError);
  return {
    path: 'stdout',
    write(bytes) {
      // The bytes are kept until they are written: the caller's memory is used again.
      writer.write(Buffer.from(bytes));
      if (writer.waiting >= pipeLimit) return writer.drain();
    },
    close: () => writer.drain(),
  };
}
