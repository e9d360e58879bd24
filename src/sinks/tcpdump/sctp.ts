/** SCTP: RFC 9260. */
import { hex } from './format.ts';
import { printDefault } from './hex.ts';
import type { Page } from './page.ts';

const Chunk = { data: 0, init: 1, initAck: 2, sack: 3 } as const;

/** https://www.iana.org/assignments/sctp-parameters */
const chunkNames = new Map<number, string>([
  [0x00, 'DATA'],
  [0x01, 'INIT'],
  [0x02, 'INIT ACK'],
  [0x03, 'SACK'],
  [0x04, 'HB REQ'],
  [0x05, 'HB ACK'],
  [0x06, 'ABORT'],
  [0x07, 'SHUTDOWN'],
  [0x08, 'SHUTDOWN ACK'],
  [0x09, 'OP ERR'],
  [0x0a, 'COOKIE ECHO'],
  [0x0b, 'COOKIE ACK'],
  [0x0c, 'ECN ECHO'],
  [0x0d, 'ECN CWR'],
  [0x0e, 'SHUTDOWN COMPLETE'],
  [0xc0, 'FOR CUM TSN'],
  [0xc1, 'REL CTRL'],
  [0xc2, 'REL CTRL ACK'],
]);

/** Payload protocol identifiers, the same registry. */
const payloadNames = new Map<number, string>([
  ...(
    'ISDN Q.921,M2UA,M3UA,SUA,M2PA,V5.2,H.248,BICC,TALI,DUA,ASAP,ENRP,H.323,Q.IPC,SIMCO,DDPSC,DDPSSC,S1AP,RUA,' +
    'HNBAP,ForCES HP,ForCES MP,ForCES LP,SBc-AP,NBAP'
  )
    .split(',')
    .map((name, i): [number, string] => [i + 1, name]),
  [27, 'X2AP'],
]);

/** RFC 5811. */
const forcesNames = new Map<number, string>([
  [6704, 'ForCES HP'],
  [6705, 'ForCES MP'],
  [6706, 'ForCES LP'],
]);

export function printSctp(p: Page, at: number, length: number): void {
  p.protocol = 'sctp';
  if (length < 12) {
    p.text += `truncated-sctp - ${12 - length} bytes missing!`;
    return;
  }
  if (!p.has(at, 12)) return p.cutMark();
  const source = p.u16(at);
  const destination = p.u16(at + 2);
  const ip = p.ipAt;
  p.text +=
    p.u8(ip) >> 4 === 6
      ? `${p.ip6(ip + 8)}.${source} > ${p.ip6(ip + 24)}.${destination}: sctp`
      : `${p.ip4(ip + 12)}.${source} > ${p.ip4(ip + 16)}.${destination}: sctp`;
  for (const port of [source, destination]) if (forcesNames.has(port)) p.text += `[${forcesNames.get(port)}]`;
  if (!printChunks(p, at + 12, length - 12)) p.cutMark();
}

/** @returns false when a chunk was cut */
function printChunks(p: Page, at: number, left: number): boolean {
  let separator = p.v >= 2 ? '\n\t' : ' (';
  for (let count = 1; left !== 0; count++) {
    const label = `${separator}${count}) `;
    if (left < 4) {
      p.text += `${label}[chunk descriptor cut off at end of packet]`;
      return true;
    }
    if (!p.has(at, 4)) return false;
    const size = p.u16(at + 2);
    if (size < 4) {
      p.text += `${label}[Bad chunk length ${size}, < size of chunk descriptor]`;
      return true;
    }
    const padding = (4 - (size % 4)) % 4;
    if (left < padding) {
      p.text += `${label}[Bad chunk length ${size}, > remaining data in packet]`;
      return true;
    }
    if (!p.has(at, size)) return false;
    const type = p.u8(at);
    p.text += `${label}[${chunkNames.get(type) ?? `Unknown chunk type: 0x${hex(type)}`}] `;
    if (!printChunk(p, type, at, size)) {
      p.text += `bogus chunk length ${size}]`;
      return true;
    }
    if (p.v < 2) separator = ', (';
    if (padding !== 0 && !p.has(at + size, padding)) return false;
    at += size + padding;
    // A chunk beyond the packet's end: unsigned there, the captured bytes are the limit then.
    left = (left - size - padding) >>> 0;
  }
  return true;
}

/** @returns false when the chunk is too short for its type */
function printChunk(p: Page, type: number, at: number, size: number): boolean {
  const body = at + 4;
  const end = at + size;
  switch (type) {
    case Chunk.data:
      return printData(p, at, size);
    case Chunk.init:
    case Chunk.initAck:
      if (size < 20) return false;
      p.text +=
        `[init tag: ${p.u32(body)}] [rwnd: ${p.u32(body + 4)}] [OS: ${p.u16(body + 8)}] ` +
        `[MIS: ${p.u16(body + 10)}] [init TSN: ${p.u32(body + 12)}] `;
      return true;
    case Chunk.sack:
      return size >= 16 && printSack(p, body, end);
    default:
      return true;
  }
}

function printData(p: Page, at: number, size: number): boolean {
  const flags = p.u8(at + 1);
  if ((flags & 4) !== 0) p.text += '(U)';
  if ((flags & 2) !== 0) p.text += '(B)';
  if ((flags & 1) !== 0) p.text += '(E)';
  if ((flags & 7) !== 0) p.text += ' ';
  if (size < 16) return false;
  const protocol = p.u32(at + 12);
  p.text +=
    `[TSN: ${p.u32(at + 4)}] [SID: ${p.u16(at + 8)}] [SSEQ ${p.u16(at + 10)}] ` +
    `[PPID ${payloadNames.get(protocol) ?? `0x${hex(protocol)}`}] `;
  if (size === 16) return false;
  if (p.v < 2) return true;
  p.text += p.payloadsHidden ? '[Payload' : '[Payload:';
  printDefault(p, at + 16, size - 16);
  p.text += ']';
  return true;
}

function printSack(p: Page, at: number, end: number): boolean {
  const acked = p.u32(at);
  const gaps = p.u16(at + 8);
  const doubles = p.u16(at + 10);
  p.text += `[cum ack ${acked}] [a_rwnd ${p.u32(at + 4)}] [#gap acks ${gaps}] [#dup tsns ${doubles}] `;
  at += 12;
  for (let i = 1; i <= gaps && at !== end; i++, at += 4) {
    if (end - at < 4) return false;
    const first = (acked + p.u16(at)) >>> 0;
    p.text += `\n\t\t[gap ack block #${i}: start = ${first}, end = ${(acked + p.u16(at + 2)) >>> 0}] `;
  }
  for (let i = 1; i <= doubles && at !== end; i++, at += 4) {
    if (end - at < 4) return false;
    p.text += `\n\t\t[dup TSN #${i}: ${p.u32(at)}] `;
  }
  return true;
}
