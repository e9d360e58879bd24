/** Entries of a capture file, as sinks are told them and as an agent would send them. */
import type {
  Connection,
  ConnectionState,
  EntryCollector,
  Exchange,
  Message,
  Sink,
} from '../../model/index.ts';
import { CaptureDecoder } from '../../pcap/index.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { inners, protocols } from '../../protocols/registry.ts';
import { concatBytes } from '../../util/bytes.ts';
import { type EncoderOptions, EntryEncoder } from '../entry-encoder.ts';
import type { EntryOutput } from '../index.ts';

export interface Recorded {
  /** One of each entry: `kind`, and what was told. */
  readonly told: [kind: string, what: object][];
  readonly bytes: Uint8Array;
}

const counters = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

/** @param file a capture file's bytes */
export function recorded(file: Uint8Array, options: EncoderOptions & { bodyLimit: number }): Recorded {
  const encoder = new EntryEncoder(options);
  const told: Recorded['told'] = [];
  const parts: Uint8Array[] = [];
  let clock = { baseSec: 0 };
  const exchange = (kind: 'opened' | 'waiting' | 'exchange') => (given: Exchange) => {
    told.push([kind, plainExchange(given, options)]);
    encoder.exchange(kind, given);
  };
  const summary = (kind: 'conversation' | 'ended') => (given: ConnectionState) => {
    told.push([kind, plainSummary(given)]);
    encoder.summary(kind, given);
  };
  const sink: Sink = {
    open(context) {
      clock = context.clock;
    },
    interface(iface) {
      encoder.interface(iface);
      const { comment, ...rest } = iface;
      told.push(['interface', { ...rest, netns: 1, ...(comment ? { comment } : {}) }]);
    },
    frame({ sec }) {
      if (clock.baseSec === 0) encoder.clock(sec);
    },
    opened: exchange('opened'),
    waiting: exchange('waiting'),
    exchange: exchange('exchange'),
    conversation: summary('conversation'),
    connection: summary('ended'),
  };
  const pipeline = createPipeline({ protocols, inners, sinks: [sink], bodyLimit: options.bodyLimit });
  new CaptureDecoder().feed(file, {
    interface: (iface) => pipeline.interface(iface),
    frame: (frame) => pipeline.frame(frame),
    loss: () => {},
  });
  void pipeline.finish(counters);
  parts.push(encoder.take().slice());
  return { told, bytes: concatBytes(parts) };
}

/** What a decoder hands over, in the same form; connections as they come. */
export function listening(
  options: EncoderOptions,
  shift = 0,
): EntryOutput & { readonly told: Recorded['told'] } {
  const told: Recorded['told'] = [];
  const exchange = (kind: string) => (given: Exchange) => {
    told.push([kind, plainExchange(given, options)]);
  };
  const summary = (kind: string) => (given: ConnectionState) => {
    told.push([kind, plainSummary(given)]);
  };
  const out: EntryCollector = {
    shiftOf: () => shift,
    connected: (connection, before) => (before ? { ...connection, id: before.id } : connection),
    opened: exchange('opened'),
    waiting: exchange('waiting'),
    exchange: exchange('exchange'),
    conversation: summary('conversation'),
    connection: summary('ended'),
    state: summary('state'),
    skipped: (_connection, count) => told.push(['skipped', { count }]),
    frames: (tally) => told.push(['frames', tally]),
    counted: () => {},
  };
  return { ...out, told, interface: (iface) => told.push(['interface', iface]) };
}

/** Without getters, and without what does not cross the wire: names, which the client gives; heads as they were sent. */
function plainExchange(exchange: Exchange, { heads, bodies }: EncoderOptions): object {
  const { connection, request, response, messages, ...rest } = exchange;
  const message = ({ startAt, endAt, wireBytes, startLine, headers, trailers, body }: Message) => ({
    ...{ startAt, endAt, wireBytes, startLine },
    ...(heads ? { headers, trailers } : {}),
    ...(bodies && body ? { body } : {}),
  });
  return {
    ...{ ...rest, connection: plainConnection(connection) },
    ...(request ? { request: message(request) } : {}),
    ...(response ? { response: message(response) } : {}),
    ...(bodies && messages ? { messages } : {}),
  };
}

const plainSummary = (summary: ConnectionState) => ({
  ...summary,
  connection: plainConnection(summary.connection),
});

function plainConnection({ netns: _, client, server, ...rest }: Connection): object {
  const end = ({ address, port, process }: Connection['client']) => ({ address, port, process });
  return { ...rest, client: end(client), server: end(server) };
}
