/**
 * ClientHello and ServerHello: RFC 8446 section 4.1, RFC 5246 section 7.4.1, and for what came before
 * SSL 3.0 the hello of RFC 5246 appendix E.2. Lengths that lie are cut to what is there and noted.
 */
import { latin1 } from '../bytes.ts';
import { Cursor } from '../cursor.ts';
import { isGrease } from './codes.ts';

export const Extension = {
  serverName: 0,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  keyShare: 51,
  quicParameters: 57,
  encryptedClientHello: 65_037,
  quicParametersDraft: 65_445,
  encryptedServerName: 65_486,
} as const;

interface Hello {
  /** The version field of the message; TLS 1.3 hides behind 0x0303 and says so in an extension. */
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  /** Types in the order sent, GREASE included. */
  readonly extensions: readonly number[];
  /** A length went beyond what is there, or bytes were left over. */
  readonly malformed: boolean;
}

export interface ClientHello extends Hello {
  readonly cipherSuites: readonly number[];
  /** Undefined without the extension. '' when it was sent empty. */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  /** Of supported_versions; empty without it. */
  readonly versions: readonly number[];
  readonly groups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** Groups a key share was sent for. */
  readonly keyShares: readonly number[];
  /** What it offers to go on from: TLS 1.3's PSKs, a ticket. A session id alone may be one or a mere cover. */
  readonly offersPsk: boolean;
  readonly offersTicket: boolean;
  readonly earlyData: boolean;
  /** encrypted_client_hello or its forerunner encrypted_server_name: the name in sight may be another's. */
  readonly ech: boolean;
  readonly quicParameters: Uint8Array | undefined;
  /** The form of SSL 2.0, whatever version it asks for. */
  readonly isSslv2: boolean;
}

export interface ServerHello extends Hello {
  /** What is spoken from here on. */
  readonly version: number;
  readonly cipherSuite: number;
  readonly alpn: string | undefined;
  readonly keyShare: number | undefined;
  readonly pskAccepted: boolean;
  readonly earlyData: boolean;
  readonly isRetryRequest: boolean;
}

/** SHA-256 of "HelloRetryRequest", sent as random: RFC 8446 section 4.1.3. */
const retryRandom = [
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
];

const noBytes = new Uint8Array(0);

function u16s(c: Cursor): number[] {
  const list: number[] = [];
  while (c.left >= 2) list.push(c.u16());
  return list;
}

/** Type, length, body: until the end. Each type is told once, the first time; JA3 counts every one. */
function readExtensions(c: Cursor, types: number[], bodies: Map<number, Cursor>): boolean {
  if (c.left === 0) return false;
  const all = c.vector(2);
  while (all.left >= 4) {
    const type = all.u16();
    const body = all.vector(2);
    types.push(type);
    if (!bodies.has(type)) bodies.set(type, body);
  }
  return c.cut || all.cut || all.left > 0 || c.left > 0;
}

/**
 * @param body of the handshake message, without its header; it may be cut off: what is there is read
 * @param hasCookie DTLS puts one behind the session id (RFC 6347 section 4.2.1)
 */
export function parseClientHello(body: Uint8Array, hasCookie = false): ClientHello {
  const c = new Cursor(body);
  const legacyVersion = c.u16();
  const random = c.take(32).slice();
  const sessionId = c.vector(1).take(255).slice();
  if (hasCookie) c.vector(1);
  const cipherSuites = u16s(c.vector(2));
  c.vector(1);
  const extensions: number[] = [];
  const bodies = new Map<number, Cursor>();
  const malformed = readExtensions(c, extensions, bodies) || c.cut;
  const of = (type: number) => {
    const found = bodies.get(type);
    return found ? new Cursor(found.bytes, found.at, found.end) : undefined;
  };
  const list16 = (type: number) => {
    const found = of(type);
    return found ? u16s(found.vector(2)) : [];
  };
  const quic = of(Extension.quicParameters) ?? of(Extension.quicParametersDraft);
  const versions = of(Extension.supportedVersions);
  return {
    legacyVersion,
    random,
    sessionId,
    extensions,
    malformed,
    cipherSuites,
    serverName: readServerName(of(Extension.serverName)),
    alpn: readAlpn(of(Extension.alpn)),
    versions: versions ? u16s(versions.vector(1)) : [],
    groups: list16(Extension.supportedGroups),
    pointFormats: [...(of(Extension.ecPointFormats)?.vector(1).take(255) ?? [])],
    signatureAlgorithms: list16(Extension.signatureAlgorithms),
    keyShares: readKeyShares(of(Extension.keyShare)),
    offersPsk: bodies.has(Extension.preSharedKey),
    offersTicket: (of(Extension.sessionTicket)?.left ?? 0) > 0,
    earlyData: bodies.has(Extension.earlyData),
    ech: bodies.has(Extension.encryptedClientHello) || bodies.has(Extension.encryptedServerName),
    quicParameters: quic ? quic.take(quic.left).slice() : undefined,
    isSslv2: false,
  };
}

/** @param body of the message: type and version come first; RFC 5246 appendix E.2 */
export function parseSslv2ClientHello(body: Uint8Array): ClientHello {
  const c = new Cursor(body, 1);
  const legacyVersion = c.u16();
  const cipherLength = c.u16();
  const sessionIdLength = c.u16();
  const challengeLength = c.u16();
  const specs = c.part(cipherLength);
  const cipherSuites: number[] = [];
  // Three bytes each; SSL 3.0's have a zero first, SSL 2.0's own are no code points of today.
  while (specs.left >= 3)
    if (specs.u8() === 0) cipherSuites.push(specs.u16());
    else specs.skip(2);
  const sessionId = c.take(sessionIdLength).slice();
  const random = c.take(challengeLength).slice();
  return {
    legacyVersion,
    random,
    sessionId,
    extensions: [],
    malformed: c.cut || c.left > 0,
    cipherSuites,
    serverName: undefined,
    alpn: [],
    versions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    keyShares: [],
    offersPsk: false,
    offersTicket: false,
    earlyData: false,
    ech: false,
    quicParameters: undefined,
    isSslv2: true,
  };
}

/** @param body of the handshake message, without its header */
export function parseServerHello(body: Uint8Array): ServerHello {
  const c = new Cursor(body);
  const legacyVersion = c.u16();
  const random = c.take(32).slice();
  // Drafts of TLS 1.3 up to 21 left out the session id and the compression.
  const isOldDraft = legacyVersion >> 8 === 0x7f;
  const sessionId = isOldDraft ? noBytes : c.vector(1).take(255).slice();
  const cipherSuite = c.u16();
  if (!isOldDraft) c.skip(1);
  const extensions: number[] = [];
  const bodies = new Map<number, Cursor>();
  const malformed = readExtensions(c, extensions, bodies) || c.cut;
  const version = bodies.get(Extension.supportedVersions);
  const share = bodies.get(Extension.keyShare);
  return {
    legacyVersion,
    random,
    sessionId,
    extensions,
    malformed,
    version: version && version.left >= 2 ? version.u16() : legacyVersion,
    cipherSuite,
    alpn: readAlpn(bodies.get(Extension.alpn))[0],
    keyShare: share && share.left >= 2 ? share.u16() : undefined,
    pskAccepted: bodies.has(Extension.preSharedKey),
    earlyData: bodies.has(Extension.earlyData),
    isRetryRequest: random.length === 32 && retryRandom.every((b, i) => random[i] === b),
  };
}

/** RFC 6066 section 3: the first host name. Names are ASCII; what is not stays one character a byte. */
function readServerName(c: Cursor | undefined): string | undefined {
  if (!c) return undefined;
  const list = c.vector(2);
  while (list.left >= 3) {
    const type = list.u8();
    const name = list.vector(2);
    if (type === 0) return latin1(name.bytes, name.at, name.end);
  }
  return '';
}

/** RFC 7301 section 3.1. Opaque bytes, of which all registered are ASCII or GREASE. */
function readAlpn(c: Cursor | undefined): string[] {
  const names: string[] = [];
  if (!c) return names;
  const list = c.vector(2);
  while (list.left > 0) {
    const name = list.vector(1);
    names.push(latin1(name.bytes, name.at, name.end));
  }
  return names;
}

function readKeyShares(c: Cursor | undefined): number[] {
  const groups: number[] = [];
  if (!c) return groups;
  const list = c.vector(2);
  while (list.left >= 4) {
    groups.push(list.u16());
    list.vector(2);
  }
  return groups;
}

/** Highest version it can speak. DTLS counts downwards: 0xfefd is 1.2, 0xfefc is 1.3. */
export function offeredVersion(hello: ClientHello): number {
  const isDtls = hello.legacyVersion >= 0xfe00;
  let best = 0;
  for (const version of hello.versions)
    if (!isGrease(version) && (best === 0 || (isDtls ? version < best : version > best))) best = version;
  return best === 0 ? hello.legacyVersion : best;
}
