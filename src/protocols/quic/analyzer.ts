/** Both directions of a UDP conversation: which connection a packet is of, when its handshake is over. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  Incompleteness,
  Side,
  Timestamp,
} from '../../model/index.ts';
import type { Fields } from '../../util/tls/show.ts';
import { Attempt } from './attempt.ts';
import { handshakeExchange, type Sealed, sealedExchange, versionNames } from './exchange.ts';
import { retryTagIsRight } from './keys.ts';
import { isLong, type LongPacket, parseLong, supportedVersions } from './packet.ts';
import { versionOf } from './versions.ts';

/** Connections told of one pair of addresses and ports: clients share a socket, but not among thousands. */
const maxAttempts = 256;
/** Packets that keys did not fit; each costs some ten thousand operations. */
const maxFailures = 64;
/** Packets in a datagram: Initial, 0-RTT, Handshake, 1-RTT, and some resent. */
const maxCoalesced = 16;

const carried = [
  'tls.handshake.extensions_server_name',
  'tls.ech',
  'tls.handshake.extensions_alpn_str',
  'tls.version',
  'tls.handshake.ciphersuite',
  'quic.version',
];

function noneSealed(): Sealed {
  return { packets: 0, bytes: 0, firstAt: 0, lastAt: 0, lost: 0 };
}

export class QuicAnalyzer implements Analyzer {
  readonly #context: AnalyzerContext;
  readonly #sealed = { client: noneSealed(), server: noneSealed() };
  #attempt: Attempt | undefined;
  /** The last one that is over: late packets of it begin no other. */
  #done: Attempt | undefined;
  #attempts = 0;
  #failures = 0;
  #about: Fields = {};
  #out!: AnalyzerOutput;
  #confirmed = false;
  #ended = false;

  constructor(context: AnalyzerContext) {
    this.#context = context;
  }

  data(side: Side, datagram: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    const attempt = this.#attempt;
    if (attempt) attempt.lastAt = at;
    let i = 0;
    for (let count = 0; i < datagram.length && count < maxCoalesced; count++) {
      if (!isLong(datagram[i]!)) {
        // Behind a packet, zeros up to the end of the datagram are padding of a kind.
        if (i > 0 && !(datagram[i]! & 0x40)) break;
        this.#short(side, datagram.length - i, at);
        break;
      }
      const packet = parseLong(datagram, i);
      if (!packet) {
        if (count === 0 && !this.#confirmed) out.violation('no QUIC packet');
        else if (count === 0) this.#weird('quic_packet_malformed');
        break;
      }
      if (!this.#confirmed) {
        this.#confirmed = true;
        out.confirmed();
      }
      this.#long(side, packet, at);
      i += packet.bytes.length;
    }
    const now = this.#attempt;
    if (now) {
      now.wireBytes[side] += datagram.length;
      // Whoever gives up waiting closes too: that nobody answered tells more.
      if (now.close && now.wireBytes.server === 0) this.#finish('unanswered', '', at);
      else if (now.close) this.#finish('failed', `closed by ${now.close.side}: ${now.close.text}`, at);
    }
  }

  gap(side: Side, length: number, _at: Timestamp, _out: AnalyzerOutput): void {
    this.#sealed[side].lost += length;
  }

  end(_side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (this.#ended) return;
    this.#ended = true;
    if (this.#attempt) this.#breakOff(this.#attempt, reason, at);
    const { client, server } = this.#sealed;
    if (client.packets + server.packets === 0) return;
    const missing: Incompleteness[] = [];
    if (client.lost > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: client.lost });
    if (server.lost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: server.lost });
    out.exchange(sealedExchange(client, server, this.#context, this.#about, missing));
  }

  buffered(): number {
    return this.#attempt?.buffered ?? 0;
  }

  #weird(name: string): void {
    this.#attempt?.weird(name);
    this.#out.weird(name);
  }

  /** Under the keys agreed on. */
  #short(side: Side, length: number, at: Timestamp): void {
    this.#count(side, length, at);
    const attempt = this.#attempt;
    // The client has them when it has read the server's Finished (RFC 9001 section 4.1.1).
    if (attempt && side === 'client' && attempt.serverSource) this.#finish('ok', '', at);
  }

  #count(side: Side, length: number, at: Timestamp): void {
    const sealed = this.#sealed[side];
    if (sealed.packets++ === 0) sealed.firstAt = at;
    sealed.lastAt = at;
    sealed.bytes += length;
  }

  #long(side: Side, packet: LongPacket, at: Timestamp): void {
    switch (packet.type) {
      case 'negotiation':
        return this.#negotiation(side, packet, at);
      case 'initial':
        return this.#initial(side, packet, at);
      case 'retry':
        return this.#retry(side, packet);
      case '0rtt':
        this.#begin(side, packet, at);
        if (this.#attempt) this.#attempt.earlyData = true;
        return this.#count(side, packet.bytes.length, at);
      case 'handshake': {
        const attempt = this.#begin(side, packet, at);
        if (!attempt) return;
        attempt.handshake[side] = true;
        if (side === 'server') attempt.serverSource ??= packet.source;
        return;
      }
      default: {
        const attempt = this.#begin(side, packet, at);
        if (side === 'server' && attempt) attempt.serverSource ??= packet.source;
      }
    }
  }

  /** The connection a packet is of; a new one when there is none, and it is none that is over. */
  #begin(side: Side, packet: LongPacket, at: Timestamp): Attempt | undefined {
    if (this.#attempt) return this.#attempt;
    const done = this.#done;
    const own = side === 'client' ? packet.source : packet.destination;
    if (done && sameBytes(own, done.source)) return undefined;
    if (++this.#attempts > maxAttempts) {
      if (this.#attempts === maxAttempts + 1) this.#weird('quic_too_many_connections');
      return undefined;
    }
    // Seen from the server's side first, its ids are the other way round and its keys are not known.
    const seen =
      side === 'client' ? packet : { ...packet, destination: packet.source, source: packet.destination };
    this.#attempt = new Attempt(seen, at);
    return this.#attempt;
  }

  #initial(side: Side, packet: LongPacket, at: Timestamp): void {
    if (side === 'server') {
      const attempt = this.#begin(side, packet, at);
      if (!attempt) return;
      attempt.serverSource ??= packet.source;
      if (attempt.client && !attempt.initial(side, packet, at)) this.#failed();
      return;
    }
    const attempt = this.#attempt;
    const isSame = attempt && sameBytes(packet.source, attempt.source);
    if (attempt && (isSame || attempt.initial(side, packet, at))) {
      // Same client: by the keys it began with, or by those of the id a Retry or a new start gave it.
      if (!isSame || attempt.initial(side, packet, at)) return;
      if (this.#failures < maxFailures && attempt.initial(side, packet, at, packet.destination)) return;
      this.#failed();
      return;
    }
    if (this.#failures >= maxFailures) return;
    // Another client id: another connection, if it opens.
    if (attempt) {
      this.#attempt = undefined;
      const next = this.#begin(side, packet, at);
      if (next?.initial(side, packet, at)) {
        this.#attempt = attempt;
        this.#breakOff(attempt, 'idle', at);
        this.#attempt = next;
        this.#opened(next);
      } else {
        this.#attempt = attempt;
        this.#failed();
      }
      return;
    }
    const next = this.#begin(side, packet, at);
    if (!next) return;
    if (!next.initial(side, packet, at)) this.#failed();
    this.#opened(next);
  }

  #failed(): void {
    this.#failures++;
    this.#weird('quic_initial_not_opened');
  }

  #opened(attempt: Attempt): void {
    if (this.#context.wantsOpened === false) return;
    const ending = { outcome: 'unanswered', reason: '', at: attempt.lastAt, missing: [] } as const;
    this.#out.opened(handshakeExchange(attempt, this.#context, ending));
  }

  #retry(side: Side, packet: LongPacket): void {
    const attempt = this.#attempt;
    const version = versionOf(packet.version);
    if (!attempt || !version || side === 'client' || attempt.server) return;
    if (retryTagIsRight(version, packet, attempt.destination) === false) {
      this.#weird('quic_retry_tag_wrong');
      return;
    }
    attempt.retry(packet.source);
  }

  #negotiation(side: Side, packet: LongPacket, at: Timestamp): void {
    if (side === 'client') return;
    const attempt = this.#begin(side, packet, at);
    if (!attempt || attempt.server) return;
    attempt.offeredVersions = supportedVersions(packet);
  }

  #finish(outcome: Exchange['outcome'], reason: string, at: Timestamp, isCut = false): void {
    const attempt = this.#attempt!;
    const missing: Incompleteness[] = [];
    if (attempt.wireBytes.client === 0) missing.push({ kind: 'noRequest' });
    else if (!attempt.client && versionOf(attempt.version) && outcome !== 'failed')
      missing.push({ kind: 'messageCut', side: 'request' });
    if (attempt.wireBytes.server === 0) missing.push({ kind: 'noResponse' });
    else if (isCut) missing.push({ kind: 'messageCut', side: 'response' });
    const exchange = handshakeExchange(attempt, this.#context, { outcome, reason, at, missing });
    for (const name of carried) this.#about[name] = exchange.fields[name];
    attempt.release();
    this.#done = attempt;
    this.#attempt = undefined;
    this.#out.exchange(exchange);
  }

  /** The conversation is over before the handshake is. */
  #breakOff(attempt: Attempt, reason: EndReason, at: Timestamp): void {
    const { client, server } = attempt.wireBytes;
    if (server === 0)
      return this.#finish(this.#sealed.client.packets > 0 ? 'info' : 'unanswered', '', attempt.lastAt);
    if (client === 0) return this.#finish('info', '', attempt.lastAt);
    if (!attempt.serverSource && attempt.offeredVersions.length > 0) {
      const offer = versionNames(attempt.offeredVersions).join(', ');
      return this.#finish('failed', `no version in common: the server offers ${offer}`, attempt.lastAt);
    }
    if (reason === 'idle') this.#finish('failed', 'the handshake was not finished', at);
    else this.#finish('info', '', attempt.lastAt, true);
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
