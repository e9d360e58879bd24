/** Text to stdout: bounded, never blocking. */
export interface TextOut {
  /** false: the reader is behind by more than the limit. */
  write(text: string): boolean;
  /** Resolves when all was handed over, or the reader is gone. */
  drain(): Promise<void>;
}

/** @param limit bytes that may wait */
export function stdoutText(limit: number, stream: NodeJS.WriteStream = process.stdout): TextOut {
  let gone = false;
  stream.on('close', () => {
    gone = true;
  });
  return {
    write(text) {
      if (gone) return true;
      stream.write(text);
      return stream.writableLength <= limit;
    },
    drain() {
      if (gone || stream.writableLength === 0) return Promise.resolve();
      return new Promise((resolve) => {
        stream.write('', () => resolve());
        stream.once('close', resolve);
      });
    },
  };
}
