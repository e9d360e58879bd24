/** The filter of a command line, with the names this machine knows. */
import { type CompileOptions, compile, createMatcher, FilterError, type Matcher } from '../bpf/index.ts';
import type { BpfInstruction, FilterProgram } from '../model/index.ts';
import { filterNames } from './names.ts';
import { stderr } from './terminal.ts';

/** A filter for all link types that turn up. */
export class Filter {
  readonly text: string;
  readonly #options: Omit<CompileOptions, 'linktype'>;
  /** Some link type takes it: others, where nothing can match it, do not end the capture. */
  #fits = false;

  constructor(text: string, snaplen: number, live: boolean) {
    this.text = text;
    this.#options = { snaplen, live, ...(text === '' ? {} : { resolver: filterNames() }) };
  }

  /** @throws FilterError, for the first link type or for what no link type would take */
  compile(linktype: number): FilterProgram {
    try {
      const program = compile(this.text, { ...this.#options, linktype });
      this.#fits = true;
      return program;
    } catch (error) {
      const { reason, message } = error as FilterError;
      if (!(error instanceof FilterError) || !this.#fits || !isOfLinktype.has(reason)) throw error;
      stderr(`of link type ${linktype} no packet passes the filter: ${message}`);
      return { linktype, instructions: [{ code: 6, jt: 0, jf: 0, k: 0 }] };
    }
  }

  instructions(linktype: number): readonly BpfInstruction[] {
    return this.compile(linktype).instructions;
  }

  /** For files; undefined lets everything pass. */
  matcher(): ((linktype: number) => Matcher) | undefined {
    if (this.text === '') return undefined;
    return (linktype) => createMatcher(this.compile(linktype));
  }

  /** `filter` as well as this one. */
  and(filter: string): Filter {
    const text = this.text === '' ? filter : `(${filter}) and (${this.text})`;
    return new Filter(text, this.#options.snaplen ?? 0, this.#options.live ?? false);
  }
}

const isOfLinktype = new Set(['linktype', 'never']);
