/** Both directions of a UDP conversation: hellos out of their fragments, when the handshake is over, what follows. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  Incompleteness,
  Message,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { Pieces } from '../../util/pieces.ts';
import { AlertLevel, alertText, alertWords } from '../../util/tls/alerts.ts';
import {
  type ClientHello,
  parseClientHello,
  parseServerHello,
  type ServerHello,
} from '../../util/tls/hello.ts';
import {
  agreedText,
  clientHelloFields,
  clientHelloLines,
  type Fields,
  type Lines,
  serverHelloFields,
  serverHelloLines,
} from '../../util/tls/show.ts';
import { underDtls } from './fields.ts';
import {
  ContentType,
  type DtlsRecord,
  type Fragment,
  readFragments,
  readRecords,
  unified,
} from './record.ts';

const clientHello = 1;
const serverHello = 2;
const helloVerifyRequest = 3;
/** A hello put together. With post-quantum shares it has some KB. */
export const maxHello = 16 * 1024;
/** Fragments of one hello with holes between them: a datagram each. */
const maxHoles = 32;
const maxWeirds = 16;
const dtls13 = 0xfefc;

interface Seen {
  records: number;
  bytes: number;
  firstAt: Timestamp;
  lastAt: Timestamp;
}

function noneSeen(): Seen {
  return { records: 0, bytes: 0, firstAt: 0, lastAt: 0 };
}

function count(seen: Seen, bytes: number, at: Timestamp): void {
  if (seen.records++ === 0) seen.firstAt = at;
  seen.lastAt = at;
  seen.bytes += bytes;
}

interface Handshake {
  client: ClientHello | undefined;
  clientFields: Fields;
  server: ServerHello | undefined;
  hasCookie: boolean;
  retried: boolean;
  readonly clear: { readonly client: Seen; readonly server: Seen };
  /** Encrypted handshake records: Finished. */
  readonly finished: { client: boolean; server: boolean };
  alert: { readonly side: Side; readonly description: number } | undefined;
}

export class DtlsAnalyzer implements Analyzer {
  readonly #context: AnalyzerContext;
  #handshake: Handshake | undefined = {
    client: undefined,
    clientFields: {},
    server: undefined,
    hasCookie: false,
    retried: false,
    clear: { client: noneSeen(), server: noneSeen() },
    finished: { client: false, server: false },
    alert: undefined,
  };
  /** The hello under way, by its side, and which it is. */
  readonly #pieces: { client: Pieces | undefined; server: Pieces | undefined } = {
    client: undefined,
    server: undefined,
  };
  readonly #sequence = { client: -1, server: -1 };
  readonly #sealed = { client: noneSeen(), server: noneSeen() };
  readonly #lost = { client: 0, server: 0 };
  #is13 = false;
  #isSwapped = false;
  #about: Fields = {};
  #weirds: string[] = [];
  #confirmed = false;
  #ended = false;

  constructor(context: AnalyzerContext) {
    this.#context = context;
  }

  data(side: Side, datagram: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    const records = readRecords(datagram, this.#is13);
    if (!records) {
      // STUN and RTP share the ports of WebRTC (RFC 7983).
      if (!this.#confirmed) out.violation('no DTLS record');
      return;
    }
    if (!this.#confirmed) {
      this.#confirmed = true;
      out.confirmed();
    }
    for (const record of records) this.#record(this.#roleOf(side, record), record, at, out);
  }

  /** Who is client is told by the hellos: with WebRTC either end may be, whoever sent the first datagram. */
  #roleOf(side: Side, { type, epoch, payload }: DtlsRecord): Side {
    const handshake = this.#handshake;
    if (handshake && epoch === 0 && type === ContentType.handshake && !this.#isBegun(handshake)) {
      const isClients = payload[0] === clientHello;
      if (isClients || payload[0] === serverHello || payload[0] === helloVerifyRequest)
        this.#isSwapped = isClients !== (side === 'client');
    }
    if (!this.#isSwapped) return side;
    return side === 'client' ? 'server' : 'client';
  }

  gap(side: Side, length: number, _at: Timestamp, _out: AnalyzerOutput): void {
    this.#lost[side] += length;
  }

  end(_side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    if (this.#ended) return;
    this.#ended = true;
    const handshake = this.#handshake;
    if (handshake && this.#isBegun(handshake)) this.#breakOff(handshake, reason, at, out);
    const { client, server } = this.#sealed;
    if (client.records + server.records > 0) this.#endData(out);
  }

  buffered(): number {
    return (this.#pieces.client?.buffered ?? 0) + (this.#pieces.server?.buffered ?? 0);
  }

  #isBegun({ clear }: Handshake): boolean {
    return clear.client.records + clear.server.records > 0;
  }

  #weird(name: string, out: AnalyzerOutput): void {
    if (!this.#weirds.includes(name) && this.#weirds.length < maxWeirds) this.#weirds.push(name);
    out.weird(name);
  }

  #record(side: Side, { type, epoch, payload }: DtlsRecord, at: Timestamp, out: AnalyzerOutput): void {
    const handshake = this.#handshake;
    if (epoch > 0 || type === ContentType.applicationData) {
      if (!handshake || !this.#isBegun(handshake)) return count(this.#sealed[side], payload.length, at);
      this.#sealedInHandshake(handshake, side, type, payload, at, out);
      return;
    }
    if (!handshake) return;
    count(handshake.clear[side], payload.length, at);
    if (type === ContentType.handshake)
      for (const fragment of readFragments(payload)) this.#fragment(handshake, side, fragment, at, out);
    else if (type === ContentType.alert && payload.length === 2) {
      handshake.alert ??= { side, description: payload[1]! };
      if (payload[0] === AlertLevel.fatal || payload[1] === 0)
        this.#finish(handshake, 'failed', `alert by ${side}: ${alertText(payload[1]!)}`, at, out);
    }
  }

  #sealedInHandshake(
    handshake: Handshake,
    side: Side,
    type: number,
    payload: Uint8Array,
    at: Timestamp,
    out: AnalyzerOutput,
  ): void {
    const { finished } = handshake;
    // In DTLS 1.3 the client's first encrypted record is its Finished, as in TLS 1.3.
    if (type === unified && side === 'server') return;
    if (type === unified || type === ContentType.handshake) {
      finished[side] = true;
      if (type === unified || (finished.client && finished.server))
        this.#finish(handshake, 'ok', '', at, out);
      return;
    }
    count(this.#sealed[side], payload.length, at);
    // Nobody sends data before the end; the rest of the handshake was not captured.
    if (type === ContentType.applicationData && handshake.server) this.#finish(handshake, 'ok', '', at, out);
  }

  #fragment(handshake: Handshake, side: Side, fragment: Fragment, at: Timestamp, out: AnalyzerOutput): void {
    const { type, sequence, length, offset, bytes } = fragment;
    if (type === helloVerifyRequest) {
      handshake.hasCookie = true;
      this.#pieces.client = undefined;
      return;
    }
    const wanted = side === 'client' ? clientHello : serverHello;
    if (type !== wanted) return;
    if (length > maxHello) return this.#weird('dtls_message_too_long', out);
    if (this.#sequence[side] !== sequence) {
      this.#pieces[side] = undefined;
      this.#sequence[side] = sequence;
    }
    let pieces = this.#pieces[side];
    if (!pieces) {
      pieces = new Pieces(maxHello, maxHoles);
      this.#pieces[side] = pieces;
    }
    if (!pieces.add(offset, bytes)) this.#weird('dtls_fragments_beyond_limit', out);
    if (pieces.whole.length < length) return;
    this.#hello(handshake, side, pieces.whole.subarray(0, length), at, out);
    this.#pieces[side] = undefined;
  }

  #hello(handshake: Handshake, side: Side, body: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    if (side === 'client') {
      if (handshake.client) return;
      handshake.client = parseClientHello(body, true);
      handshake.clientFields = clientHelloFields(handshake.client, 'd');
      if (handshake.client.malformed) this.#weird('tls_hello_malformed', out);
      if (this.#context.wantsOpened !== false)
        out.opened(this.#exchange(handshake, 'unanswered', '', at, []));
      return;
    }
    const hello = parseServerHello(body);
    if (hello.malformed) this.#weird('tls_hello_malformed', out);
    if (hello.isRetryRequest) handshake.retried = true;
    else handshake.server ??= hello;
    this.#is13 ||= hello.version === dtls13;
  }

  #breakOff(handshake: Handshake, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    const { client, server } = handshake.clear;
    if (client.records === 0 || server.records === 0)
      return this.#finish(handshake, client.records === 0 ? 'info' : 'unanswered', '', client.lastAt, out);
    if (reason === 'idle') this.#finish(handshake, 'failed', 'the handshake was not finished', at, out);
    else this.#finish(handshake, 'info', '', Math.max(client.lastAt, server.lastAt), out, true);
  }

  #finish(
    handshake: Handshake,
    outcome: Exchange['outcome'],
    reason: string,
    at: Timestamp,
    out: AnalyzerOutput,
    isCut = false,
  ): void {
    const { client, server } = handshake.clear;
    const missing: Incompleteness[] = [];
    if (client.records === 0) missing.push({ kind: 'noRequest' });
    else if (!handshake.client) missing.push({ kind: 'messageCut', side: 'request' });
    if (server.records === 0) missing.push({ kind: 'noResponse' });
    else if (isCut) missing.push({ kind: 'messageCut', side: 'response' });
    const exchange = this.#exchange(handshake, outcome, reason, at, missing);
    for (const name of ['tls.handshake.extensions_server_name', 'tls.version', 'tls.handshake.ciphersuite'])
      this.#about[underDtls(name)] = exchange.fields[underDtls(name)];
    this.#handshake = undefined;
    this.#pieces.client = undefined;
    this.#pieces.server = undefined;
    this.#weirds = [];
    out.exchange(exchange);
  }

  #exchange(
    handshake: Handshake,
    outcome: Exchange['outcome'],
    reason: string,
    at: Timestamp,
    missing: readonly Incompleteness[],
  ): Exchange {
    const { client, server, clear, alert } = handshake;
    const begins = [clear.client, clear.server]
      .filter((seen) => seen.records > 0)
      .map((seen) => seen.firstAt);
    const startAt = Math.min(...begins);
    const endAt = Math.max(at, startAt);
    const named: Fields = {
      ...handshake.clientFields,
      ...(server ? serverHelloFields(server) : {}),
      'tls.early_data': client?.earlyData || undefined,
      'tls.hello_retry': handshake.retried || undefined,
      'tls.resumed': server?.pskAccepted || undefined,
    };
    const fields: Fields = { 'dtls.stage': 'DTLS hello' };
    for (const name in named) fields[underDtls(name)] = named[name];
    fields['dtls.result'] = reason || (server ? agreedText(server) : undefined);
    fields['dtls.handshake.time'] = outcome === 'ok' ? endAt - startAt : undefined;
    fields['dtls.cookie'] = handshake.hasCookie || undefined;
    fields['dtls.alert_message.desc'] = alert && alertWords(alert.description).name;
    fields['dtls.alert.side'] = alert?.side;
    const requestLines = client ? clientHelloLines(client, handshake.clientFields) : [];
    return {
      protocol: 'dtls',
      connection: this.#context.connection,
      ...(clear.client.records > 0
        ? { request: message(client ? 'ClientHello' : '', clear.client, requestLines) }
        : {}),
      ...(clear.server.records > 0
        ? {
            response: message(
              server ? 'ServerHello' : '',
              clear.server,
              server ? serverHelloLines(server) : [],
            ),
          }
        : {}),
      startAt,
      endAt,
      fields,
      outcome,
      missing,
      weirds: [...this.#weirds],
    };
  }

  #endData(out: AnalyzerOutput): void {
    const { client, server } = this.#sealed;
    const used = [client, server].filter((seen) => seen.records > 0);
    const missing: Incompleteness[] = this.#handshake ? [{ kind: 'joinedMidStream' }] : [];
    if (this.#lost.client > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: this.#lost.client });
    if (this.#lost.server > 0)
      missing.push({ kind: 'bytesLost', side: 'response', bytes: this.#lost.server });
    out.exchange({
      protocol: 'dtls',
      connection: this.#context.connection,
      ...(client.records > 0 ? { request: message('', client, []) } : {}),
      ...(server.records > 0 ? { response: message('', server, []) } : {}),
      startAt: Math.min(...used.map((seen) => seen.firstAt)),
      endAt: Math.max(...used.map((seen) => seen.lastAt)),
      fields: {
        'dtls.stage': 'DTLS data',
        ...this.#about,
        'dtls.result': `encrypted, ${client.bytes} bytes up, ${server.bytes} down`,
        'dtls.sealed.client_bytes': client.bytes,
        'dtls.sealed.server_bytes': server.bytes,
        'dtls.sealed.client_records': client.records,
        'dtls.sealed.server_records': server.records,
      },
      outcome: 'info',
      missing,
      weirds: this.#weirds,
    });
  }
}

function message(startLine: string, seen: Seen, headers: Lines): Message {
  return {
    startAt: seen.firstAt,
    endAt: seen.lastAt,
    wireBytes: seen.bytes,
    startLine,
    headers,
    trailers: [],
  };
}
