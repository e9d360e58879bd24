/** The view of `watch`: the pipeline with a text or JSON sink. */
import type { MessageSchema, Sink } from '../model/index.ts';
import { createRedactor, type Rules, summary } from '../redact/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { createTextSink, stdoutText } from '../sinks/text/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { narrowed, pipelineView, useColor } from './pipeline-view.ts';
import { platform as undo } from './platform.ts';
import { stdoutFailed } from './terminal.ts';

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
  readonly schema: MessageSchema;
}

/** Text waiting for a slow reader. Live, what comes on top is shed and counted; a file waits. */
const outputLimit = 8 * 1024 * 1024;

export function conversationView(setting: Setting, wanted: ConversationOptions): View {
  const { options, schema } = wanted;
  const platform = { ...undo, schema };
  const out = stdoutText(outputLimit, stdoutFailed);
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
        });
  const query = wanted.query === '' ? undefined : narrowed(shown, wanted.query);
  const view = pipelineView({
    setting,
    sinks: [query ?? shown],
    query,
    // Bodies that nobody looks at are not kept either.
    bodyLimit: options.verbose >= 2 || query?.query.needsBody ? wanted.bodyLimit : 0,
    decodeAs: wanted.decodeAs,
    noNames: options.noNames > 0,
    drain: () => out.drain(),
  });
  return {
    ...view,
    report() {
      const line = redactor ? summary(redactor.tally) : '';
      return line === '' ? view.report() : [...view.report(), `${line}; --reveal shows them`];
    },
  };
}
