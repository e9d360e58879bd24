/** Both directions of a connection: how the handshake goes, when it is over, what follows. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  Incompleteness,
  Secured,
  Side,
  StreamWithin,
  Timestamp,
} from '../../model/index.ts';
import { AlertLevel, alertText, alertWords, closeNotify } from '../../util/tls/alerts.ts';
import { cipherSuiteName } from '../../util/tls/cipher-suites.ts';
import { parseSslv2ClientHello } from '../../util/tls/hello.ts';
import { versionName } from '../../util/tls/names.ts';
import type { Fields } from '../../util/tls/show.ts';
import { type DecryptedSink, Decryptor } from './decrypt/decryptor.ts';
import { handshakeExchange, type Sealed, sealedExchange, tellingAlert } from './exchange.ts';
import { ContentType } from './record.ts';
import { type SideEvents, TlsSide } from './side.ts';
import { firstLine, HandshakeState } from './state.ts';

/** user_canceled is followed by another alert (RFC 8446 section 6.1); all others but close_notify are fatal. */
const userCanceled = 90;
const handshakeFailure = 40;
/** RFC 8446 section 4.1.2. */
const randomLength = 32;
/**
 * An alert of TLS 1.3 encrypted: level, description, content type, and a tag of 16 bytes or CCM_8's 8. The
 * shortest handshake message is four bytes longer, and the padding that could hide it nobody uses here.
 */
const sealedAlertLengths: readonly number[] = [19, 11];

/** Carried from the handshake to the data behind it. */
const carried = [
  'tls.handshake.extensions_server_name',
  'tls.ech',
  'tls.handshake.extensions_alpn_str',
  'tls.version',
  'tls.handshake.ciphersuite',
  'tls.alpn',
];

function noneSealed(): Sealed {
  return { records: 0, bytes: 0, endsInAlert: false, firstAt: 0, lastAt: 0, lost: 0 };
}

export class TlsAnalyzer implements Analyzer, SideEvents, DecryptedSink {
  readonly #context: AnalyzerContext;
  readonly #sides: { readonly client: TlsSide; readonly server: TlsSide };
  readonly #sealed = { client: noneSealed(), server: noneSealed() };
  /** Encrypted handshake records: Finished, up to TLS 1.2. */
  readonly #finished = { client: false, server: false };
  #state: HandshakeState | undefined = new HandshakeState();
  #stage: 'hello' | 'data' | 'over' = 'hello';
  #out!: AnalyzerOutput;
  #confirmed = false;
  #firstToEnd: Side | undefined;
  readonly #ended = { client: false, server: false };
  /** Where secrets may be known. */
  #decryptor: Decryptor | undefined;
  #secured: Secured | undefined;
  /** What was encrypted, in the clear. */
  #inside: StreamWithin | undefined;
  readonly #insideEnded = { client: false, server: false };
  /** An alert other than close_notify that was encrypted. */
  #sealedAlert = '';
  /** Of the handshake, for the entry of the data. */
  #about: Fields = {};
  #dataStartAt: Timestamp | undefined;
  #handshakeSeen = false;
  #refused = false;
  #weirds: string[] = [];
  /** The stream is no TLS: said when the call is over, after the entries. */
  #violation = '';

  constructor(context: AnalyzerContext) {
    this.#context = context;
    this.#sides = { client: new TlsSide('client', this), server: new TlsSide('server', this) };
    if (context.midMessage ?? context.connection.joinedMidStream) {
      this.#sides.client.seek();
      this.#sides.server.seek();
    }
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (this.#stage === 'over') return;
    this.#sides[side].data(bytes, at);
    this.#settle();
  }

  gap(side: Side, length: number, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    // Nothing more is told, but that something was lost.
    if (this.#stage === 'over') return out.weird('tls_bytes_lost_after_the_end');
    if (this.#stage === 'data') this.#sealed[side].lost += length;
    this.#sides[side].gap(length, at);
    this.#settle();
  }

  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    if (this.#ended[side]) return;
    this.#ended[side] = true;
    this.#firstToEnd ??= side;
    this.#sides[side].finish();
    if (this.#settle()) return;
    const isOver = reason !== 'fin' || (this.#ended.client && this.#ended.server);
    this.#endInside(side, reason, at, isOver);
    if (!isOver) return;
    if (this.#stage === 'hello' && this.#state?.begun) this.#breakOff(reason, at);
    else this.#endData();
    this.#stage = 'over';
  }

  /** A violation is said last: nothing is heard of an analyzer behind it. */
  #settle(): boolean {
    if (this.#violation === '') return false;
    // Nothing is heard of this analyzer any more: nobody waits for its secrets.
    this.#decryptor?.end();
    this.#out.violation(this.#violation);
    this.#stage = 'over';
    return true;
  }

  buffered(): number {
    return this.#sides.client.buffered + this.#sides.server.buffered + (this.#decryptor?.buffered ?? 0);
  }

  // What the sides say.

  begins(): void {
    if (this.#confirmed) return;
    this.#confirmed = true;
    this.#out.confirmed();
  }

  message(
    side: Side,
    type: number,
    body: Uint8Array | undefined,
    startAt: Timestamp,
    endAt: Timestamp,
    isCut: boolean,
  ): void {
    const state = this.#state;
    if (this.#stage !== 'hello' || !state) return;
    const had = state.client;
    state.message(type, side, body, startAt, endAt, isCut);
    if (state.client && !had) this.#opened(state);
    if (this.#context.decryption) this.#mayDecrypt(state);
    if (state.is13 || state.retry)
      for (const s of [this.#sides.client, this.#sides.server]) s.ignoresChange = true;
  }

  /** Of both hellos the randoms and what was agreed on are needed. */
  #mayDecrypt({ client, server, serverIsCut }: HandshakeState): void {
    if (!this.#decryptor) {
      if (client?.random.length !== randomLength) return;
      this.#decryptor = new Decryptor(this.#context.decryption!, client.random, this);
      for (const side of [this.#sides.client, this.#sides.server]) side.keepsSealed = true;
    }
    if (!server || this.#secured || serverIsCut) return;
    this.#secured = {
      version: versionName(server.version),
      cipher: cipherSuiteName(server.cipherSuite).replace(/^TLS_/, ''),
    };
    this.#decryptor.agreed(server);
  }

  sealedRecord(side: Side, type: number, version: number, bytes: Uint8Array, at: Timestamp): void {
    this.#decryptor?.record(side, type, version, bytes, at);
  }

  sealedLost(side: Side, length: number, at: Timestamp): void {
    this.#decryptor?.lost(side, length);
    this.#inside?.gap(side, length, at);
  }

  // What the decryptor says.

  plain(side: Side, bytes: Uint8Array, at: Timestamp): void {
    this.#inside ??= this.#out.within?.(this.#secured!);
    this.#inside?.data(side, bytes, at);
  }

  unopened(side: Side, length: number, at: Timestamp): void {
    this.#inside?.gap(side, length, at);
  }

  sealedAlert(side: Side, _level: number, description: number, at: Timestamp): void {
    if (description === closeNotify) this.#endOneInside(side, 'fin', at);
    else if (description !== userCanceled) this.#sealedAlert = `alert by ${side}: ${alertText(description)}`;
  }

  #endInside(side: Side, reason: EndReason, at: Timestamp, isOver: boolean): void {
    const decryptor = this.#decryptor;
    if (!decryptor) return;
    if (isOver) decryptor.end();
    // Records that wait for their secrets come first.
    else if (decryptor.buffered > 0) return;
    for (const each of isOver ? (['client', 'server'] as const) : [side])
      this.#endOneInside(each, reason, at);
  }

  #endOneInside(side: Side, reason: EndReason, at: Timestamp): void {
    if (this.#insideEnded[side]) return;
    this.#insideEnded[side] = true;
    this.#inside?.end(side, reason, at);
  }

  sslv2(side: Side, message: Uint8Array, at: Timestamp): void {
    const state = this.#state;
    if (this.#stage !== 'hello' || !state) return;
    state.touch(at, at);
    if (side === 'client' && !state.client) {
      state.takeClientHello(parseSslv2ClientHello(message), at, false);
      this.#opened(state);
    } else if (side === 'server' && state.client?.isSslv2) {
      // It is answered in kind: SSL 2.0 to the end, of which nothing more is read.
      state.isSslv2 = true;
      this.#sides.client.speakSslv2();
      this.#sides.server.speakSslv2();
      this.#complete(at);
    }
  }

  alert(side: Side, level: number, description: number, at: Timestamp): void {
    const state = this.#state;
    if (this.#stage !== 'hello' || !state) return;
    state.alert({ side, level, description, at });
    const isFatal = level === AlertLevel.fatal || (state.is13 && description !== userCanceled);
    if (description === closeNotify) this.#fail(`${side} closed before the handshake was over`, at);
    else if (isFatal) this.#fail(`alert by ${side}: ${this.#alertText(state, side, description)}`, at);
  }

  #alertText(state: HandshakeState, side: Side, description: number): string {
    // The general alert, where the cause is plain.
    const wantsCertificate = state.certificateRequest !== undefined && state.clientChain?.count === 0;
    if (side === 'server' && description === handshakeFailure && wantsCertificate)
      return `${alertWords(description).name} (it asked for a certificate and got none)`;
    return alertText(description);
  }

  sealed(side: Side, type: number, length: number, at: Timestamp): void {
    if (this.#stage === 'hello') this.#sealedInHandshake(side, type, length, at);
    // A record that ends the handshake is part of it in TLS 1.3 and has been counted there.
    else if (this.#stage === 'data') this.#count(side, type, length, at);
  }

  #sealedInHandshake(side: Side, type: number, length: number, at: Timestamp): void {
    const state = this.#state!;
    if (type === ContentType.applicationData && state.is13 && state.server) {
      if (sealedAlertLengths.includes(length)) {
        state.sealedAlert = side;
        this.#fail(`${side} ended the handshake with an encrypted alert`, at);
      } else if (side === 'client') this.#complete(at);
      else this.#count(side, type, length, at);
      return;
    }
    if (type === ContentType.handshake) {
      this.#finished[side] = true;
      if (this.#finished.client && this.#finished.server && state.begun) this.#complete(at);
      return;
    }
    if (type === ContentType.alert && state.begun) {
      state.sealedAlert = side;
      this.#fail(`${side} ended the handshake with an encrypted alert`, at);
      return;
    }
    if (!state.begun) {
      // Joined later: there is no handshake to tell of.
      this.#stage = 'data';
      this.#state = undefined;
    }
    this.#count(side, type, length, at);
    if (this.#stage !== 'hello' || type !== ContentType.applicationData) return;
    // Up to TLS 1.2 nobody sends data before the end; without a ServerHello both must have sent some.
    const { client, server } = this.#sealed;
    if (state.server ? !state.is13 : client.records > 0 && server.records > 0) this.#complete(at);
  }

  #count(side: Side, type: number, length: number, at: Timestamp): void {
    if (type !== ContentType.applicationData && type !== ContentType.sslv2) {
      if (type === ContentType.alert) this.#sealed[side].endsInAlert = true;
      if (type !== ContentType.alert) return;
    }
    const sealed = this.#sealed[side];
    if (sealed.records++ === 0) sealed.firstAt = at;
    sealed.lastAt = at;
    sealed.bytes += length;
    const isAlert =
      type === ContentType.alert ||
      (this.#about['tls.version'] === 'TLS 1.3' && sealedAlertLengths.includes(length));
    sealed.endsInAlert = isAlert;
    // The server speaks of nothing but the end while the client goes on: TLS 1.3's way to refuse a certificate.
    const { client } = this.#sealed;
    if (side === 'server')
      this.#refused = isAlert && sealed.records === 1 && client.records > 0 && !client.endsInAlert;
    this.#dataStartAt ??= at;
  }

  weird(name: string): void {
    this.#out.weird(name);
    if (this.#state) this.#state.weird(name);
    else if (!this.#weirds.includes(name) && this.#weirds.length < 16) this.#weirds.push(name);
  }

  foreign(side: Side, bytes: Uint8Array): void {
    const state = this.#state;
    if (this.#stage === 'hello' && state?.begun && side === 'server') {
      const line = firstLine(bytes);
      this.#fail(`the server does not speak TLS${line === '' ? '' : `: ${line}`}`, state.lastAt);
    }
    this.#violation = `${side} does not begin with a TLS record`;
  }

  gaveUp(side: Side): void {
    const { client, server } = this.#sides;
    if (this.#stage === 'hello' && this.#state?.begun)
      this.#fail('bytes that are no TLS', Math.max(client.lastAt, server.lastAt));
    else this.#endData();
    this.#stage = 'over';
    this.#violation = `no TLS record in what the ${side} sends`;
  }

  // How it goes on.

  #opened(state: HandshakeState): void {
    if (this.#context.wantsOpened === false) return;
    const ending = { outcome: 'unanswered', reason: '', at: state.lastAt, missing: [] } as const;
    this.#out.opened(handshakeExchange(state, this.#sides, this.#context, ending));
  }

  #complete(at: Timestamp): void {
    const state = this.#state!;
    // In TLS 1.3 what was sealed so far was the handshake's; so it was where early data cannot be told from it.
    if (state.is13) Object.assign(this.#sealed, { client: noneSealed(), server: noneSealed() });
    this.#emit('ok', '', at);
    this.#stage = 'data';
  }

  #fail(reason: string, at: Timestamp): void {
    // Clients send alerts to whom has hung up: that it had is what tells.
    const hungUp = this.#ended.server && this.#sides.server.records === 0;
    this.#emit('failed', hungUp ? 'closed by server before any answer' : reason, at);
    this.#stage = 'over';
  }

  /** The connection ends within the handshake. */
  #breakOff(reason: EndReason, at: Timestamp): void {
    const state = this.#state!;
    const { client, server } = this.#sides;
    const { lastAt } = state;
    if (client.records === 0 || (server.records === 0 && this.#sealed.client.records > 0)) {
      // Only one direction was captured.
      this.#emit('info', '', lastAt);
      this.#stage = 'data';
      this.#endData();
    } else if (reason === 'fin' || reason === 'rst') {
      const when = server.records === 0 ? 'before any answer' : 'during the handshake';
      const who = reason === 'rst' ? 'reset' : `closed by ${this.#firstToEnd}`;
      this.#emit('failed', `${who} ${when}`, at);
    } else this.#emit(server.records === 0 ? 'unanswered' : 'info', '', lastAt, true);
  }

  #emit(outcome: Exchange['outcome'], reason: string, at: Timestamp, isCut = false): void {
    const state = this.#state!;
    const missing = this.#missing(state, isCut);
    const exchange = handshakeExchange(state, this.#sides, this.#context, { outcome, reason, at, missing });
    for (const name of carried) this.#about[name] = exchange.fields[name];
    this.#state = undefined;
    this.#handshakeSeen = true;
    this.#dataStartAt = exchange.endAt;
    for (const side of ['client', 'server'] as const) {
      this.#sides[side].release();
      this.#sealed[side].lost = 0;
    }
    this.#out.exchange(exchange);
  }

  #missing(state: HandshakeState, isCut: boolean): Incompleteness[] {
    const { client, server } = this.#sides;
    const missing: Incompleteness[] = [];
    // Bytes that were lost before anybody knew what this is are not told here: its hello is not there then.
    if (!state.client && client.lostBytes === 0)
      missing.push({ kind: this.#context.connection.joinedMidStream ? 'joinedMidStream' : 'noRequest' });
    if (client.lostBytes > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: client.lostBytes });
    if (server.records === 0) missing.push({ kind: 'noResponse' });
    if (server.lostBytes > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: server.lostBytes });
    if (isCut && server.records > 0 && !tellingAlert(state.alerts))
      missing.push({ kind: 'messageCut', side: 'response' });
    // The hello may be the second: what came before was lost before anybody knew what this is.
    const { midMessage, connection } = this.#context;
    const isSecond = midMessage === true && !connection.joinedMidStream && !this.#handshakeSeen;
    if (isSecond && missing.length === 0) missing.push({ kind: 'joinedMidStream' });
    return missing;
  }

  #endData(): void {
    const { client, server } = this.#sealed;
    if (this.#stage === 'over' || (!this.#handshakeSeen && client.records + server.records === 0)) return;
    const decryptor = this.#decryptor;
    // What was in it has told of itself.
    if (decryptor?.unopened === 0 && this.#sealedAlert === '' && (this.#inside?.exchanges ?? 0) > 0) return;
    const missing: Incompleteness[] = [];
    if (!this.#handshakeSeen) missing.push({ kind: 'joinedMidStream' });
    if (client.lost > 0) missing.push({ kind: 'bytesLost', side: 'request', bytes: client.lost });
    if (server.lost > 0) missing.push({ kind: 'bytesLost', side: 'response', bytes: server.lost });
    const startAt = this.#dataStartAt ?? 0;
    this.#out.exchange(
      sealedExchange(client, server, this.#context, this.#about, {
        startAt,
        missing,
        weirds: this.#weirds,
        refused: this.#refused,
        ...(decryptor
          ? { reading: { opened: decryptor.opened, unopened: decryptor.unopened, why: decryptor.why } }
          : {}),
        alert: this.#sealedAlert,
      }),
    );
  }
}
