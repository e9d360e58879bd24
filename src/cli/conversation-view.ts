/** The view of `watch`: the pipeline with a text or JSON sink. */
import type { MessageSchema, Sink } from '../model/index.ts';
import { type OwnedSocket, Owners, patienceMs, Sides } from '../pipeline/index.ts';
import { createRedactor, type Rules, summary } from '../redact/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { createTextSink } from '../sinks/text/index.ts';
import type { OwnersNews } from '../watch/follow.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { narrowed, pipelineView, progressOf, useColor } from './pipeline-view.ts';
import { platform as undo } from './platform.ts';
import { terminalText } from './status-line.ts';
import { stdoutFailed } from './terminal.ts';
import type { TlsKeys } from './tls-keys.ts';

export interface ConversationOptions {
  readonly options: CaptureOptions;
  readonly output: 'text' | 'json';
  readonly color: string;
  readonly bodyLimit: number;
  /** What is masked; undefined: nothing (--reveal). */
  readonly rules: Rules | undefined;
  /** Only entries that match; '' shows all. */
  readonly query: string;
  readonly decodeAs: ReadonlyMap<number, string>;
  readonly keys: TlsKeys;
  /** What is seen in several places is told as often. */
  readonly bothSides: boolean;
  readonly schema: MessageSchema;
}

/** Text waiting for a slow reader. Live, what comes on top is shed and counted; a file waits. */
const outputLimit = 8 * 1024 * 1024;

export function conversationView(setting: Setting, wanted: ConversationOptions): View {
  const { options, schema } = wanted;
  const platform = { ...undo, schema };
  const out = terminalText(outputLimit, stdoutFailed);
  // A file can wait for its reader; a live capture must not.
  const write = setting.live
    ? (text: string) => out.write(text)
    : (text: string) => {
        out.write(text);
        return true;
      };
  const redactor = wanted.rules && createRedactor(wanted.rules);
  const isTerminal = process.stdout.isTTY === true;
  const shown: Sink =
    wanted.output === 'json'
      ? createJsonSink({ write, redactor, platform, verbose: options.verbose })
      : createTextSink({
          write,
          redactor,
          platform,
          verbose: Math.min(3, options.verbose) as 0 | 1 | 2 | 3,
          time: options.time as 0 | 1 | 2 | 3 | 4 | 5,
          nano: options.nano,
          width: isTerminal ? process.stdout.columns || 80 : 0,
          color: useColor(wanted.color, isTerminal),
          names: options.noNames === 0,
          showTarget: setting.severalTargets,
          pending: setting.live,
        });
  const query = wanted.query === '' ? undefined : narrowed(shown, wanted.query);
  const owners = new Owners();
  const sides = new Sides(query ?? shown, {
    owners,
    isMerged: !wanted.bothSides,
    ...(setting.live ? { now: () => performance.now() } : {}),
  });
  const view = pipelineView({
    setting,
    sinks: [sides],
    query,
    // Bodies that nobody looks at are not kept either.
    bodyLimit: options.verbose >= 2 || query?.query.needsBody ? wanted.bodyLimit : 0,
    decodeAs: wanted.decodeAs,
    keys: wanted.keys,
    noNames: options.noNames > 0,
    drain: () => out.drain(),
  });
  const telling = tellInTime(sides);
  return {
    ...view,
    tap: {
      ...view.tap,
      batch() {
        const wait = view.tap.batch?.();
        telling.look();
        return wait;
      },
    },
    async finish(counters) {
      telling.stop();
      await view.finish(counters);
    },
    owners({ inode, at, owners: rows }) {
      owners.learn(inode, at, rows.map(ownedSocket));
    },
    progress: () => progressOf(view.pipeline, query),
    report() {
      const line = redactor ? summary(redactor.tally) : '';
      const lines = line === '' ? view.report() : [...view.report(), `${line}; --reveal shows them`];
      if (sides.seenAgain > 0)
        lines.push(`${sides.seenAgain} seen in several places and told once: --both-sides shows each`);
      return lines;
    },
  };
}

/** What waits for its other views is told in time, packets or not. */
function tellInTime(sides: Sides): { look(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (timer !== undefined || !sides.isWaiting) return;
    timer = setTimeout(() => {
      timer = undefined;
      void sides.batch();
      look();
    }, patienceMs);
  };
  return { look, stop: () => clearTimeout(timer) };
}

function ownedSocket(row: OwnersNews['owners'][number]): OwnedSocket {
  const [protocol, local, localPort, remote, remotePort, pid, comm, target] = row;
  const transport = protocol === 6 ? 'tcp' : 'udp';
  return { transport, local, localPort, remote, remotePort, process: { pid, comm, target } };
}
