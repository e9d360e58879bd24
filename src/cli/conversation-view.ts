/** The view of `watch`: the pipeline with a text or JSON sink. */
import type { Sink } from '../model/index.ts';
import { createRedactor, summary } from '../redact/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { createTextSink } from '../sinks/text/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { DecodingOptions } from './decoding-options.ts';
import { narrowed, pipelineView, progressOf, useColor } from './pipeline-view.ts';
import { platform as undo } from './platform.ts';
import { sidesOf, withSides } from './sides-view.ts';
import { terminalText } from './status-line.ts';
import { stdoutFailed } from './terminal.ts';

export interface ConversationOptions extends DecodingOptions {
  readonly options: CaptureOptions;
  readonly output: 'text' | 'json';
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
  const both = sidesOf(setting, query ?? shown, wanted.bothSides);
  const { sides } = both;
  const view = pipelineView({
    setting,
    sinks: [sides],
    query,
    // Bodies that nobody looks at are not kept either.
    bodyLimit: options.verbose >= 2 || query?.query.needsBody ? wanted.bodyLimit : 0,
    decodeAs: wanted.decodeAs,
    keys: wanted.keys,
    noProbes: wanted.noProbes,
    noNames: options.noNames > 0,
    drain: () => out.drain(),
    wants: {
      heads: options.verbose >= 1 || query?.query.needsHeads === true,
      bodies: options.verbose >= 2 || query?.query.needsBody === true,
    },
    skipped: (connection, count) => sides.skip(connection, count),
  });
  return {
    ...withSides(view, both),
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
