/** The filter of a command line: from words or a file, with the names this machine knows. */
import { readFileSync } from 'node:fs';
import { type CompileOptions, compile, createMatcher } from '../bpf/index.ts';
import type { BpfInstruction } from '../model/index.ts';
import { CliError } from './errors.ts';
import { filterNames } from './names.ts';

/** tcpdump's -F: the file's text instead of the words; lines that begin with # are its comments here too. */
export function filterText(words: readonly string[], file: string | undefined): string {
  if (file === undefined) return words.join(' ');
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'))
      .join('\n')
      .trim();
  } catch (error) {
    throw new CliError(`cannot read the filter file ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

export class Filter {
  readonly text: string;
  readonly #options: Omit<CompileOptions, 'linktype'>;

  constructor(text: string, snaplen: number, live: boolean) {
    this.text = text;
    this.#options = { snaplen, live, ...(text === '' ? {} : { resolver: filterNames() }) };
  }

  instructions(linktype: number): readonly BpfInstruction[] {
    return compile(this.text, { ...this.#options, linktype }).instructions;
  }

  /** For files; undefined lets everything pass. */
  matcher(): ((linktype: number) => ReturnType<typeof createMatcher>) | undefined {
    if (this.text === '') return undefined;
    return (linktype) => createMatcher(compile(this.text, { ...this.#options, linktype }));
  }

  /** `filter` as well as this one. */
  and(filter: string): Filter {
    const text = this.text === '' ? filter : `(${filter}) and (${this.text})`;
    return new Filter(text, this.#options.snaplen ?? 0, this.#options.live ?? false);
  }
}
