/** Both directions of one WebSocket, wherever it rides: a connection after an Upgrade, a stream of HTTP/2. */
import type { AnalyzerContext, Exchange, InnerOutput, Side, Timestamp } from '../../model/index.ts';
import { makeExchange, makeLost } from './exchange.ts';
import { agreedDeflate } from './extension.ts';
import { type SideListener, type SideOptions, WebSocketSide } from './side.ts';

export interface SessionOutput extends InnerOutput {
  confirmed?(): void;
  violation?(reason: string): void;
}

export class WebSocketSession {
  readonly #context: AnalyzerContext;
  /** The handshake's exchange; undefined: none was seen. */
  readonly #carrier: Exchange | undefined;
  #sides: Record<Side, WebSocketSide> | undefined;
  #confirmed = false;
  #out!: SessionOutput;

  constructor(context: AnalyzerContext, carrier: Exchange | undefined) {
    this.#context = context;
    this.#carrier = carrier;
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: SessionOutput): void {
    this.#out = out;
    this.#open()[side].data(bytes, at);
  }

  gap(side: Side, length: number, at: Timestamp, out: SessionOutput): void {
    this.#out = out;
    this.#open()[side].gap(length, at);
  }

  end(side: Side, at: Timestamp, out: SessionOutput): void {
    this.#out = out;
    this.#sides?.[side].end(at);
  }

  buffered(): number {
    const sides = this.#sides;
    return sides ? sides.client.buffered + sides.server.buffered : 0;
  }

  #open(): Record<Side, WebSocketSide> {
    if (this.#sides) return this.#sides;
    const agreed = this.#carrier && agreedDeflate(this.#carrier);
    const options = (side: Side): SideOptions => ({
      isClient: side === 'client',
      bodyLimit: this.#context.bodyLimit,
      deflate: !this.#carrier ? 'shared' : !agreed ? 'none' : agreed[`${side}Alone`] ? 'alone' : 'shared',
      isGuess: this.#carrier === undefined,
    });
    this.#sides = {
      client: new WebSocketSide(this.#listener('client'), options('client')),
      server: new WebSocketSide(this.#listener('server'), options('server')),
    };
    return this.#sides;
  }

  #listener(side: Side): SideListener {
    const { connection, bodyLimit } = this.#context;
    const uri = this.#carrier?.fields['http.request.uri'];
    return {
      message: (message) => {
        if (!this.#confirmed) {
          this.#confirmed = true;
          this.#out.confirmed?.();
        }
        const path = typeof uri === 'string' ? uri : undefined;
        this.#out.exchange(makeExchange(connection, path, side, message, bodyLimit));
      },
      lost: (bytes, at) => this.#out.exchange(makeLost(connection, side, bytes, at)),
      weird: (name) => this.#out.weird(name),
      violation: (reason) => this.#out.violation?.(`${side}: ${reason}`),
    };
  }
}
