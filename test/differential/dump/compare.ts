/** The same capture through tcpdump and through dump's printer. */
import { spawnSync } from 'node:child_process';
import { CaptureDecoder } from '../../../src/pcap/index.ts';
import { createPrinter, type PrintOptions } from '../../../src/sinks/tcpdump/index.ts';

const times = (letter: string, text: string) => text.split(letter).length - 1;

/** tcpdump's letters, one word: `-nnvve`. `--nano` may follow. */
export function optionsOf(words: string): PrintOptions {
  const letters = words.replace('--nano', '');
  const level = (letter: string, most: number) => Math.min(most, times(letter, letters));
  return {
    noNames: times('n', letters),
    verbose: level('v', 3) as 0 | 1 | 2 | 3,
    quiet: letters.includes('q'),
    linkHeader: letters.includes('e'),
    absoluteSeq: letters.includes('S'),
    ascii: level('A', 2) as 0 | 1 | 2,
    hex: level('x', 2) as 0 | 1 | 2,
    hexAscii: level('X', 2) as 0 | 1 | 2,
    time: level('t', 5) as 0 | 1 | 2 | 3 | 4 | 5,
    nano: words.includes('--nano'),
    noChecksums: letters.includes('K'),
    number: letters.includes('#'),
  };
}

export function ourText(capture: Uint8Array, options: PrintOptions): string {
  const printer = createPrinter(options);
  const texts: string[] = [];
  const out = {
    interface() {},
    loss() {},
    frame: (frame: Parameters<typeof printer.print>[0]) => void texts.push(printer.print(frame)),
  };
  const decoder = new CaptureDecoder();
  decoder.feed(capture, out);
  decoder.end(out);
  return texts.join('');
}

/** Names are not looked up anywhere: where options ask for them, tcpdump runs without a network. */
export function theirText(capture: Uint8Array, words: string, zone = 'UTC'): string {
  const args = [...words.split(' ').filter((word) => word !== ''), '-r', '-'];
  const named = !words.includes('n');
  const { stdout, status, stderr, error } = spawnSync(
    named ? 'unshare' : 'tcpdump',
    named ? ['-n', 'tcpdump', ...args] : args,
    {
      input: capture,
      encoding: 'latin1',
      maxBuffer: 1024 * 1024 * 1024,
      env: { ...process.env, LC_ALL: 'C', TZ: zone },
    },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`tcpdump ${args.join(' ')}: status ${status}\n${stderr}`);
  return stdout;
}

/** Texts of packets by number. Both sides print `-#`. */
function packets(text: string): string[] {
  const all: string[] = [];
  let next = 1;
  for (const line of text.split('\n')) {
    if (line.startsWith(`${String(next).padStart(5)}  `)) {
      all.push(line);
      next++;
    } else if (all.length > 0) all[all.length - 1] += `\n${line}`;
  }
  return all;
}

export interface Difference {
  readonly number: number;
  readonly tcpdump: string;
  readonly dump: string;
}

export interface Comparison {
  readonly count: number;
  readonly differences: readonly Difference[];
}

/** Packet by packet; -# is added. */
export function compare(capture: Uint8Array, words: string, extra: Partial<PrintOptions> = {}): Comparison {
  const numbered = `${words} -#`.trim();
  const theirs = packets(theirText(capture, numbered));
  const ours = packets(ourText(capture, { ...optionsOf(numbered), ...extra }));
  const differences: Difference[] = [];
  theirs.forEach((tcpdump, i) => {
    const dump = ours[i] ?? '';
    if (tcpdump.trimEnd() !== dump.trimEnd()) differences.push({ number: i + 1, tcpdump, dump });
  });
  return { count: theirs.length, differences };
}
