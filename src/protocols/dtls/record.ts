/** Records of a datagram (RFC 6347 section 4.1, RFC 9147 section 4) and handshake fragments (RFC 6347 section 4.2.2). */
import { u16, u24 } from '../../util/bytes.ts';

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** RFC 9147 section 4: of encrypted records in DTLS 1.3; the first byte is 001CSLEE. */
export const unified = 0;

const headerLength = 13;
const fragmentHeaderLength = 12;

export interface DtlsRecord {
  /** `unified`: DTLS 1.3, encrypted. */
  readonly type: number;
  readonly epoch: number;
  readonly payload: Uint8Array;
}

/** DTLS 1.0, 1.2, and what OpenSSL called 1.0 before it was. */
function isVersion(version: number): boolean {
  return version === 0xfeff || version === 0xfefd || version === 0x0100;
}

export function isRecord(b: Uint8Array, at: number): boolean {
  if (b.length - at < headerLength) return false;
  const type = b[at]!;
  if (type < ContentType.changeCipherSpec || type > 25 || !isVersion(u16(b, at + 1))) return false;
  const length = u16(b, at + 11);
  return length > 0 && at + headerLength + length <= b.length;
}

/** All of a datagram; undefined where it is no DTLS. `mayBeUnified`: DTLS 1.3 was agreed on. */
export function readRecords(b: Uint8Array, mayBeUnified: boolean): DtlsRecord[] | undefined {
  const records: DtlsRecord[] = [];
  let at = 0;
  while (at < b.length) {
    if (isRecord(b, at)) {
      const end = at + headerLength + u16(b, at + 11);
      records.push({ type: b[at]!, epoch: u16(b, at + 3), payload: b.subarray(at + headerLength, end) });
      at = end;
    } else if (mayBeUnified && b[at]! >> 5 === 1) {
      // Without a length it reaches to the end of the datagram; connection ids have lengths we do not know.
      const first = b[at]!;
      const hasLength = (first & 0x04) !== 0 && (first & 0x10) === 0;
      const lengthAt = at + 1 + (first & 0x08 ? 2 : 1);
      const isTold = hasLength && lengthAt + 2 <= b.length;
      const from = Math.min(b.length, lengthAt + (isTold ? 2 : 0));
      const end = isTold ? Math.min(b.length, from + u16(b, lengthAt)) : b.length;
      records.push({ type: unified, epoch: 2, payload: b.subarray(from, end) });
      at = end;
    } else return records.length > 0 ? records : undefined;
  }
  return records;
}

export interface Fragment {
  readonly type: number;
  readonly length: number;
  readonly sequence: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export function readFragments(payload: Uint8Array): Fragment[] {
  const fragments: Fragment[] = [];
  for (let at = 0; at + fragmentHeaderLength <= payload.length; ) {
    const size = u24(payload, at + 9);
    const from = at + fragmentHeaderLength;
    if (from + size > payload.length) break;
    fragments.push({
      type: payload[at]!,
      length: u24(payload, at + 1),
      sequence: u16(payload, at + 4),
      offset: u24(payload, at + 6),
      bytes: payload.subarray(from, from + size),
    });
    at = from + size;
  }
  return fragments;
}
