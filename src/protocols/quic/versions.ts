/** Versions of QUIC: what their initial keys are made of, and by what numbers their packets go. */

export interface Version {
  readonly name: string;
  /** Known to everyone: RFC 9001 section 5.2, RFC 9369 section 3.3.1. Several where it is not told which. */
  readonly salts: readonly string[];
  /** What the labels of keys begin with. */
  readonly label: 'quic' | 'quicv2';
  /** Packet types by the two bits of the first byte. */
  readonly types: readonly PacketType[];
  /** Of the Retry's integrity tag: RFC 9001 section 5.8, RFC 9369 section 3.3.3. */
  readonly retryKey: string;
  readonly retryNonce: string;
}

export type PacketType = 'initial' | '0rtt' | 'handshake' | 'retry';

const types: readonly PacketType[] = ['initial', '0rtt', 'handshake', 'retry'];
/** RFC 9369 section 3.2: shifted, so that nobody relies on them. */
const typesV2: readonly PacketType[] = ['retry', 'initial', '0rtt', 'handshake'];

const v1: Version = {
  name: 'v1',
  salts: ['38762cf7f55934b34d179ae6a4c80cadccbb7f0a'],
  label: 'quic',
  types,
  retryKey: 'be0c690b9f66575a1d766b54e368c84e',
  retryNonce: '461599d35d632bf2239825bb',
};
const v2: Version = {
  name: 'v2',
  salts: ['0dede3def700a6db819381be6e269dcbf9bd2ed9'],
  label: 'quicv2',
  types: typesV2,
  retryKey: '8fb4b01b56ac48e260fbcbcead7ccc92',
  retryNonce: 'd86969bc2d7c6d9990efb04a',
};
/** ngtcp2 as Debian 12 has it speaks this draft of it. */
const v2draft: Version = {
  ...v2,
  name: 'v2 (draft)',
  salts: ['a707c203a59b47184a1d62ca570406ea7ae3e5d3'],
  retryKey: 'ba858dc7b43de5dbf87617ff4ab253db',
  retryNonce: '141b99c239b03e785d6a2e9f',
};
/** Drafts still heard: their salts changed now and then. */
const draft29 = {
  ...v1,
  salts: ['afbfec289993d24c9e9786f19c6111e04390a899'],
  retryKey: 'ccce187ed09a09d05728155a6cb96be1',
  retryNonce: 'e54930f97f2136f0530a8c1c',
};
const draft23 = { ...v1, salts: ['c3eef712c72ebb5a11a7d2432bb46365bef9f502'], retryKey: '', retryNonce: '' };

/** A made-up version is refused, but what it is encrypted with is what the client speaks in truth. */
const reserved: Version = { ...v1, name: 'GREASE', salts: [...v1.salts, ...draft29.salts] };

/** undefined: a version whose initial packets we cannot read. */
export function versionOf(version: number): Version | undefined {
  if (version === 1) return v1;
  if (isReserved(version)) return reserved;
  if (version === 0x6b3343cf) return v2;
  if (version === 0x709a50c4) return v2draft;
  if (version >>> 8 === 0xff0000) {
    const draft = version & 255;
    if (draft >= 33 && draft <= 34) return { ...v1, name: `draft ${draft}` };
    if (draft >= 29 && draft <= 32) return { ...draft29, name: `draft ${draft}` };
    if (draft >= 23 && draft <= 28) return { ...draft23, name: `draft ${draft}` };
  }
  // Facebook's mvfst, on draft 27.
  if (version === 0xfaceb002 || version === 0xfaceb00e) return { ...draft23, name: 'mvfst (draft 27)' };
  return undefined;
}

/** RFC 9000 section 15: reserved, sent to make the other side negotiate. */
export function isReserved(version: number): boolean {
  return (version & 0x0f0f0f0f) === 0x0a0a0a0a;
}

/** Long headers of these have the form of RFC 8999, though their rest is not read. */
function otherName(version: number): string | undefined {
  const text = String.fromCharCode(
    version >>> 24,
    (version >>> 16) & 255,
    (version >>> 8) & 255,
    version & 255,
  );
  // Google's own versions with that header.
  if (/^(Q04[6-9]|Q05\d|T05\d)$/.test(text)) return text;
  if (version >>> 4 === 0xfaceb00) return `mvfst 0x${version.toString(16)}`;
  if (version >>> 8 === 0xff0000 && (version & 255) >= 14) return `draft ${version & 255}`;
  return undefined;
}

export function isKnown(version: number): boolean {
  return versionOf(version) !== undefined || otherName(version) !== undefined;
}

export function versionName(version: number): string {
  if (isReserved(version)) return 'GREASE';
  return versionOf(version)?.name ?? otherName(version) ?? `0x${version.toString(16).padStart(8, '0')}`;
}
