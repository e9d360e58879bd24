/** A protocol's analyzer as a fuzz target: its fixtures' conversations, packed into bytes that can be changed. */
import { join, resolve } from 'node:path';
import type { AnalyzerOutput, Exchange, Inner, ProtocolModule, Side } from '../../src/model/index.ts';
import { protocols } from '../../src/protocols/registry.ts';
import { conversationsFor } from '../../src/protocols/testing/carried.ts';
import { type Conversation, fixtureNames } from '../../src/protocols/testing/fixture.ts';
import { connectionFor } from '../../src/protocols/testing/play.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

const bodyLimit = 1000;
/** Bits of a piece's first byte: which side, and whether it is a hole. A length of two bytes follows. */
const server = 1;
const hole = 0x40;

export interface AnalyzerOptions {
  readonly tokens?: readonly string[];
  /** Beside the fixtures' conversations. */
  readonly more?: readonly Conversation[];
  readonly inner?: (exchange: Exchange, before?: Inner) => Inner | undefined;
}

export function analyzerTarget(module: ProtocolModule, options: AnalyzerOptions = {}): Target {
  const limit = module.bufferLimit + 2 * bodyLimit;
  const carriers: Exchange[] = [];
  return {
    name: module.name,
    tokens: options.tokens ?? [],
    maxLength: 16_384,
    seeds() {
      const folder = join(resolve(import.meta.dirname, '../../src/protocols'), module.name, 'fixtures');
      const recorded = fixtureNames(folder).flatMap((name) =>
        conversationsFor(module, protocols, folder, name),
      );
      const all = [...recorded, ...(options.more ?? [])];
      carriers.push(...all.flatMap(({ carrier }) => carrier ?? []));
      return all.map(pack);
    },
    run(input, random) {
      const transport = module.transports.length > 1 && random.chance(4) ? 'udp' : module.transports[0]!;
      const connection = connectionFor({ transport, joinedMidStream: random.chance(3) });
      const carrier = carriers.length > 0 && !random.chance(4) ? { carrier: random.pick(carriers) } : {};
      const analyzer = module.open({ connection, bodyLimit: random.chance(4) ? 0 : bodyLimit, ...carrier });
      let over = false;
      const stop = () => {
        over = true;
      };
      const out: AnalyzerOutput = {
        exchange: (exchange) => void read(exchange),
        opened: (exchange) => void read(exchange),
        child: stop,
        inner: (exchange, before) => options.inner?.(exchange, before),
        confirmed() {},
        violation: stop,
        weird() {},
      };
      let at = 0;
      for (const piece of unpack(input, random)) {
        if (over) return;
        at += 1000;
        if (typeof piece.what === 'number') analyzer.gap(piece.side, piece.what, at, out);
        else analyzer.data(piece.side, piece.what, at, out);
        const held = analyzer.buffered();
        if (held > limit || held < 0) throw new Error(`${held} bytes held, ${limit} are allowed`);
      }
      for (const side of ['client', 'server'] as const)
        if (!over) analyzer.end(side, random.chance(2) ? 'fin' : 'captureEnd', at, out);
    },
  };
}

/** Parts that are made when somebody looks are looked at. */
function read(exchange: Exchange): void {
  for (const message of [exchange.request, exchange.response])
    if (message)
      JSON.stringify([message.headers, message.trailers, message.startLine, message.body?.totalLength]);
  if (exchange.endAt < exchange.startAt) throw new Error('ends before it begins');
}

function pack({ events }: Conversation): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const event of events) {
    if (event.kind === 'end') continue;
    const side = event.side === 'server' ? server : 0;
    const length = event.kind === 'gap' ? event.length : event.bytes.length;
    const head = Uint8Array.of(side | (event.kind === 'gap' ? hole : 0), length >> 8, length & 255);
    parts.push(head, event.kind === 'gap' ? new Uint8Array(0) : event.bytes);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

interface Piece {
  readonly side: Side;
  /** Bytes, or how many are lost. */
  readonly what: Uint8Array | number;
}

function* unpack(input: Uint8Array, random: Random): Generator<Piece> {
  const cut = random.chance(2) ? 1 + random.below(40) : input.length;
  for (let at = 0; at + 3 <= input.length; ) {
    const kind = input[at]!;
    const length = (input[at + 1]! << 8) | input[at + 2]!;
    const side = kind & server ? 'server' : 'client';
    at += 3;
    if (kind & hole) {
      yield { side, what: Math.max(1, length) };
      continue;
    }
    const end = Math.min(input.length, at + length);
    for (; at < end; at += cut) yield { side, what: input.slice(at, Math.min(end, at + cut)) };
    at = end;
  }
}
