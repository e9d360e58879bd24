/** The view of `watch`: the pipeline with a text or JSON sink. */
import type { CaptureInterface, Sink } from '../model/index.ts';
import { createPipeline, Names } from '../pipeline/index.ts';
import { protocols } from '../protocols/registry.ts';
import { createSchema, type FilteredSink, filtered } from '../query/index.ts';
import { redactExchange } from '../redact/index.ts';
import { createJsonSink } from '../sinks/json/index.ts';
import { createTextSink, stdoutText } from '../sinks/text/index.ts';
import { knowsLinkType } from '../wire/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { platform } from './platform.ts';
import { stderr, stdoutFailed } from './terminal.ts';

export interface ConversationOptions {
  readonly options: CaptureOptions;
  readonly output: 'text' | 'json';
  readonly color: string;
  readonly bodyLimit: number;
  readonly showSecrets: boolean;
  /** Only entries that match; '' shows all. */
  readonly query: string;
}

/** Text waiting for a slow reader. Live, what comes on top is shed and counted; a file waits. */
const outputLimit = 8 * 1024 * 1024;

export function conversationView(setting: Setting, wanted: ConversationOptions): View {
  const { options } = wanted;
  const out = stdoutText(outputLimit, stdoutFailed);
  // A file can wait for its reader; a live capture must not.
  const write = setting.live
    ? (text: string) => out.write(text)
    : (text: string) => {
        out.write(text);
        return true;
      };
  const redact = wanted.showSecrets ? <T>(exchange: T) => exchange : redactExchange;
  const names = new Names(options.noNames > 0 ? new Map() : setting.knownNames);
  const isTerminal = process.stdout.isTTY === true;
  const shown: Sink =
    wanted.output === 'json'
      ? createJsonSink({ write, redact, platform, verbose: options.verbose, showSecrets: wanted.showSecrets })
      : createTextSink({
          write,
          redact,
          platform,
          verbose: Math.min(3, options.verbose) as 0 | 1 | 2 | 3,
          time: options.time as 0 | 1 | 2 | 3 | 4 | 5,
          nano: options.nano,
          width: isTerminal ? process.stdout.columns || 80 : 0,
          color: useColor(wanted.color, isTerminal),
          names: options.noNames === 0,
          showTarget: setting.severalTargets,
          showSecrets: wanted.showSecrets,
        });
  const query = wanted.query === '' ? undefined : narrowed(shown, wanted.query);
  const sink = query ?? shown;
  // Bodies that nobody looks at are not kept either.
  const bodyLimit = options.verbose >= 2 || query?.query.needsBody ? wanted.bodyLimit : 0;
  const strange: CaptureInterface[] = [];
  let known = 0;
  const pipeline = createPipeline({ protocols, sinks: [sink], bodyLimit, names });
  const tap = {
    ...pipeline,
    interface(iface: CaptureInterface) {
      if (knowsLinkType(iface)) known++;
      else strange.push(iface);
      pipeline.interface(iface);
    },
    batch() {
      if (!setting.live) {
        void pipeline.batch();
        return out.drain();
      }
      // Time passes without packets too: an unanswered question is to be told.
      const now = Date.now();
      pipeline.tick(Math.floor(now / 1000), (now % 1000) * 1e6);
      return pipeline.batch();
    },
  };
  return {
    tap,
    async finish(counters) {
      await pipeline.finish(counters);
      await out.drain();
    },
    names: () => names.entries(),
    blind: () => known === 0 && strange.length > 0,
    report() {
      const c = pipeline.counters();
      const lines = [
        `${c.exchanges} exchange${c.exchanges === 1 ? '' : 's'} in ${c.connections} connection${c.connections === 1 ? '' : 's'}`,
      ];
      if (query) lines.push(...queryLines(query));
      if (c.lost > 0) lines.push(`${c.lost} bytes of streams were not captured`);
      if (c.evicted > 0) lines.push(`${c.evicted} connections forgotten: more than are kept at once`);
      if (c.fragmentsDropped > 0) lines.push(`${c.fragmentsDropped} fragmented datagrams not put together`);
      for (const { linktype, name } of strange)
        lines.push(
          `link type ${linktype}${name && ` of ${name}`} is not known: its packets were not decoded (porthole dump shows their bytes)`,
        );
      return lines;
    },
  };
}

function narrowed(sink: Sink, text: string): FilteredSink {
  const query = filtered(sink, text, createSchema(protocols), platform);
  for (const note of query.query.notes) stderr(note);
  return query;
}

function queryLines(query: FilteredSink): string[] {
  const { shown, hidden } = query.counters();
  const lines = [`${shown} shown, ${hidden} hidden by -Y`];
  const givenUp = query.query.givenUp();
  if (givenUp > 0) lines.push(`${givenUp} texts were too intricate for a pattern of -Y: taken as no match`);
  return lines;
}

/** https://no-color.org */
export function useColor(wanted: string, isTerminal: boolean): boolean {
  if (wanted !== 'auto') return wanted === 'always';
  return isTerminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
