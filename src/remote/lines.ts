/** Lines of JSON from a client: what is no line of ours (the rest of a broken connection's) is passed over. */

import { latin1 } from '../util/bytes.ts';
import { utf8FromBytes } from '../util/text.ts';

/** A line names the pods of a node, which are some hundred. */
export const maxLine = 256 * 1024;

export class LineReader {
  #held = '';
  /** Lines that were too long, or no JSON object. */
  ignored = 0;

  /** Returns the objects of the lines that are whole now. */
  feed(bytes: Uint8Array): object[] {
    const lines = latin1(bytes).split('\n');
    const found: object[] = [];
    for (const [i, line] of lines.entries()) {
      if (this.#held.length + line.length <= maxLine) this.#held += line;
      else this.#held = '!';
      if (i === lines.length - 1) break;
      const whole = this.#held;
      this.#held = '';
      if (whole.trim() === '') continue;
      const value = parse(utf8FromBytes(whole));
      if (value) found.push(value);
      else this.ignored++;
    }
    return found;
  }
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
