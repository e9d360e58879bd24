/** The entries of a QUIC conversation: its handshakes, and what was encrypted. */
import type { AnalyzerContext, Exchange, Incompleteness, Message, Timestamp } from '../../model/index.ts';
import { cipherSuiteName } from '../../util/tls/cipher-suites.ts';
import { hex } from '../../util/tls/fingerprint.ts';
import { groupName } from '../../util/tls/names.ts';
import {
  clientHelloLines,
  type Fields,
  type Lines,
  serverHelloFields,
  serverHelloLines,
} from '../../util/tls/show.ts';
import type { Attempt } from './attempt.ts';
import { readParameters } from './transport-parameters.ts';
import { isReserved, versionName } from './versions.ts';

export interface Ending {
  readonly outcome: Exchange['outcome'];
  /** Why it failed, in words; '' when it did not. */
  readonly reason: string;
  readonly at: Timestamp;
  readonly missing: readonly Incompleteness[];
}

const noLines: Lines = [];

export function versionNames(versions: readonly number[]): string[] {
  return versions.filter((version) => !isReserved(version)).map(versionName);
}

export function handshakeExchange(attempt: Attempt, context: AnalyzerContext, ending: Ending): Exchange {
  const { client, close, version, serverSource } = attempt;
  const server = attempt.server ?? attempt.retryRequest;
  const parameters = client?.quicParameters ? readParameters(client.quicParameters) : undefined;
  const weirds = [...attempt.weirds];
  if (parameters?.malformed) weirds.push('quic_parameters_malformed');
  const endAt = Math.max(ending.at, attempt.startAt);
  const fields: Fields = {
    'quic.stage': 'QUIC hello',
    ...attempt.clientFields,
    ...(server ? serverHelloFields(server) : {}),
    ...(parameters?.fields ?? {}),
    'quic.result': ending.reason || (server ? agreedText(version, server.cipherSuite) : undefined),
    'quic.version': versionName(version),
    'quic.dcid': hex(attempt.destination),
    'quic.scid': hex(attempt.source),
    'quic.server_cid': serverSource && hex(serverSource),
    'quic.retry': attempt.retried || undefined,
    'quic.token': attempt.hasToken || undefined,
    'quic.supported_version':
      attempt.offeredVersions.length > 0 ? versionNames(attempt.offeredVersions) : undefined,
    'quic.cc.error_code': close?.text,
    'quic.cc.reason_phrase': close?.reason || undefined,
    'quic.cc.side': close?.side,
    'tls.handshake.time': ending.outcome === 'ok' ? endAt - attempt.startAt : undefined,
    'tls.early_data': client?.earlyData || attempt.earlyData || undefined,
    'tls.hello_retry': attempt.retryRequest !== undefined || undefined,
    'tls.resumed': server?.pskAccepted || undefined,
  };
  const exchange: { -readonly [K in keyof Exchange]: Exchange[K] } = {
    protocol: 'quic',
    connection: context.connection,
    startAt: attempt.startAt,
    endAt,
    fields,
    outcome: ending.outcome,
    missing: ending.missing,
    weirds,
  };
  if (attempt.wireBytes.client > 0)
    exchange.request = {
      startAt: attempt.startAt,
      endAt: client ? attempt.clientAt : attempt.startAt,
      wireBytes: attempt.wireBytes.client,
      startLine: client ? 'ClientHello' : '',
      headers: requestLines(attempt, parameters?.lines ?? noLines),
      trailers: noLines,
    };
  if (attempt.wireBytes.server > 0)
    exchange.response = {
      startAt: attempt.server ? attempt.serverAt : attempt.lastAt,
      endAt: Math.max(attempt.lastAt, attempt.serverAt),
      wireBytes: attempt.wireBytes.server,
      startLine: attempt.server ? 'ServerHello' : '',
      headers: responseLines(attempt),
      trailers: noLines,
    };
  return exchange;
}

/** `QUIC v1 AES_128_GCM_SHA256` */
function agreedText(version: number, cipherSuite: number): string {
  return `QUIC ${versionName(version)} ${cipherSuiteName(cipherSuite).replace(/^TLS_/, '')}`;
}

function requestLines(attempt: Attempt, parameters: Lines): Lines {
  const lines: Lines = [
    ['connection ids', `destination ${hex(attempt.destination)}, own ${hex(attempt.source) || '(empty)'}`],
  ];
  if (attempt.client) lines.push(...clientHelloLines(attempt.client, attempt.clientFields));
  lines.push(...parameters);
  if (attempt.close?.side === 'client') lines.push(closeLine(attempt));
  return lines;
}

function responseLines(attempt: Attempt): Lines {
  const lines: Lines = [];
  const { serverSource, retryRequest, server, offeredVersions } = attempt;
  if (serverSource) lines.push(['connection id', `own ${hex(serverSource) || '(empty)'}`]);
  if (offeredVersions.length > 0)
    lines.push(['versions supported', versionNames(offeredVersions).join(', ')]);
  if (attempt.retried) lines.push(['retry', 'the client had to show that its address is its own']);
  if (retryRequest) {
    const wanted = retryRequest.keyShare === undefined ? '' : `: ${groupName(retryRequest.keyShare)}`;
    lines.push(['hello retry request', `another key share wanted${wanted}`]);
  }
  if (server) lines.push(...serverHelloLines(server));
  if (attempt.close?.side === 'server') lines.push(closeLine(attempt));
  return lines;
}

function closeLine({ close }: Attempt): readonly [string, string] {
  return ['closed', close!.reason === '' ? close!.text : `${close!.text}: ${close!.reason}`];
}

/** What was encrypted in one direction. */
export interface Sealed {
  packets: number;
  bytes: number;
  firstAt: Timestamp;
  lastAt: Timestamp;
  lost: number;
}

export function sealedExchange(
  client: Sealed,
  server: Sealed,
  context: AnalyzerContext,
  about: Fields,
  missing: readonly Incompleteness[],
): Exchange {
  const used = [client, server].filter((sealed) => sealed.packets > 0);
  const message = (sealed: Sealed): Message => ({
    startAt: sealed.firstAt,
    endAt: sealed.lastAt,
    wireBytes: sealed.bytes,
    startLine: '',
    headers: noLines,
    trailers: noLines,
  });
  return {
    protocol: 'quic',
    connection: context.connection,
    ...(client.packets > 0 ? { request: message(client) } : {}),
    ...(server.packets > 0 ? { response: message(server) } : {}),
    startAt: Math.min(...used.map((sealed) => sealed.firstAt)),
    endAt: Math.max(...used.map((sealed) => sealed.lastAt)),
    fields: {
      'quic.stage': 'QUIC data',
      ...about,
      'quic.result': `encrypted, ${client.bytes} bytes up, ${server.bytes} down`,
      'quic.sealed.client_bytes': client.bytes,
      'quic.sealed.server_bytes': server.bytes,
      'quic.sealed.client_packets': client.packets,
      'quic.sealed.server_packets': server.packets,
    },
    outcome: 'info',
    missing,
    weirds: [],
  };
}
