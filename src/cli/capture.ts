/** What `watch` and `dump` have in common: from words to a running source, and the lines at its end. */
import {
  type EntryCollector,
  type FrameCollector,
  LinkType,
  type PacketSource,
  type SourceCounters,
  type Surroundings,
  type Target,
} from '../model/index.ts';
import type { EntryWant } from '../remote/index.ts';
import type { FrameTap } from '../watch/fanout.ts';
import type { OwnersNews } from '../watch/follow.ts';
import type { Opener, SaveSpec } from '../watch/index.ts';
import { captureFilter, filterText } from './capture-filter.ts';
import type { CaptureOptions } from './capture-options.ts';
import { UsageError } from './errors.ts';
import type { KubeOptions } from './kube-options.ts';
import { beforeLine } from './line-start.ts';
import type { Output } from './output.ts';
import type { LiveStatus, Progress } from './status.ts';
import { onStdoutFailure, plainText, ReaderGone, stderr, stdoutFailure } from './terminal.ts';
import { mark, printTiming } from './timing.ts';

/** What a command does with the frames. Made before rights are given up: it must have imported all it needs. */
export interface View {
  readonly tap: FrameTap;
  /** After the last frame. */
  finish(counters: SourceCounters): Promise<void>;
  /** Lines of the view's own for the end and for SIGUSR1. */
  report(): string[];
  /** Address and name pairs for a file's name block. */
  names?(): Iterable<[string, string]>;
  /** Nothing of what there was could be shown. */
  blind?(): boolean;
  /** A container joined or left; without it, a line on stderr. */
  member?(mark: '+' | '-', text: string, label: string): void;
  /** Processes hold sockets of a watched namespace. */
  owners?(news: OwnersNews): void;
  /** How far it has come, for who watches the watch; without it nobody is told. */
  progress?(): Progress;
  /** Its files go there: told to the opener before rights are given up. */
  readonly saves?: SaveSpec;
  /** The screen is its own: nobody else draws there. */
  readonly hasScreen?: boolean;
  /** Rights are given up, frames are about to come. @param opener where there is one */
  begin?(opener?: Opener): void;
  /** All is written; the end is not, while somebody still looks at what there is. */
  linger?(failed: boolean): Promise<void>;
  /** It shows entries, wherever they are from: the text of a HAR file. Throws a HarError. */
  har?(text: string): void;
  /** What there is to be watched, and what is; as it was in the beginning. */
  targets?(known: readonly Target[], watched: readonly Target[]): void;
  /** How the capture stands, in lines for people, whenever it is asked. */
  stands?(lines: () => Promise<readonly string[]>): void;
  /** Whoever looks at it may say when it is enough. */
  onEnd?(stop: () => void): void;
  /** Instead of frames, when entries come decoded (Setting.isDecoded). */
  readonly decoded?: Decoded;
}

/** Where entries go that were decoded elsewhere, and which are wanted. */
export interface Decoded {
  readonly entries: EntryCollector;
  readonly want: EntryWant;
  /** Bytes of bodies. */
  readonly bodyLimit: number;
}

export interface Setting {
  readonly live: boolean;
  /** address -> name of what the look-up has found; those that join later come to be in it too. */
  readonly knownNames: ReadonlyMap<string, string>;
  /** More than one namespace: entries say whose they are. */
  readonly severalTargets: boolean;
  /** Entries come instead of frames. */
  readonly isDecoded?: boolean;
  /** Of a cluster. */
  readonly around?: Surroundings;
}

export interface ViewMaker {
  /** Entries are for people who wait for them: small delay instead of large blocks. */
  readonly immediate: boolean;
  /** It shows nothing of what it is fed with: names are of no use. */
  readonly isSilent?: boolean;
  /** It shows which processes hold the connections. */
  readonly wantsOwners?: boolean;
  /** Why its views must see packets; '' they need not, entries do. */
  readonly needsPackets?: string;
  /** What its own readers say to it, as a filter that leaves it out: where our own network is watched. */
  readonly ownTraffic?: string;
  /** Loads and makes the view: when frames are already being captured, before rights are given up. */
  make(setting: Setting): Promise<View>;
}

/** @param hint what a letter may have been meant to say; told when something is wrong, never acted on */
export async function capture(
  options: CaptureOptions,
  words: readonly string[],
  hint: string,
  maker: ViewMaker,
): Promise<number> {
  try {
    if (options.dockerHost !== undefined) process.env['DOCKER_HOST'] = options.dockerHost;
    if (options.read !== undefined) {
      const { captureFromFile } = await import('./capture-file.ts');
      const text = filterText(words, options.filterFile);
      const filter = await captureFilter(text, { snaplen: options.snaplen, live: false }, options);
      return await captureFromFile(options, filter, maker);
    }
    if (options.kube) return await ofCluster(options, options.kube, words, maker);
    const [spec, ...rest] = options.target === undefined ? words : [options.target, ...words];
    if (spec === undefined)
      throw new UsageError(
        'which container? Give its name, or -r FILE',
        "'porthole ps' lists what can be watched",
      );
    const text = filterText(rest, options.filterFile);
    const filter = await captureFilter(text, { snaplen: options.snaplen, live: true }, options);
    // A mistake in the filter is told before anything else is tried.
    filter.instructions(LinkType.ethernet);
    mark('command line read');
    const { captureLive } = await import('./capture-live.ts');
    return await captureLive(options, spec, filter, maker);
  } catch (error) {
    if (hint !== '' && /^(Usage|Target|Filter)Error$/.test((error as Error).name))
      (error as { hint?: string }).hint = hint;
    throw error;
  }
}

/** What needs packets cannot be had where they stay on their nodes. @throws UsageError */
function requireEntries(options: CaptureOptions, maker: ViewMaker): void {
  const needs = [
    [options.write !== undefined, '-w writes packets'],
    [options.packets > 0, '-c (--packets) counts packets'],
    [options.countOnly, '--count counts packets'],
    [maker.needsPackets !== '', maker.needsPackets ?? 'this command shows packets'],
  ] as const;
  for (const [isWanted, what] of needs)
    if (isWanted)
      throw new UsageError(
        `--decode node: ${what}, and they stay on their nodes`,
        'without it (--decode here) packets come over the wire',
      );
}

/** With a selector every word is of the filter. */
async function ofCluster(
  options: CaptureOptions,
  kube: KubeOptions,
  words: readonly string[],
  maker: ViewMaker,
): Promise<number> {
  if (options.host !== 'no')
    throw new UsageError(
      '--host with -k: agents capture in the namespaces of pods alone',
      "on the node itself 'porthole watch host' shows its own traffic",
    );
  if (kube.decodes === 'node') requireEntries(options, maker);
  const isNamed = kube.selector === undefined && !kube.allNamespaces;
  const target = isNamed ? words[0] : undefined;
  const rest = isNamed ? words.slice(1) : words;
  const text = filterText(rest, options.filterFile);
  // A mistake in the filter is told before anything is started. What it names is looked up where it is used.
  if (!/\b(container|pod)\b/.test(text))
    (await captureFilter(text, { snaplen: options.snaplen, live: true }, options)).instructions(
      LinkType.ethernet,
    );
  mark('command line read');
  const { captureKube } = await import('./capture-kube.ts');
  return captureKube(options, kube, target, text, maker);
}

/** The file of -w, if one is wanted. */
export async function outputOf(options: CaptureOptions, filter: string): Promise<Output | undefined> {
  if (options.write === undefined) return undefined;
  const { openOutput } = await import('./output.ts');
  if (!options.redact) return openOutput(options, filter);
  const { redacted } = await import('./redacted-output.ts');
  return redacted(options, filter);
}

export interface Drive {
  readonly view: View;
  readonly output: Output | undefined;
  /** 0 = no limit */
  readonly packets: number;
  readonly live: boolean;
  readonly status?: Pick<LiveStatus, 'stop' | 'lines'> | undefined;
}

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Until `close`, which tells whether it was so: signals that end us are noted. A second one ends us at once. */
export function heedEnd(): { close(): boolean } {
  let isEnded = false;
  const note = () => {
    isEnded = true;
  };
  for (const signal of endSignals) process.once(signal, note);
  return {
    close() {
      for (const signal of endSignals) process.off(signal, note);
      return isEnded;
    },
  };
}

/**
 * Runs a source to its end, whatever ends it: signals, a packet limit, the last file of a rotation, a
 * reader of stdout that goes away. What was captured until then is printed and written all the same; then
 * what went wrong is thrown.
 */
export async function drive(
  source: PacketSource & { refreshCounters?(out: FrameCollector): SourceCounters },
  { view, output, packets, live, status }: Drive,
): Promise<SourceCounters> {
  const stop = (signal?: string) => {
    // The terminal shows ^C where the next line would begin.
    if (signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write(beforeLine() || '\n');
    source.stop();
  };
  // Once: a second signal ends us at once, even if a reader or a disk does not let us finish. Before anything is
  // waited for: whoever was told that we listen may end us.
  for (const signal of endSignals) process.once(signal, stop);
  const { Fanout } = await import('../watch/fanout.ts');
  const fanout = new Fanout(output ? [output.tap, view.tap] : [view.tap], packets, () => source.stop());
  const show = () => {
    source.refreshCounters?.(fanout);
    process.stderr.write(`${beforeLine()}${countLines(source.counters(), view, output)}`);
    void status?.lines().then((lines) => {
      process.stderr.write(lines.map((line) => `${beforeLine()}${plainText(line)}\n`).join(''));
    });
  };
  output?.onEnd(() => source.stop());
  view.onEnd?.(() => source.stop());
  if (status) view.stands?.(() => status.lines());
  onStdoutFailure(() => source.stop());
  process.on('SIGUSR1', show);
  let failure: unknown;
  const attempt = async (what: () => void | Promise<void>) => {
    try {
      await what();
    } catch (error) {
      failure ??= error;
    }
  };
  await attempt(() => source.run(fanout));
  await status?.stop();
  const counters = source.counters();
  // A limit ends the view before the source: what it read beyond is nobody's.
  if (packets > 0) counters.captured = Math.min(counters.captured, fanout.frames);
  await attempt(() => view.finish(counters));
  await attempt(() => output?.finish(counters, view.names?.() ?? []));
  await attempt(() => view.linger?.(failure !== undefined));
  for (const signal of endSignals) process.off(signal, stop);
  process.off('SIGUSR1', show);
  failure ??= stdoutFailure();
  if (failure) {
    if (failure instanceof ReaderGone) stderr('the reader of stdout has gone: ended');
    // Counts of what never began say nothing.
    if (live && (counters.received > 0 || counters.captured > 0 || !isRefused(failure)))
      process.stderr.write(countLines(counters, view, output));
    throw failure;
  }
  if (live && fanout.firstFrameMs > 0) printTiming(fanout.firstFrameMs);
  return counters;
}

/** Told in one line to people. */
const isRefused = (failure: unknown) => (failure as Error).name === 'CliError';

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** tcpdump's three lines, then what it does not count. */
export function countLines(counters: SourceCounters, view: View, output?: Pick<Output, 'report'>): string {
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
  return [...lines, ...view.report(), ...(output?.report?.() ?? [])].map((line) => `${line}\n`).join('');
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
