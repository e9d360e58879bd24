/** What views of decoded traffic have in common: the pipeline under their sinks, and the lines at its end. */
import type { CaptureInterface, Connection, Sink } from '../model/index.ts';
import {
  createPipeline,
  createReception,
  Marks,
  Names,
  type OwnedSocket,
  type Pipeline,
} from '../pipeline/index.ts';
import { declarations, inners, protocols } from '../protocols/registry.ts';
import { createSchema, type FilteredSink, filtered } from '../query/index.ts';
import type { EntryWant } from '../remote/index.ts';
import type { OwnersNews } from '../watch/follow.ts';
import { knowsLinkType } from '../wire/index.ts';
import type { Setting, View } from './capture.ts';
import { platform } from './platform.ts';
import type { Progress } from './status.ts';
import { stderr } from './terminal.ts';
import type { TlsKeys } from './tls-keys.ts';

export { useColor } from './color.ts';

export interface PipelineViewOptions {
  readonly setting: Setting;
  readonly sinks: readonly Sink[];
  /** One of the sinks, when it is one of -Y. */
  readonly query: FilteredSink | undefined;
  readonly bodyLimit: number;
  readonly decodeAs: ReadonlyMap<number, string>;
  /** Secrets for what is encrypted. */
  readonly keys: TlsKeys;
  /** --no-probes */
  readonly noProbes?: boolean;
  /** -n: no names but those that DNS tells. */
  readonly noNames: boolean;
  /** Resolves when what was printed is taken: a file waits for its reader. */
  readonly drain: () => Promise<void>;
  /** Where entries come decoded: what of them is looked at. Without it, all. */
  readonly wants?: Partial<EntryWant>;
  /** There entries were left out of what was sent. */
  readonly skipped?: (connection: Connection, count: number) => void;
  /** After the last frame, when the sinks are closed. */
  readonly ended?: () => void;
}

export function pipelineView(options: PipelineViewOptions): View & { readonly pipeline: Pipeline } {
  const { setting, sinks, query, bodyLimit, decodeAs, drain, keys } = options;
  const marks = new Marks({ around: setting.around, hidesProbes: options.noProbes === true });
  const names = new Names(options.noNames ? new Map() : setting.knownNames);
  const strange: CaptureInterface[] = [];
  let known = 0;
  const marked = sinks.map((sink) => marks.before(sink));
  const reception = setting.isDecoded
    ? createReception({
        ...{ protocols, inners, names },
        sinks: marked,
        ...(options.skipped ? { skipped: options.skipped } : {}),
      })
    : undefined;
  const pipeline =
    reception ??
    createPipeline({
      ...{ protocols, inners, bodyLimit, names, decodeAs },
      sinks: marked,
      decryption: () => keys.decryption(),
    });
  if (!setting.live) keys.settle();
  const following = setting.live ? keys.follow(() => void pipeline.batch()) : undefined;
  const tap = {
    ...pipeline,
    interface(iface: CaptureInterface) {
      if (knowsLinkType(iface)) known++;
      else strange.push(iface);
      pipeline.interface(iface);
    },
    secrets: (type: number, bytes: Uint8Array) => keys.learn(type, bytes),
    batch() {
      if (!setting.live) {
        void pipeline.batch();
        return drain();
      }
      passTime(pipeline);
      return pipeline.batch();
    },
  };
  return {
    pipeline,
    tap,
    ...(reception
      ? { decoded: { entries: reception.entries, want: { ...wantOf(options), ...options.wants }, bodyLimit } }
      : {}),
    async finish(counters) {
      following?.stop();
      await pipeline.finish(counters);
      options.ended?.();
      await drain();
    },
    names: () => names.entries(),
    owners: ({ inode, owners }) => marks.listeners(inode, owners.map(ownedSocket)),
    blind: () => known === 0 && strange.length > 0,
    report() {
      const c = pipeline.counters();
      const lines = [
        `${c.exchanges} exchange${c.exchanges === 1 ? '' : 's'} in ${c.connections} connection${c.connections === 1 ? '' : 's'}`,
      ];
      if (query) lines.push(...queryLines(query));
      lines.push(...keys.report());
      lines.push(...probeLines(marks, options.noProbes === true));
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

/** What the sinks can be told. */
function wantOf({ sinks, decodeAs }: PipelineViewOptions): EntryWant {
  const asks = (...names: (keyof Sink)[]) => sinks.some((sink) => names.some((name) => sink[name]));
  return {
    ...{ heads: true, bodies: true, processes: false, stateMs: 0 },
    opened: asks('opened'),
    waiting: asks('waiting'),
    exchanges: asks('exchange', 'conversation'),
    connections: asks('connection'),
    frames: asks('frames'),
    decodeAs: [...decodeAs],
  };
}

/** @param query the sink of -Y, when there is one */
export function progressOf(pipeline: Pipeline, query: FilteredSink | undefined): Progress {
  const { exchanges, conversations } = pipeline.counters();
  const { shown, hidden } = query?.counters() ?? { shown: exchanges + conversations, hidden: 0 };
  return { ...{ shown, hidden }, shed: 0, bytes: pipeline.bytesByProtocol() };
}

/** Time passes without packets too: an unanswered question is to be told. */
export function passTime(pipeline: Pipeline): void {
  const now = Date.now();
  pipeline.tick(Math.floor(now / 1000), (now % 1000) * 1e6);
}

/** -Y in front of a sink. @throws QueryError */
export function narrowed(sink: Sink, text: string): FilteredSink {
  const query = filtered(sink, text, createSchema(declarations), platform);
  for (const note of query.query.notes) stderr(note);
  return query;
}

function probeLines({ hidden }: Marks, isAsked: boolean): string[] {
  if (!isAsked) return [];
  const { probes, failed } = hidden;
  const ofThem = failed === 0 ? '' : `, ${failed} of which failed`;
  return [`${probes} probe${probes === 1 ? '' : 's'} of the kubelet hidden by --no-probes${ofThem}`];
}

export function ownedSocket(row: OwnersNews['owners'][number]): OwnedSocket {
  const [protocol, local, localPort, remote, remotePort, pid, comm, target] = row;
  const transport = protocol === 6 ? 'tcp' : 'udp';
  return { transport, local, localPort, remote, remotePort, process: { pid, comm, target } };
}

function queryLines(query: FilteredSink): string[] {
  const { shown, hidden } = query.counters();
  const lines = [`${shown} shown, ${hidden} hidden by -Y`];
  const givenUp = query.query.givenUp();
  if (givenUp > 0) lines.push(`${givenUp} texts were too intricate for a pattern of -Y: taken as no match`);
  return lines;
}
