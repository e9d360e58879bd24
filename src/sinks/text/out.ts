/** Text to stdout: bounded, never blocking. */
import { FdWriter } from '../fd-writer.ts';

export interface TextOut {
  /** false: the reader is behind by more than the limit. */
  write(text: string): boolean;
  /** Resolves when all was handed over, or the reader is gone. */
  drain(): Promise<void>;
}

/**
 * @param limit bytes that may wait
 * @param onError stdout takes no more: EPIPE, ENOSPC ...
 */
export function stdoutText(limit: number, onError: (error: NodeJS.ErrnoException) => void, fd = 1): TextOut {
  const writer = new FdWriter(fd, onError);
  return {
    write(text) {
      writer.write(Buffer.from(text));
      return writer.waiting <= limit;
    },
    drain: () => writer.drain(),
  };
}
