/** What ICMP errors mean for the connection they are about. */
import type { IcmpError } from '../model/index.ts';
import type { Half } from './connection.ts';

type Said = Pick<IcmpError, 'version' | 'type' | 'code'>;

/** Types that say a packet did not get there: RFC 792, RFC 4443 section 3. */
const unreachable = { 4: 3, 6: 1 } as const;
const exceeded = { 4: 11, 6: 3 } as const;
const badParameter = { 4: 12, 6: 4 } as const;
/** ICMP's 'fragmentation needed' is a code of unreachable: the sender sends smaller ones (RFC 1191). */
const fragmentationNeeded = 4;

/** It did not get there, and sending it again in smaller pieces or later will not help. */
export function isUndeliverable({ version, type, code }: Said): boolean {
  if (type === unreachable[version]) return version === 6 || code !== fragmentationNeeded;
  return type === exceeded[version] || type === badParameter[version];
}

/** The host itself says that nobody listens: RFC 792 code 3, RFC 4443 code 4. */
export function isPortUnreachable({ version, type, code }: Said): boolean {
  return type === unreachable[version] && code === (version === 4 ? 3 : 4);
}

/** Whether that sequence number was sent: who forges an error has to guess it (RFC 5927 section 4.1). */
export function mayBeAbout(half: Half, seq: number): boolean {
  if (half.synSeen && ((seq - half.isn) | 0) < 0) return false;
  if (half.maxSeen) return ((seq - half.maxSeq) | 0) <= 0;
  return !half.synSeen || ((seq - half.isn) | 0) <= 1;
}
