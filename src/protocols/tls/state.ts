/** What is known of one handshake so far. */
import type { Side, Timestamp } from '../../model/index.ts';
import { latin1 } from '../../util/bytes.ts';
import { hex } from '../../util/tls/fingerprint.ts';
import {
  type ClientHello,
  parseClientHello,
  parseServerHello,
  type ServerHello,
} from '../../util/tls/hello.ts';
import { isTls13, Version } from '../../util/tls/names.ts';
import { clientHelloFields, type Fields } from '../../util/tls/show.ts';
import {
  type CertificateRequest,
  certificateList,
  HandshakeType,
  keyExchangeGroup,
  parseCertificateRequest,
} from './handshake.ts';
import { type Certificate, parseCertificate } from './x509.ts';

/** Certificates of a chain that are read: verifiers give up beyond ten (the TLS stacks' depth limits). */
const maxCertificates = 10;
/** Alerts kept: a handshake sees one, two with the answer to it. */
const maxAlerts = 8;
const maxWeirds = 16;

export interface Alert {
  readonly side: Side;
  readonly level: number;
  readonly description: number;
  readonly at: Timestamp;
}

export interface Chain {
  readonly certificates: readonly Certificate[];
  /** How many there were; more than are read are counted. */
  readonly count: number;
  readonly bytes: number;
}

type Reader = (state: HandshakeState, body: Uint8Array, side: Side, at: Timestamp, isCut: boolean) => void;

const readers: Readonly<Record<number, Reader>> = {
  [HandshakeType.clientHello]: (state, body, side, at, isCut) => {
    // The hello that answers a retry request differs in little and counts as the same.
    if (state.client || side === 'server') return;
    state.takeClientHello(parseClientHello(body), at, isCut);
  },
  [HandshakeType.serverHello]: (state, body, side, at, isCut) => {
    if (state.server || side === 'client') return;
    const hello = parseServerHello(body);
    if (hello.malformed && !isCut) state.weird('tls_hello_malformed');
    if (hello.isRetryRequest) {
      state.retry = hello;
      return;
    }
    state.server = hello;
    state.serverAt = at;
    state.serverIsCut = isCut;
    state.group = hello.keyShare;
  },
  [HandshakeType.certificate]: (state, body, side) => {
    if (side === 'server') state.serverChain ??= state.readChain(body);
    else state.clientChain ??= state.readChain(body);
  },
  [HandshakeType.serverKeyExchange]: (state, body) => {
    state.group ??= keyExchangeGroup(body);
  },
  [HandshakeType.certificateRequest]: (state, body) => {
    state.certificateRequest ??= parseCertificateRequest(body, state.version >= Version.tls12);
  },
};

export class HandshakeState {
  client: ClientHello | undefined;
  #clientFields: Fields | undefined;
  clientAt: Timestamp = 0;
  clientIsCut = false;
  server: ServerHello | undefined;
  serverAt: Timestamp = 0;
  serverIsCut = false;
  retry: ServerHello | undefined;
  serverChain: Chain | undefined;
  clientChain: Chain | undefined;
  certificateRequest: CertificateRequest | undefined;
  group: number | undefined;
  ticketIssued = false;
  isSslv2 = false;
  readonly alerts: Alert[] = [];
  readonly weirds: string[] = [];
  /** An alert that could be told by its length alone. */
  sealedAlert: Side | undefined;
  /** First byte and last of what could be read. */
  startAt: Timestamp = 0;
  lastAt: Timestamp = 0;
  /** Something of it could be read. */
  begun = false;

  /** 0 while unknown. */
  get version(): number {
    return this.isSslv2 ? 2 : (this.server?.version ?? 0);
  }

  /** Of the client's hello, made once and not before they are asked for: they take some KB. */
  get clientFields(): Fields {
    if (this.#clientFields || !this.client) return this.#clientFields ?? {};
    const fields = clientHelloFields(this.client, 't');
    // Of half a hello a fingerprint is another's.
    if (this.clientIsCut)
      for (const name of ['ja3', 'ja3_full', 'ja4', 'ja4_r']) fields[`tls.handshake.${name}`] = undefined;
    this.#clientFields = fields;
    return fields;
  }

  get is13(): boolean {
    return isTls13(this.version);
  }

  touch(from: Timestamp, to: Timestamp): void {
    if (!this.begun) this.startAt = from;
    this.begun = true;
    this.lastAt = to;
  }

  weird(name: string): void {
    if (!this.weirds.includes(name) && this.weirds.length < maxWeirds) this.weirds.push(name);
  }

  alert(alert: Alert): void {
    if (this.alerts.length < maxAlerts) this.alerts.push(alert);
    this.touch(alert.at, alert.at);
  }

  /** Session id or ticket (up to TLS 1.2), PSK (TLS 1.3): how an earlier session went on; undefined: it did not. */
  get resumption(): 'session id' | 'ticket' | 'psk' | undefined {
    const { client, server } = this;
    if (!server) return undefined;
    if (isTls13(server.version)) return server.pskAccepted ? 'psk' : undefined;
    // The client's id comes back when the server goes on from it (RFC 5246 section 7.4.1.3, RFC 5077 section 3.4).
    if (!client || client.sessionId.length === 0 || hex(client.sessionId) !== hex(server.sessionId))
      return undefined;
    if (this.serverChain) return undefined;
    return client.offersTicket ? 'ticket' : 'session id';
  }

  message(
    type: number,
    side: Side,
    body: Uint8Array | undefined,
    startAt: Timestamp,
    endAt: Timestamp,
    isCut: boolean,
  ): void {
    this.touch(startAt, endAt);
    if (type === HandshakeType.newSessionTicket) this.ticketIssued = true;
    if (body) readers[type]?.(this, body, side, startAt, isCut);
  }

  takeClientHello(hello: ClientHello, at: Timestamp, isCut: boolean): void {
    this.client = hello;
    this.clientAt = at;
    this.clientIsCut = isCut;
    if (hello.malformed && !isCut) this.weird('tls_hello_malformed');
    if (hello.isSslv2) this.weird('tls_sslv2_hello');
  }

  readChain(body: Uint8Array): Chain {
    const { list, malformed } = certificateList(body);
    if (malformed) this.weird('tls_certificates_malformed');
    if (list.length > maxCertificates) this.weird('tls_chain_too_long');
    const certificates: Certificate[] = [];
    for (const der of list.slice(0, maxCertificates)) {
      const certificate = parseCertificate(der);
      if (certificate) certificates.push(certificate);
      else this.weird('tls_certificate_malformed');
    }
    return { certificates, count: list.length, bytes: body.length };
  }
}

/** Printable beginning of what is no TLS. */
export function firstLine(bytes: Uint8Array): string {
  const end = bytes.findIndex((b) => b < 32 || b > 126);
  return latin1(bytes, 0, end < 0 ? bytes.length : end);
}
