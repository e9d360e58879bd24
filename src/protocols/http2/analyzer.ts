import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { Http2Side } from './side.ts';
import { Streams } from './streams.ts';

export class Http2Analyzer implements Analyzer {
  readonly #streams: Streams;
  readonly #client: Http2Side;
  readonly #server: Http2Side;
  #isServerOver = false;
  #isClientOver = false;

  constructor(context: AnalyzerContext) {
    // Behind an Upgrade it is the beginning that was seen, whatever was before.
    const isInside = context.midMessage ?? context.connection.joinedMidStream;
    const joinedMidStream = isInside && context.carrier === undefined;
    this.#streams = new Streams(context, joinedMidStream);
    this.#client = new Http2Side(this.#streams, { side: 'client', joinedMidStream });
    this.#server = new Http2Side(this.#streams, { side: 'server', joinedMidStream });
    this.#streams.sides = { client: this.#client, server: this.#server };
    if (context.carrier?.request) this.#streams.carriedOver(context.carrier);
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#streams.out = out;
    (side === 'client' ? this.#client : this.#server).data(bytes, at);
  }

  gap(side: Side, length: number, at: Timestamp, out: AnalyzerOutput): void {
    this.#streams.out = out;
    (side === 'client' ? this.#client : this.#server).gap(length, at);
  }

  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    this.#streams.out = out;
    (side === 'client' ? this.#client : this.#server).end();
    if (side === 'server') this.#isServerOver = true;
    else this.#isClientOver = true;
    // Who has only half closed is still answered.
    if (this.#isServerOver || reason !== 'fin') this.#streams.flush();
    if (this.#isServerOver && this.#isClientOver) this.#streams.tellLost(at);
  }

  buffered(): number {
    return this.#client.buffered + this.#server.buffered + this.#streams.held;
  }
}
