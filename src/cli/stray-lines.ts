/** While a view has the whole screen, what is said on stderr is told to it instead. */

/** @param take whole lines @returns gives stderr back */
export function takeStderr(take: (line: string) => void): () => void {
  const { write } = process.stderr;
  let begun = '';
  process.stderr.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    begun += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const lines = begun.split('\n');
    begun = lines.pop()!;
    for (const line of lines)
      if (line.trim() !== '') take(line.replace(/^porthole: /, '').replaceAll('\x1b[K', ''));
    const done = rest.find((each) => typeof each === 'function');
    if (done) process.nextTick(done as () => void);
    return true;
  }) as typeof write;
  return () => {
    process.stderr.write = write;
    if (begun.trim() !== '') take(begun);
  };
}
