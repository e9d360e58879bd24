/** A terminal's screen of our own while something is watched: each drawing takes the place of the one before. */
import type { TextOut } from '../sinks/text/index.ts';

/**
 * The alternate screen, so that what was there before comes back; no cursor, and lines that are too long end at
 * the edge (xterm's control sequences).
 */
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

export class Screen {
  readonly #out: TextOut;
  #isOpen = false;
  #isBusy = false;
  readonly #atExit = () => {
    // Whatever ends us: the terminal is given back.
    if (this.#isOpen) process.stdout.write(leave);
  };

  constructor(out: TextOut) {
    this.#out = out;
  }

  /** What is below the last row is left out. Not drawn while the terminal is behind. */
  draw(lines: readonly string[], rows: number): void {
    if (this.#isBusy) return;
    let text = '';
    if (!this.#isOpen) {
      this.#isOpen = true;
      process.once('exit', this.#atExit);
      text += enter;
    }
    const shown = lines.slice(0, rows);
    // From the top, each line's rest and what is below erased: no flicker.
    text += `\x1b[H${shown.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`;
    this.#out.write(text);
    this.#isBusy = true;
    void this.#out.drain().then(() => {
      this.#isBusy = false;
    });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#atExit);
    this.#out.write(leave);
  }
}
