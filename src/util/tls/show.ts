/** Hellos as fields and as lines for people: what TLS over TCP and QUIC have in common. */
import type { FieldSpec, FieldValue } from '../../model/index.ts';
import { cipherSuiteCodes, cipherSuiteName } from './cipher-suites.ts';
import { isGrease } from './codes.ts';
import { type Carrier, hex, ja3Full, ja3sFull, ja4, md5Hex } from './fingerprint.ts';
import type { ClientHello, ServerHello } from './hello.ts';
import { extensionName, groupName, signatureSchemeName, versionCodes, versionName } from './names.ts';

export type Fields = Record<string, FieldValue>;
export type Lines = (readonly [name: string, value: string])[];

/** Entries of one list that are shown: the longest honest one has some hundred (scanners), a record fits 32000. */
const maxListed = 256;

export function namesOf(codes: readonly number[], nameOf: (code: number) => string): readonly string[] {
  const names = codes.slice(0, maxListed).map(nameOf);
  if (codes.length > maxListed) names.push(`... ${codes.length - maxListed} more`);
  return names;
}

function listField(codes: readonly number[], nameOf: (code: number) => string): FieldValue {
  return codes.length === 0 ? undefined : namesOf(codes, nameOf);
}

/** Texts out of a hello, as many as are shown. */
function texts(list: readonly string[]): readonly string[] {
  return list.length > maxListed ? [...list.slice(0, maxListed), '...'] : list;
}

/** Costs more than all the rest of a handshake: made once of a hello. */
export function clientHelloFields(hello: ClientHello, carrier: Carrier): Fields {
  const full = hello.isSslv2 ? undefined : ja3Full(hello);
  const fingerprint = hello.isSslv2 ? undefined : ja4(hello, carrier);
  return {
    'tls.handshake.extensions_server_name': hello.serverName || undefined,
    'tls.ech': hello.ech ? 'ECH' : undefined,
    'tls.handshake.extensions_alpn_str': hello.alpn.length > 0 ? texts(hello.alpn) : undefined,
    'tls.handshake.extensions.supported_version': listField(hello.versions, versionName),
    'tls.handshake.ciphersuites': listField(hello.cipherSuites, cipherSuiteName),
    'tls.handshake.extensions_supported_group': listField(hello.groups, groupName),
    'tls.handshake.extensions_key_share_group': listField(hello.keyShares, groupName),
    'tls.handshake.sig_hash_alg': listField(hello.signatureAlgorithms, signatureSchemeName),
    'tls.handshake.extension.type': listField(hello.extensions, extensionName),
    'tls.handshake.random': hex(hello.random),
    'tls.handshake.ja3': full === undefined ? undefined : md5Hex(full),
    'tls.handshake.ja3_full': full,
    'tls.handshake.ja4': fingerprint?.hashed,
    'tls.handshake.ja4_r': fingerprint?.raw,
  };
}

export function serverHelloFields(hello: ServerHello): Fields {
  const full = ja3sFull(hello);
  return {
    'tls.version': versionName(hello.version),
    'tls.handshake.ciphersuite': cipherSuiteName(hello.cipherSuite),
    'tls.alpn': hello.alpn,
    'tls.group': hello.keyShare === undefined ? undefined : groupName(hello.keyShare),
    'tls.handshake.ja3s': md5Hex(full),
    'tls.handshake.ja3s_full': full,
  };
}

/** `TLS 1.3 AES_128_GCM_SHA256` */
export function agreedText(hello: ServerHello): string {
  return `${versionName(hello.version)} ${cipherSuiteName(hello.cipherSuite).replace(/^TLS_/, '')}`;
}

/** @param fields of `clientHelloFields` */
export function clientHelloLines(hello: ClientHello, fields: Fields): Lines {
  const lines: Lines = [];
  const add = (name: string, value: string) => {
    if (value !== '') lines.push([name, value]);
  };
  const list = (codes: readonly number[], nameOf: (code: number) => string) =>
    namesOf(
      codes.filter((code) => !isGrease(code)),
      nameOf,
    ).join(', ');
  const outer = hello.ech ? ' (encrypted client hello offered: the name may be a cover)' : '';
  if (hello.serverName !== undefined) add('server name', `${hello.serverName}${outer}`);
  add('alpn', texts(hello.alpn).join(', '));
  const versions = hello.versions.length > 0 ? hello.versions : [hello.legacyVersion];
  add('versions', list(versions, versionName));
  add('cipher suites', list(hello.cipherSuites, cipherSuiteName));
  add('groups', list(hello.groups, groupName));
  add('key shares', list(hello.keyShares, groupName));
  add('signing', list(hello.signatureAlgorithms, signatureSchemeName));
  add('extensions', list(hello.extensions, extensionName));
  const offers: string[] = [];
  if (hello.offersPsk) offers.push('pre-shared key');
  if (hello.offersTicket) offers.push('ticket');
  if (hello.sessionId.length > 0 && hello.versions.length === 0) offers.push('session id');
  if (hello.earlyData) offers.push('early data');
  add('resumption offered', offers.join(', '));
  for (const name of ['ja3', 'ja4']) add(name, String(fields[`tls.handshake.${name}`] ?? ''));
  return lines;
}

export function serverHelloLines(hello: ServerHello): Lines {
  const lines: Lines = [
    ['version', versionName(hello.version)],
    ['cipher suite', cipherSuiteName(hello.cipherSuite)],
  ];
  if (hello.alpn !== undefined) lines.push(['alpn', hello.alpn]);
  if (hello.keyShare !== undefined) lines.push(['key share', groupName(hello.keyShare)]);
  if (hello.extensions.length > 0)
    lines.push(['extensions', namesOf(hello.extensions, extensionName).join(', ')]);
  return lines;
}

type Spec = readonly [
  name: string,
  type: FieldSpec['type'],
  label: string,
  detail: FieldSpec['detail'],
  description: string,
  more?: Pick<FieldSpec, 'role' | 'grouping' | 'codes'>,
];

export function fieldSpecs(specs: readonly Spec[]): FieldSpec[] {
  return specs.map(([name, type, label, detail = 3, description, more]) => ({
    name,
    type,
    label,
    detail,
    description,
    ...more,
  }));
}

/** Names as Wireshark has them where it has them (ja4 since 4.2). */
export const helloFields: readonly FieldSpec[] = fieldSpecs([
  [
    'tls.handshake.extensions_server_name',
    'string',
    'sni',
    0,
    'Server name the client asks for; the outer one under ECH',
    { role: 'subject', grouping: 'value' },
  ],
  [
    'tls.ech',
    'string',
    'ech',
    0,
    'ECH: encrypted client hello was offered, or played (GREASE)',
    { role: 'subject', grouping: 'none' },
  ],
  [
    'tls.handshake.extensions_alpn_str',
    'list',
    'alpn offered',
    0,
    'Protocols the client offers',
    { role: 'subject', grouping: 'none' },
  ],
  ['tls.version', 'string', 'version', 1, 'Version agreed on', { codes: versionCodes }],
  [
    'tls.handshake.ciphersuite',
    'string',
    'cipher',
    1,
    'Cipher suite agreed on',
    { codes: cipherSuiteCodes() },
  ],
  ['tls.alpn', 'string', 'alpn', 1, 'Protocol agreed on, where it is not encrypted (up to TLS 1.2)'],
  ['tls.group', 'string', 'group', 3, 'Group of the key exchange agreed on'],
  ['tls.resumed', 'boolean', 'resumed', 3, 'An earlier session went on'],
  ['tls.early_data', 'boolean', '0-rtt', 3, 'The client offered to send data at once'],
  ['tls.hello_retry', 'boolean', 'retry', 3, 'The server asked for another hello'],
  ['tls.handshake.extensions.supported_version', 'list', 'versions', 3, 'Versions offered'],
  ['tls.handshake.ciphersuites', 'list', 'ciphers', 3, 'Cipher suites offered'],
  ['tls.handshake.extensions_supported_group', 'list', 'groups', 3, 'Groups offered'],
  ['tls.handshake.extensions_key_share_group', 'list', 'key shares', 3, 'Groups a key share was sent for'],
  ['tls.handshake.sig_hash_alg', 'list', 'signatures', 3, 'Signature algorithms offered'],
  ['tls.handshake.extension.type', 'list', 'extensions', 3, 'Extensions of the client hello, in order'],
  ['tls.handshake.random', 'string', 'random', 3, 'Client random, in hex'],
  ['tls.handshake.ja3', 'string', 'ja3', 3, 'JA3 of the client hello'],
  ['tls.handshake.ja3_full', 'string', 'ja3 full', 3, 'What JA3 is the MD5 of'],
  ['tls.handshake.ja3s', 'string', 'ja3s', 3, 'JA3S of the server hello'],
  ['tls.handshake.ja3s_full', 'string', 'ja3s full', 3, 'What JA3S is the MD5 of'],
  ['tls.handshake.ja4', 'string', 'ja4', 3, 'JA4 of the client hello'],
  ['tls.handshake.ja4_r', 'string', 'ja4 raw', 3, 'JA4 with its lists instead of their hashes'],
]);
