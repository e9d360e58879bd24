/** The filter of a command line, with the names this machine knows. */
import {
  type CompileOptions,
  type ContainerName,
  compile,
  containersIn,
  createMatcher,
  FilterError,
  type FilterResolver,
  type Matcher,
} from '../bpf/index.ts';
import type { BpfInstruction, FilterProgram } from '../model/index.ts';
import type { RuntimeChoice } from '../target/index.ts';
import type { ContainerNames } from './container-names.ts';
import { filterNames } from './names.ts';
import { stderr } from './terminal.ts';

type Options = Omit<CompileOptions, 'linktype' | 'netmask' | 'isBigEndian' | 'resolver'>;

/** A filter for all link types that turn up. */
export class Filter {
  readonly text: string;
  readonly resolver: FilterResolver;
  readonly #options: Options;
  readonly #wanted: readonly ContainerName[];
  readonly #containers: ContainerNames | undefined;
  /** Some link type takes it: others, where nothing can match it, do not end the capture. */
  #fits = false;

  /** Looks up the containers and pods it names. @throws FilterError for what is no filter */
  static async of(text: string, options: Options, choice: RuntimeChoice = {}): Promise<Filter> {
    const wanted = containersIn(text);
    if (wanted.length === 0) return new Filter(text, options, filterNames());
    const { ContainerNames } = await import('./container-names.ts');
    const containers = new ContainerNames();
    await containers.lookUp(wanted, choice);
    const resolver: FilterResolver = {
      ...filterNames(),
      container: (kind, name) => containers.get(kind, name),
    };
    return new Filter(text, options, resolver, wanted, containers);
  }

  private constructor(
    text: string,
    options: Options,
    resolver: FilterResolver,
    wanted: readonly ContainerName[] = [],
    containers?: ContainerNames,
  ) {
    this.text = text;
    this.resolver = resolver;
    this.#options = options;
    this.#wanted = wanted;
    this.#containers = containers;
  }

  /** Names of containers, of a file that is read, would be of use. */
  get namesContainers(): boolean {
    return this.#wanted.length > 0;
  }

  learn(records: Iterable<readonly [address: string, name: string]>): void {
    this.#containers?.learn(this.#wanted, records);
  }

  /** @throws FilterError, for the first link type or for what no link type would take */
  compile(linktype: number, of: Pick<CompileOptions, 'netmask' | 'isBigEndian'> = {}): FilterProgram {
    try {
      const program = compile(this.text, {
        ...this.#options,
        ...of,
        resolver: this.resolver,
        linktype,
      });
      this.#fits = true;
      return program;
    } catch (error) {
      const { reason, message } = error as FilterError;
      if (!(error instanceof FilterError) || !this.#fits || !isOfLinktype.has(reason)) throw error;
      stderr(`of link type ${linktype} no packet passes the filter: ${message}`);
      return { linktype, instructions: [{ code: 6, jt: 0, jf: 0, k: 0 }] };
    }
  }

  /** Of a host's hundreds of interfaces most have the same. */
  readonly #programs = new Map<string, readonly BpfInstruction[]>();

  instructions(linktype: number, netmask = 0): readonly BpfInstruction[] {
    const key = /\bbroadcast\b/.test(this.text) ? `${linktype}/${netmask}` : `${linktype}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const { instructions } = this.compile(linktype, { netmask });
    this.#programs.set(key, instructions);
    return instructions;
  }

  /** For files; undefined lets everything pass. */
  matcher(): ((linktype: number, isBigEndian?: boolean) => Matcher) | undefined {
    if (this.text === '') return undefined;
    return (linktype, isBigEndian = false) => createMatcher(this.compile(linktype, { isBigEndian }));
  }

  /** `filter` as well as this one. */
  and(filter: string): Filter {
    const text = this.text === '' ? filter : `(${filter}) and (${this.text})`;
    return new Filter(text, this.#options, this.resolver, this.#wanted, this.#containers);
  }
}

const isOfLinktype = new Set(['linktype', 'never']);
