/** The filter of a capture. The compiler is loaded only when there is something to compile: it is large. */
import { readFileSync } from 'node:fs';
import type { Matcher } from '../bpf/index.ts';
import type { BpfInstruction } from '../model/index.ts';
import type { RuntimeChoice } from '../target/index.ts';
import { CliError } from './errors.ts';

export interface CaptureFilter {
  readonly text: string;
  /** @param netmask of the interface's IPv4 network, 0 or left out when it is not known */
  instructions(linktype: number, netmask?: number): readonly BpfInstruction[];
  /** For files; undefined lets everything pass. */
  matcher(): ((linktype: number, isBigEndian?: boolean) => Matcher) | undefined;
  /** `filter` as well as this one. */
  and(filter: string): CaptureFilter | Promise<CaptureFilter>;
  /** It names containers: `learn` takes the names that a file brings along. */
  readonly namesContainers: boolean;
  learn(records: Iterable<readonly [address: string, name: string]>): void;
}

export interface FilterSetting {
  readonly snaplen: number;
  readonly live: boolean;
}

/** @param choice runtimes that are asked for containers the filter names. @throws FilterError */
export async function captureFilter(
  text: string,
  setting: FilterSetting,
  choice: RuntimeChoice,
): Promise<CaptureFilter> {
  if (text !== '') {
    const { Filter } = await import('./filter-text.ts');
    return Filter.of(text, setting, choice);
  }
  return {
    text,
    // BPF_RET | BPF_K: so many bytes of every packet.
    instructions: () => [{ code: 6, jt: 0, jf: 0, k: setting.snaplen }],
    matcher: () => undefined,
    and: (filter) => captureFilter(filter, setting, choice),
    namesContainers: false,
    learn() {},
  };
}

/** tcpdump's -F: the file's text instead of the words; from # on to the end of a line it is comment. */
export function filterText(words: readonly string[], file: string | undefined): string {
  if (file === undefined) return words.join(' ');
  try {
    return readFileSync(file, 'utf8')
      .replaceAll(/#.*/g, (comment) => ' '.repeat(comment.length))
      .trim();
  } catch (error) {
    throw new CliError(`cannot read the filter file ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
