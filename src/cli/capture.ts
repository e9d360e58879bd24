/** What `watch` and `dump` have in common: from words to a running source, and the lines at its end. */
import type { FrameCollector, PacketSource, SourceCounters, Target } from '../model/index.ts';
import type { FrameTap } from '../watch/fanout.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CliError, UsageError } from './errors.ts';
import { Filter, filterText } from './filter-text.ts';
import { mark, printTiming } from './timing.ts';

/** What a command does with the frames. Made before rights are given up: it must have imported all it needs. */
export interface View {
  readonly tap: FrameTap;
  /** Entries are for people who wait for them: small delay instead of large blocks. */
  readonly immediate: boolean;
  /** After the last frame. */
  finish(counters: SourceCounters): Promise<void>;
  /** Lines of the view's own for the end and for SIGUSR1. */
  report(): string[];
  /** Address and name pairs for a file's name block. */
  names?(): Iterable<[string, string]>;
  /** The reader of the output has gone. */
  readonly finished?: () => boolean;
}

export interface Setting {
  readonly live: boolean;
  /** address -> name of what the look-up has found. */
  readonly knownNames: ReadonlyMap<string, string>;
  /** More than one namespace: entries say whose they are. */
  readonly severalTargets: boolean;
}

export type MakeView = (setting: Setting) => Promise<View>;

const stderr = (text: string) => void process.stderr.write(`porthole: ${text}\n`);

export async function capture(
  options: CaptureOptions,
  words: readonly string[],
  hint: string,
  makeView: MakeView,
): Promise<number> {
  if (options.read !== undefined) {
    const { captureFromFile } = await import('./capture-file.ts');
    return captureFromFile(
      options,
      new Filter(filterText(words, options.filterFile), options.snaplen, false),
      makeView,
    );
  }
  const [spec, ...rest] = words;
  if (spec === undefined)
    throw new UsageError(
      'which container? Give its name, or -r FILE',
      hint || "'porthole ps' lists what can be watched",
    );
  if (hint) stderr(hint);
  const filter = new Filter(filterText(rest, options.filterFile), options.snaplen, true);
  const { captureLive } = await import('./capture-live.ts');
  return captureLive(options, spec, filter, makeView);
}

/** Signals and counts around one run of a source. */
export async function drive(
  source: PacketSource & { refreshCounters?(out: FrameCollector): SourceCounters },
  taps: readonly FrameTap[],
  view: View,
  options: { packets: number; live: boolean },
): Promise<SourceCounters> {
  const { Fanout } = await import('../watch/fanout.ts');
  const fanout = new Fanout(taps, options.packets, () => source.stop());
  const stop = () => source.stop();
  const show = () => {
    source.refreshCounters?.(fanout);
    process.stderr.write(countLines(source.counters(), view));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('SIGUSR1', show);
  try {
    await source.run(fanout);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
    process.off('SIGUSR1', show);
  }
  const counters = source.counters();
  // A limit ends the view before the source: what it read beyond is nobody's.
  if (options.packets > 0) counters.captured = Math.min(counters.captured, fanout.frames);
  if (options.live && fanout.firstFrameMs > 0) printTiming(fanout.firstFrameMs);
  return counters;
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** tcpdump's three lines, then what it does not count. */
export function countLines(counters: SourceCounters, view: View): string {
  const lines = [
    `${plural(counters.captured, 'packet')} captured`,
    `${plural(counters.received, 'packet')} received by filter`,
    `${plural(counters.dropped, 'packet')} dropped by kernel`,
  ];
  if (counters.freezes > 0)
    lines.push(`the ring was full ${plural(counters.freezes, 'time')}: -B makes it larger`);
  if (counters.snaplenCut > 0) lines.push(`${plural(counters.snaplenCut, 'packet')} cut by the snap length`);
  if (counters.duplicates > 0)
    lines.push(`${plural(counters.duplicates, 'packet')} left out: the same packet on a second interface`);
  return [...lines, ...view.report()].map((line) => `${line}\n`).join('');
}

/** Who is to own files that root writes: the user behind sudo. */
export function outputOwner(): { uid: number; gid: number } {
  const number = (name: string) => {
    const text = process.env[name];
    return process.getuid?.() === 0 && text && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return {
    uid: number('SUDO_UID') ?? process.getuid?.() ?? 0,
    gid: number('SUDO_GID') ?? process.getgid?.() ?? 0,
  };
}

/** Addresses of what the machine runs, for lines that name peers. */
export function namesOf(targets: readonly Target[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const target of targets)
    if (!target.hostNetwork && target.netns !== 0)
      for (const address of target.addresses) {
        const known = names.get(address);
        // Containers of one pod share their addresses; loopback is everybody's.
        if (/^127\.|^::1$|^fe80:/.test(address)) continue;
        names.set(address, known && known !== target.name ? `${known}+${target.name}` : target.name);
      }
  return names;
}

export { CliError, mark, stderr };
