/** The two entries of a connection: its handshake, and what was encrypted. */
import type { AnalyzerContext, Exchange, Incompleteness, Message, Timestamp } from '../../model/index.ts';
import { Cursor } from '../../util/cursor.ts';
import { AlertLevel, alertText, alertWords } from '../../util/tls/alerts.ts';
import { certificateTypeName, groupName, signatureSchemeName } from '../../util/tls/names.ts';
import {
  agreedText,
  clientHelloLines,
  type Fields,
  type Lines,
  namesOf,
  serverHelloFields,
  serverHelloLines,
} from '../../util/tls/show.ts';
import type { TlsSide } from './side.ts';
import type { Alert, Chain, HandshakeState } from './state.ts';
import { type Certificate, certificateProblems, dateText, distinguishedName, keyText } from './x509.ts';

const noLines: Lines = [];

/** Lines are made when they are asked for: one line an entry shows none. */
class LazyMessage implements Message {
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly wireBytes: number;
  readonly startLine: string;
  readonly trailers = noLines;
  readonly #make: () => Lines;
  #lines: Lines | undefined;

  constructor(startLine: string, startAt: Timestamp, endAt: Timestamp, wireBytes: number, make: () => Lines) {
    this.startLine = startLine;
    this.startAt = startAt;
    this.endAt = endAt;
    this.wireBytes = wireBytes;
    this.#make = make;
  }

  get headers(): Lines {
    this.#lines ??= this.#make();
    return this.#lines;
  }
}

export interface Ending {
  readonly outcome: Exchange['outcome'];
  /** Why it failed, in words; '' when it did not. */
  readonly reason: string;
  readonly at: Timestamp;
  readonly missing: readonly Incompleteness[];
}

export interface Sides {
  readonly client: TlsSide;
  readonly server: TlsSide;
}

/** The alert that tells most: a fatal one before a warning. */
export function tellingAlert(alerts: readonly Alert[]): Alert | undefined {
  return alerts.find((alert) => alert.level === AlertLevel.fatal) ?? alerts[0];
}

export function handshakeExchange(
  state: HandshakeState,
  sides: Sides,
  context: AnalyzerContext,
  ending: Ending,
): Exchange {
  const { client } = state;
  // A retry request alone tells as much as its hello would have.
  const server = state.server ?? state.retry;
  const now = unixSeconds(context, state.startAt);
  const leaf = state.serverChain?.certificates[0];
  const problems = leaf ? certificateProblems(leaf, now, client?.serverName) : [];
  const alert = tellingAlert(state.alerts);
  const endAt = Math.max(ending.at, state.startAt);
  const fields: Fields = {
    'tls.stage': 'TLS hello',
    ...state.clientFields,
    ...(server ? serverHelloFields(server) : {}),
    'tls.result': resultText(state, ending, problems),
    'tls.handshake.time': ending.outcome === 'ok' ? endAt - state.startAt : undefined,
    'tls.resumed': state.resumption !== undefined || undefined,
    'tls.resumption': state.resumption,
    'tls.early_data': client?.earlyData || undefined,
    'tls.hello_retry': state.retry !== undefined || undefined,
    'tls.alert_message.desc': alert && alertWords(alert.description).name,
    'tls.alert_message.level': alert && (alert.level === AlertLevel.warning ? 'warning' : 'fatal'),
    'tls.alert.side': alert?.side,
    'tls.alert.sealed': state.sealedAlert,
    ...(leaf ? certificateFields(leaf) : {}),
    'tls.certificate.count': state.serverChain?.count,
    'tls.certificate.problems': problems.length > 0 ? problems : undefined,
    'tls.client_certificate.requested': state.certificateRequest !== undefined || undefined,
    'tls.client_certificate.subject':
      state.clientChain && (state.clientChain.certificates[0]?.subject ?? '(none)'),
  };
  if (state.group !== undefined) fields['tls.group'] = groupName(state.group);
  if (state.isSslv2) fields['tls.version'] = 'SSL 2.0';
  if (server && state.serverIsCut)
    for (const name of ['ja3s', 'ja3s_full']) fields[`tls.handshake.${name}`] = undefined;
  const exchange: { -readonly [K in keyof Exchange]: Exchange[K] } = {
    protocol: 'tls',
    connection: context.connection,
    startAt: state.startAt,
    endAt,
    fields,
    outcome: ending.outcome,
    missing: ending.missing,
    weirds: [...state.weirds],
  };
  const { client: up, server: down } = sides;
  if (up.records > 0)
    exchange.request = new LazyMessage(
      client ? 'ClientHello' : '',
      up.firstAt,
      client ? Math.max(state.clientAt, up.firstAt) : up.firstAt,
      up.wireBytes,
      () => requestLines(state, now),
    );
  if (down.records > 0)
    exchange.response = new LazyMessage(
      server ? 'ServerHello' : '',
      down.firstAt,
      Math.max(down.lastAt, down.firstAt),
      down.wireBytes,
      () => responseLines(state, now),
    );
  return exchange;
}

function resultText(state: HandshakeState, ending: Ending, problems: readonly string[]): string | undefined {
  if (ending.reason !== '') return ending.reason;
  const { server, resumption } = state;
  if (!server) return state.isSslv2 ? 'SSL 2.0' : undefined;
  const parts = [agreedText(server)];
  if (server.alpn !== undefined) parts.push(server.alpn);
  if (resumption !== undefined) parts.push('resumed');
  const warning = state.alerts[0];
  if (warning) parts.push(`(warning by ${warning.side}: ${alertWords(warning.description).name})`);
  if (problems.length > 0) parts.push(`(certificate ${problems.join(', ')})`);
  return parts.join(' ');
}

function certificateFields(leaf: Certificate): Fields {
  const names = leaf.names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
  return {
    'tls.certificate.subject': leaf.subject,
    'tls.certificate.issuer': leaf.issuer,
    'x509ce.dNSName': names.length > 0 ? names : undefined,
    'x509af.serialNumber': leaf.serial,
    'tls.certificate.not_before': dateText(leaf.notBefore),
    'tls.certificate.not_after': dateText(leaf.notAfter),
    'tls.certificate.key': keyText(leaf),
    'tls.certificate.signed_with': leaf.signature,
  };
}

function requestLines(state: HandshakeState, now: number | undefined): Lines {
  const lines = state.client ? clientHelloLines(state.client, state.clientFields) : [];
  if (state.clientChain) lines.push(...chainLines('client certificate', state.clientChain, now, undefined));
  lines.push(...alertLines(state, 'client'));
  return lines;
}

function responseLines(state: HandshakeState, now: number | undefined): Lines {
  const { server, serverChain, certificateRequest, retry } = state;
  const lines: Lines = [];
  if (retry) {
    const wanted = retry.keyShare === undefined ? '' : `: ${groupName(retry.keyShare)}`;
    lines.push(['hello retry request', `another key share wanted${wanted}`]);
  }
  if (server) lines.push(...serverHelloLines(server));
  if (!server?.keyShare && state.group !== undefined) lines.push(['group', groupName(state.group)]);
  if (state.resumption) lines.push(['resumed by', state.resumption]);
  if (serverChain) lines.push(...chainLines('certificate', serverChain, now, state.client?.serverName));
  if (certificateRequest) {
    const { types, signatureAlgorithms, authorities, authorityCount } = certificateRequest;
    lines.push(['client certificate asked for', namesOf(types, certificateTypeName).join(', ')]);
    if (signatureAlgorithms.length > 0)
      lines.push(['signing', namesOf(signatureAlgorithms, signatureSchemeName).join(', ')]);
    for (const name of authorities) lines.push(['issuer accepted', distinguishedName(new Cursor(name))]);
    if (authorityCount > authorities.length)
      lines.push(['issuers accepted', `${authorityCount - authorities.length} more`]);
  }
  if (state.ticketIssued) lines.push(['ticket', 'issued']);
  lines.push(...alertLines(state, 'server'));
  return lines;
}

function chainLines(name: string, chain: Chain, now: number | undefined, host: string | undefined): Lines {
  const lines: Lines = chain.certificates.map((certificate, i) => {
    const { subject, issuer, names, notBefore, notAfter, signature, serial } = certificate;
    const problems = certificateProblems(certificate, now, i === 0 ? host : undefined);
    // A root signs itself: that is worth a word only where it stands for the server.
    const marks = i === 0 ? problems : problems.filter((problem) => problem !== 'self-signed');
    const text = [
      subject,
      `issuer ${issuer}`,
      names.length > 0 ? `names ${names.join(', ')}` : '',
      `valid ${dateText(notBefore)} to ${dateText(notAfter)}`,
      `key ${keyText(certificate)}`,
      signature,
      `serial ${serial}`,
    ].filter((part) => part !== '');
    const mark = marks.length > 0 ? ` (${marks.join(', ')})` : '';
    return [`${name} ${i + 1}`, text.join('; ') + mark] as const;
  });
  if (chain.count === 0) lines.push([name, '(none)']);
  if (chain.count > chain.certificates.length && chain.certificates.length > 0)
    lines.push([name, `${chain.count - chain.certificates.length} more`]);
  return lines;
}

function alertLines(state: HandshakeState, side: 'client' | 'server'): Lines {
  return state.alerts
    .filter((alert) => alert.side === side)
    .map(({ level, description }) => [
      'alert',
      `${level === AlertLevel.warning ? 'warning' : 'fatal'}: ${alertText(description)}`,
    ]);
}

function unixSeconds(context: AnalyzerContext, at: Timestamp): number | undefined {
  return context.clock && context.clock.baseSec + at / 1e9;
}

/** What was encrypted in one direction. */
export interface Sealed {
  records: number;
  bytes: number;
  /** The last of them were as long as an alert is. */
  endsInAlert: boolean;
  firstAt: Timestamp;
  lastAt: Timestamp;
  /** Bytes that were not captured. */
  lost: number;
}

export interface SealedEnding {
  readonly startAt: Timestamp;
  readonly missing: readonly Incompleteness[];
  readonly weirds: readonly string[];
  /** The server answered what the client sent with an alert and nothing else. */
  readonly refused: boolean;
  /** Where secrets were looked for: records that could be opened and not, and why none could. */
  readonly reading?: { readonly opened: number; readonly unopened: number; readonly why: string };
  /** An alert that was encrypted, in words; '' none but close_notify. */
  readonly alert: string;
}

export function sealedExchange(
  client: Sealed,
  server: Sealed,
  context: AnalyzerContext,
  about: Fields,
  { startAt, missing, weirds, refused, reading, alert }: SealedEnding,
): Exchange {
  const sizes = `${client.bytes} bytes up, ${server.bytes} down`;
  const text = `${reading?.opened ? 'decrypted' : 'encrypted'}, ${sizes}${noteOf(reading)}`;
  const ended = alert || (refused ? 'the server answered with an alert alone' : '');
  const message = (sealed: Sealed): Message => ({
    startAt: sealed.firstAt,
    endAt: sealed.lastAt,
    wireBytes: sealed.bytes,
    startLine: '',
    headers: noLines,
    trailers: noLines,
  });
  return {
    protocol: 'tls',
    connection: context.connection,
    ...(client.records > 0 ? { request: message(client) } : {}),
    ...(server.records > 0 ? { response: message(server) } : {}),
    startAt,
    endAt: Math.max(startAt, ...[client, server].filter((s) => s.records > 0).map((s) => s.lastAt)),
    fields: {
      'tls.stage': 'TLS data',
      ...about,
      'tls.result': ended === '' ? text : `${text}: ${ended}`,
      'tls.sealed.client_bytes': client.bytes,
      'tls.sealed.server_bytes': server.bytes,
      'tls.sealed.client_records': client.records,
      'tls.sealed.server_records': server.records,
      ...(refused ? { 'tls.alert.sealed': 'server' } : {}),
    },
    outcome: refused || alert !== '' ? 'failed' : 'info',
    missing,
    weirds,
  };
}

function noteOf(reading: SealedEnding['reading']): string {
  if (!reading) return '';
  if (reading.opened === 0) return ` (${reading.why})`;
  if (reading.unopened > 0)
    return ` (${reading.unopened} of ${reading.opened + reading.unopened} records could not be opened)`;
  return '';
}
