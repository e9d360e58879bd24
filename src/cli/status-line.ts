/**
 * One line at the bottom of the terminal, drawn anew now and then. Whoever writes a line of text there erases
 * it first: what is written, and by whom, can come in any order, and nothing is ever glued to it.
 */
import { stdoutText, type TextOut } from '../sinks/text/out.ts';
import { aroundLines, erase, setStatus } from './line-start.ts';

/** SGR 2, faint, and back. */
const dim = ['\x1b[2m', '\x1b[22m'] as const;

/** Text on stdout, that may be the terminal which has the line. */
export function terminalText(limit: number, onError: (error: NodeJS.ErrnoException) => void): TextOut {
  const out = stdoutText(limit, onError);
  if (process.stdout.isTTY !== true) return out;
  return { write: (text) => out.write(aroundLines(text)), drain: () => out.drain() };
}

export class StatusLine {
  /** A terminal that stands still holds up nobody: text for it waits on a thread of the pool. */
  readonly #out = stdoutText(0, () => {}, 2);
  readonly #isColored: boolean;
  #isBehind = false;

  constructor(isColored: boolean) {
    this.#isColored = isColored;
  }

  /** @param text plain; what does not fit is cut */
  draw(text: string, columns: number): void {
    const [on, off] = this.#isColored ? dim : ['', ''];
    // The cursor ends in the first column: what others write goes over it.
    const line = `${on}${text.slice(0, Math.max(0, columns - 1))}${off}\r`;
    setStatus(line);
    if (this.#isBehind) return;
    this.#isBehind = !this.#out.write(erase + line);
    void this.#out.drain().then(() => {
      this.#isBehind = false;
    });
  }

  async close(): Promise<void> {
    setStatus(undefined);
    this.#out.write(erase);
    await this.#out.drain();
  }
}
