/** What a live capture is doing, while it does it: a line at the bottom, and a word when nothing shows. */
import { readFileSync } from 'node:fs';
import { whyQuiet } from '../doctor/quiet.ts';
import { isPlumbing } from '../doctor/rules/blind.ts';
import { count, figure, list, percent, size } from '../doctor/words.ts';
import type { CaptureInterface, SourceCounters } from '../model/index.ts';
import { useColor } from './color.ts';
import { StatusLine } from './status-line.ts';
import { plainText, stderr } from './terminal.ts';

/** How far a view has come. */
export interface Progress {
  /** Entries or packets shown so far; left out where packets are only counted or written. */
  readonly shown?: number;
  /** Hidden by -Y. */
  readonly hidden: number;
  /** Not shown: the reader was too slow. */
  readonly shed: number;
  /** Payload by protocol; '' is none. Empty where nothing is decoded. */
  readonly bytes: ReadonlyMap<string, number>;
}

export interface StatusSource {
  counters(): SourceCounters;
  interfaces(): CaptureInterface[];
  askPassed(): void;
  passed(): { name: string; packets: number }[];
}

export interface StatusWish {
  readonly source: StatusSource;
  readonly progress: () => Progress;
  readonly spec: string;
  readonly filter: string;
  readonly direction: 'in' | 'out' | undefined;
  /** A view has the whole screen: no line of ours on it. */
  readonly hasScreen?: boolean;
  /** A process of each namespace, as of the beginning. */
  readonly pids: readonly number[];
}

/** When the reason for silence is told, seconds from the beginning; then ever more seldom. */
const quietAfter = [3, 10, 30, 100, 300, 1000];
/** The kernel's answer to `askPassed` is read by then. */
const answerMs = 100;
const drawEveryMs = 500;
/** Of more interfaces the counters are not asked for twice a second. */
const maxAsked = 32;

export class LiveStatus {
  readonly #wish: StatusWish;
  readonly #from = performance.now();
  readonly #timers: NodeJS.Timeout[] = [];
  #line: StatusLine | undefined;

  /** Begins at once. */
  constructor(wish: StatusWish) {
    this.#wish = wish;
    for (const seconds of quietAfter)
      this.#timers.push(setTimeout(() => this.#quiet(), seconds * 1000).unref());
    const isTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true;
    if (!isTerminal || wish.hasScreen || process.env['TERM'] === 'dumb') return;
    this.#line = new StatusLine(useColor('auto', true));
    this.#timers.push(setInterval(() => this.#draw(), drawEveryMs).unref());
  }

  /** The terminal has a line of ours at its bottom. */
  get hasLine(): boolean {
    return this.#line !== undefined;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const line = this.#line;
    this.#line = undefined;
    await line?.close();
  }

  /** For who asks (SIGUSR1): what is attached and where, and what became of it. */
  async lines(): Promise<string[]> {
    const { source, filter, progress } = this.#wish;
    source.askPassed();
    await new Promise((done) => setTimeout(done, answerMs));
    const names = source.interfaces().map((i) => i.name);
    const { shown, shed, bytes } = progress();
    const passed = source.passed().reduce((sum, i) => sum + i.packets, 0);
    return [
      `listening on ${names.join(', ') || 'no interface'}${filter === '' ? '' : `, filter: ${filter}`}`,
      `${figure(passed)} packets passed${shown === undefined ? '' : `, ${figure(shown)} shown`}${shed > 0 ? `, ${figure(shed)} not shown: the reader was too slow` : ''}`,
      ...(bytes.size > 0 ? [`payload: ${byProtocol(bytes)}`] : []),
      ...(this.#shown() === 0 ? [this.#why()] : []),
    ];
  }

  /** As far as the kernel's counters, which were asked for, tell it. */
  #why(): string {
    const { source, progress, filter, direction, pids } = this.#wish;
    const { hidden, bytes } = progress();
    const { captured, received, dropped } = source.counters();
    return whyQuiet({
      seconds: (performance.now() - this.#from) / 1000,
      passed: source.passed(),
      ...{ filter, direction: direction ?? '', captured, received, dropped, hidden },
      undecodedBytes: bytes.get('') ?? 0,
      tlsBytes: encrypted(bytes),
      unix: connectedUnix(pids),
    });
  }

  #draw(): void {
    const { source } = this.#wish;
    if (source.interfaces().length <= maxAsked) source.askPassed();
    this.#line?.draw(plainText(statusText(this.#wish)), process.stdout.columns || 80);
  }

  /** What there is to be seen of the watch. */
  #shown(): number {
    const { source, progress } = this.#wish;
    return progress().shown ?? source.counters().captured;
  }

  #quiet(): void {
    const { source, spec, filter } = this.#wish;
    if (this.#shown() > 0) return;
    source.askPassed();
    const tell = () => {
      if (this.#shown() > 0) return;
      stderr(`${this.#why()} ('porthole doctor ${spec}${filter === '' ? '' : ` ${filter}`}' tells more)`);
    };
    this.#timers.push(setTimeout(tell, answerMs).unref());
  }
}

/** In the order of what is asked first; what is nothing is left out. */
export function statusText({ source, progress, filter }: StatusWish): string {
  const names = source.interfaces().map((i) => i.name);
  const { shown, hidden, shed, bytes } = progress();
  const { captured, dropped } = source.counters();
  const passed = source.passed().reduce((sum, i) => sum + i.packets, 0);
  const all = sum(bytes);
  const undecoded = bytes.get('') ?? 0;
  return [
    `${names.length > 4 ? count(names.length, 'interface') : names.join(', ') || 'no interface is up'}${filter === '' ? '' : `, ${filter}`}`,
    `${figure(Math.max(passed, captured))} seen, ${figure(captured)} kept, ${figure(dropped)} dropped`,
    ...(shown === undefined
      ? []
      : [
          `${figure(shown)} shown${hidden > 0 ? `, ${figure(hidden)} hidden` : ''}${shed > 0 ? `, ${figure(shed)} shed` : ''}`,
        ]),
    ...(encrypted(bytes) > 0 ? [`${percent(encrypted(bytes), all)} TLS`] : []),
    ...(undecoded > 0 ? [`${size(undecoded)} not decoded`] : []),
  ].join(' | ');
}

const sum = (bytes: ReadonlyMap<string, number>) => [...bytes.values()].reduce((a, b) => a + b, 0);

const encrypted = (bytes: ReadonlyMap<string, number>) =>
  ['TLS', 'QUIC', 'DTLS'].reduce((total, name) => total + (bytes.get(name) ?? 0), 0);

function byProtocol(bytes: ReadonlyMap<string, number>): string {
  const all = sum(bytes);
  const rows = [...bytes].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  return list(
    rows.map(([name, n]) => `${name || 'not decoded'} ${size(n)} (${percent(n, all)})`),
    8,
  );
}

/** SS_CONNECTED, include/uapi/linux/net.h */
const SS_CONNECTED = '03';

/**
 * Names of the unix sockets on which connections stand, in the namespaces of these processes: proc_net(5),
 * lines `Num: RefCount Protocol Flags Type St Inode Path`. Needs no right.
 */
function connectedUnix(pids: readonly number[]): string[] {
  const names = new Set<string>();
  for (const pid of pids) {
    let text = '';
    try {
      text = readFileSync(`/proc/${pid}/net/unix`, 'utf8');
    } catch {
      // Ended, or hidden from who has no rights.
    }
    for (const line of text.split('\n')) {
      const [, state, name = ''] = /^\S+ \S+ \S+ \S+ \S+ (\S+) +\d+ (.+)$/.exec(line) ?? [];
      if (state === SS_CONNECTED && !isPlumbing(name)) names.add(name);
    }
  }
  return [...names];
}
