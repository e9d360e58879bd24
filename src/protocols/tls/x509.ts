/** X.509 certificates (RFC 5280): what people ask of them. No signature is checked here. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import { latin1 } from '../../util/bytes.ts';
import { Cursor } from '../../util/cursor.ts';
import { hex } from '../../util/tls/fingerprint.ts';
import { bitLength, type Element, oidOf, readElement, readTagged, stringOf, Tag, timeOf } from './der.ts';
import { attributes, curves, keyKinds, signatureAlgorithms } from './oids.ts';

export interface Certificate {
  /** Hex, as openssl prints it but in lower case. */
  readonly serial: string;
  /** In the order of the certificate: `C=US, O=Example, CN=example.com`. */
  readonly issuer: string;
  readonly subject: string;
  /** The last common name of the subject, '' without one. */
  readonly commonName: string;
  /** Unix seconds, NaN when they cannot be read. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Subject alternative names with their kind: `DNS:example.com`, `IP:192.0.2.1`. */
  readonly names: readonly string[];
  /** `RSA`, `EC`, `Ed25519`, or the object identifier. */
  readonly keyKind: string;
  /** Of an EC key: `P-256`. */
  readonly curve: string;
  /** 0 unknown. */
  readonly keyBits: number;
  readonly signature: string;
  readonly isCa: boolean;
  /** Issuer and subject are the same, and so are the key identifiers where both are told. */
  readonly selfSigned: boolean;
}

/** Names shown of one certificate: CDNs have a hundred, hostile ones fit ten thousand in. */
const maxNames = 256;
/** Attributes in one distinguished name: real ones have up to a dozen. */
const maxAttributes = 32;
/** Extensions looked at; real certificates have up to fifteen. */
const maxExtensions = 64;

/** undefined: no certificate. */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  const outer = readTagged(new Cursor(der), Tag.sequence);
  const tbs = outer && readTagged(outer.content, Tag.sequence)?.content;
  if (!tbs) return undefined;
  readTagged(tbs, 0xa0); // version
  const serial = readTagged(tbs, Tag.integer);
  const signature = readTagged(tbs, Tag.sequence);
  const issuer = readTagged(tbs, Tag.sequence);
  const validity = readTagged(tbs, Tag.sequence)?.content;
  const subject = readTagged(tbs, Tag.sequence);
  const key = readTagged(tbs, Tag.sequence);
  if (!serial || !signature || !issuer || !validity || !subject || !key) return undefined;
  const notBefore = readElement(validity);
  const notAfter = readElement(validity);
  const extensions = readExtensions(tbs);
  const signatureOid = oidOf(signature.content);
  const isSame = sameBytes(issuer.bytes, subject.bytes);
  const subjectName = readName(subject.content);
  return {
    serial: hex(serial.content.take(Math.min(serial.content.left, 64))).replace(/^00(?=.)/, ''),
    issuer: readName(issuer.content).text,
    subject: subjectName.text,
    commonName: subjectName.commonName,
    notBefore: notBefore ? timeOf(notBefore) : Number.NaN,
    notAfter: notAfter ? timeOf(notAfter) : Number.NaN,
    names: extensions.names,
    ...readKey(key.content),
    signature: signatureAlgorithms[signatureOid] ?? signatureOid,
    isCa: extensions.isCa,
    selfSigned: isSame && (!extensions.issuerKey || extensions.issuerKey === extensions.ownKey),
  };
}

/** RFC 4514 escapes what would be taken for structure; here only separators are. */
function readName(c: Cursor): { text: string; commonName: string } {
  let text = '';
  let commonName = '';
  for (let count = 0; c.left > 0 && count < maxAttributes; ) {
    const set = readElement(c);
    if (!set) break;
    for (let inSet = 0; set.content.left > 0 && count < maxAttributes; inSet++, count++) {
      const pair = readTagged(set.content, Tag.sequence)?.content;
      const oid = pair ? oidOf(pair) : '';
      const value = pair && readElement(pair);
      if (!value) break;
      const shown = stringOf(value);
      const name = attributes[oid] ?? oid;
      if (name === 'CN') commonName = shown;
      text += `${text === '' ? '' : inSet > 0 ? ' + ' : ', '}${name}=${shown.replace(/[\\,+]/g, '\\$&')}`;
    }
  }
  return { text, commonName };
}

/** A name on its own: issuers that a server accepts. */
export function distinguishedName(c: Cursor): string {
  const name = readTagged(c, Tag.sequence);
  return name ? readName(name.content).text : '';
}

function readKey(c: Cursor): Pick<Certificate, 'keyKind' | 'curve' | 'keyBits'> {
  const algorithm = readTagged(c, Tag.sequence)?.content;
  const oid = algorithm ? oidOf(algorithm) : '';
  const [keyKind, fixedBits] = keyKinds[oid] ?? [oid, 0];
  if (keyKind === 'EC' && algorithm) {
    const curveOid = oidOf(algorithm);
    const [curve, keyBits] = curves[curveOid] ?? [curveOid, 0];
    return { keyKind, curve, keyBits };
  }
  let keyBits = fixedBits;
  if (keyKind.startsWith('RSA')) {
    const bits = readTagged(c, Tag.bitString)?.content;
    bits?.skip(1); // unused bits
    const modulus = bits && readTagged(bits, Tag.sequence)?.content;
    const integer = modulus && readTagged(modulus, Tag.integer);
    if (integer) keyBits = bitLength(integer.content);
  } else if (keyKind === 'DSA' && algorithm) {
    const prime = readTagged(algorithm, Tag.sequence)?.content;
    const integer = prime && readTagged(prime, Tag.integer);
    if (integer) keyBits = bitLength(integer.content);
  }
  return { keyKind, curve: '', keyBits };
}

interface Extensions {
  names: string[];
  isCa: boolean;
  ownKey: string;
  issuerKey: string;
}

function readExtensions(tbs: Cursor): Extensions {
  const found: Extensions = { names: [], isCa: false, ownKey: '', issuerKey: '' };
  while (tbs.left > 0) {
    const part = readElement(tbs);
    if (!part) break;
    if (part.tag !== 0xa3) continue;
    const list = readTagged(part.content, Tag.sequence)?.content;
    for (let count = 0; list && list.left > 0 && count < maxExtensions; count++) {
      const extension = readTagged(list, Tag.sequence)?.content;
      if (!extension) break;
      const oid = oidOf(extension);
      readTagged(extension, Tag.boolean);
      const value = readTagged(extension, Tag.octetString)?.content;
      if (value) extensionReaders[oid]?.(value, found);
    }
  }
  return found;
}

const extensionReaders: Readonly<Record<string, (value: Cursor, found: Extensions) => void>> = {
  // Section 4.2.1.2: subject key identifier
  '2.5.29.14': (value, found) => {
    const id = readTagged(value, Tag.octetString)?.content;
    if (id) found.ownKey = hex(id.take(Math.min(id.left, 64)));
  },
  // Section 4.2.1.1: authority key identifier
  '2.5.29.35': (value, found) => {
    const sequence = readTagged(value, Tag.sequence)?.content;
    const id = sequence && readTagged(sequence, 0x80)?.content;
    if (id) found.issuerKey = hex(id.take(Math.min(id.left, 64)));
  },
  // Section 4.2.1.9: basic constraints
  '2.5.29.19': (value, found) => {
    const sequence = readTagged(value, Tag.sequence)?.content;
    const flag = sequence && readTagged(sequence, Tag.boolean)?.content;
    found.isCa = flag !== undefined && flag.u8() !== 0;
  },
  // Section 4.2.1.6: subject alternative names
  '2.5.29.17': (value, found) => {
    const sequence = readTagged(value, Tag.sequence)?.content;
    while (sequence && sequence.left > 0) {
      const name = readElement(sequence);
      if (!name) break;
      if (found.names.length >= maxNames) {
        found.names.push('...');
        break;
      }
      found.names.push(generalName(name));
    }
  },
};

function generalName({ tag, content }: Element): string {
  const { bytes, at, end, left } = content;
  const text = () => latin1(bytes, at, Math.min(end, at + 256));
  switch (tag) {
    case 0x81:
      return `email:${text()}`;
    case 0x82:
      return `DNS:${text()}`;
    case 0x86:
      return `URI:${text()}`;
    case 0x87:
      if (left === 4) return `IP:${formatIpv4(bytes, at)}`;
      if (left === 16) return `IP:${formatIpv6(bytes, at)}`;
      return 'IP:?';
    case 0xa4: {
      const sequence = readTagged(content, Tag.sequence)?.content;
      return `dirName:${sequence ? readName(sequence).text : '?'}`;
    }
    default:
      return 'other';
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * Does it hold for this host? RFC 9525 section 6.3: DNS names, a wildcard for the whole of the first label.
 * The common name counts where there is no DNS name at all, as clients older than that RFC have it.
 */
export function coversHost(certificate: Certificate, host: string): boolean {
  const names = certificate.names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
  const wanted = host.toLowerCase().replace(/\.$/, '');
  const candidates = names.length > 0 ? names : [certificate.commonName];
  return candidates.some((name) => {
    const pattern = name.toLowerCase().replace(/\.$/, '');
    if (!pattern.startsWith('*.')) return pattern === wanted;
    const dot = wanted.indexOf('.');
    return dot > 0 && pattern.slice(1) === wanted.slice(dot);
  });
}

/** What is wrong with it at this time (Unix seconds, undefined unknown) and for this host, in words. */
export function certificateProblems(
  certificate: Certificate,
  now: number | undefined,
  host: string | undefined,
): string[] {
  const problems: string[] = [];
  if (now !== undefined && now > certificate.notAfter) problems.push('expired');
  if (now !== undefined && now < certificate.notBefore) problems.push('not yet valid');
  if (certificate.selfSigned) problems.push('self-signed');
  if (host && !coversHost(certificate, host)) problems.push('name mismatch');
  return problems;
}

/** `RSA 2048`, `EC P-256` */
export function keyText({ keyKind, curve, keyBits }: Certificate): string {
  if (curve !== '') return `${keyKind} ${curve}`;
  return keyBits > 0 && /^(RSA|DSA)/.test(keyKind) ? `${keyKind} ${keyBits}` : keyKind;
}

/** ISO 8601; '?' when it cannot be read. */
export function dateText(seconds: number): string {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : '?';
}
