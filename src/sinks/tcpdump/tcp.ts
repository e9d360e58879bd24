/** TCP: RFC 9293. */
import { expectedChecksum, transportChecksum } from './checksum.ts';
import { hex4, visible } from './format.ts';
import type { Page } from './page.ts';
import { printTcpOptions } from './tcp-options.ts';
import { printTcpPayload } from './tcp-payload.ts';
import { add, find, type SeqTable, wanted } from './tcp-seq.ts';

const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;

/** `Flags [P.]` of every flag byte; `.` is ACK, E is ECE, W is CWR. */
const flagTexts = Array.from(
  { length: 256 },
  (_, bits) => `Flags [${[...'FSRP.UEW'].filter((_, bit) => bits & (1 << bit)).join('') || 'none'}]`,
);

/** @param length segment with its header, by the layer below */
export function printTcp(p: Page, at: number, length: number): void {
  p.protocol = 'tcp';
  const v6 = p.u8(p.ipAt) >> 4 === 6;
  const ip = p.ipAt;
  if (!p.has(at + 2, 2)) {
    p.text += v6 ? `${p.ip6(ip + 8)} > ${p.ip6(ip + 24)}:` : `${p.ip4(ip + 12)} > ${p.ip4(ip + 16)}:`;
    return p.cutMark();
  }
  const source = p.u16(at);
  const destination = p.u16(at + 2);
  const from = p.tcpPort(source);
  const to = p.tcpPort(destination);
  // Behind an extension header the addresses have been printed already.
  if (v6)
    p.text +=
      p.u8(ip + 6) === 6 ? `${p.ip6(ip + 8)}.${from} > ${p.ip6(ip + 24)}.${to}: ` : `${from} > ${to}: `;
  else
    p.text +=
      p.u8(ip + 9) === 6 ? `${p.ip4(ip + 12)}.${from} > ${p.ip4(ip + 16)}.${to}: ` : `${from} > ${to}: `;
  if (!p.has(at, 20)) return p.cutMark();

  const header = (p.u8(at + 12) >> 4) * 4;
  if (header < 20) {
    p.text += ` tcp ${(length - header) >>> 0} [bad hdr length ${header} - too short, < 20]`;
    return;
  }
  if (p.quiet) {
    p.text += `tcp ${(length - header) >>> 0}`;
    if (header > length) p.text += ` [bad hdr length ${header} - too long, > ${length}]`;
    return;
  }
  const flags = p.u8(at + 13);
  p.text += flagTexts[flags];
  let seq = p.u32(at + 4);
  let ack = p.u32(at + 8);
  // What selective acknowledgements are relative to.
  let sackBase = 0;
  if (!p.options.absoluteSeq && (flags & Flag.ack) !== 0) {
    const table = v6 ? p.seq6 : p.seq4;
    const reversed = wantConnection(p, v6, source, destination);
    let entry = find(table);
    if (entry < 0 || (flags & Flag.syn) !== 0) {
      if (entry < 0) entry = add(table);
      remember(table, entry, reversed, seq, (ack - 1) >>> 0);
    } else {
      seq = (seq - (reversed ? table.ack[entry]! : table.seq[entry]!)) >>> 0;
      ack = (ack - (reversed ? table.seq[entry]! : table.ack[entry]!)) >>> 0;
    }
    sackBase = reversed ? table.seq[entry]! : table.ack[entry]!;
  }
  if (header > length) {
    p.text += ` [bad hdr length ${header} - too long, > ${length}]`;
    return;
  }
  if (p.v > 0 && !p.fragmented && p.checksums && p.has(at, length)) {
    const sum = transportChecksum(p, at, length, 6);
    const stated = p.u16(at + 16);
    p.text += `, cksum 0x${hex4(stated)}`;
    p.text += sum === 0 ? ' (correct)' : ` (incorrect -> 0x${hex4(expectedChecksum(stated, sum))})`;
  }
  const data = length - header;
  if (data > 0 || p.v > 1 || (flags & (Flag.fin | Flag.syn | Flag.rst)) !== 0)
    p.text += data > 0 ? `, seq ${seq}:${(seq + data) >>> 0}` : `, seq ${seq}`;
  if ((flags & Flag.ack) !== 0) p.text += `, ack ${ack}`;
  p.text += `, win ${p.u16(at + 14)}`;
  if ((flags & Flag.urg) !== 0) p.text += `, urg ${p.u16(at + 18)}`;
  p.segmentEnd = at + length;
  if (header > 20 && !printTcpOptions(p, at + 20, header - 20, flags, sackBase)) return;
  p.text += `, length ${data}`;
  if (data === 0) return;
  if (!p.has(at, header)) {
    p.text += ` [remaining caplen(${p.left(at)}) < header length(${header})]`;
    p.need(at, header);
  }
  if ((flags & Flag.rst) !== 0 && p.v > 0) printResetReason(p, at + header, data);
  else printTcpPayload(p, at + header, data, source, destination);
}

/** Fills `wanted`; true when this direction is the second one of the entry. */
function wantConnection(p: Page, v6: boolean, source: number, destination: number): boolean {
  const { buf, ipAt } = p;
  const words = v6 ? 4 : 1;
  const from = ipAt + (v6 ? 8 : 12);
  const to = from + words * 4;
  p.need(from, words * 8);
  let reversed = source > destination;
  if (source === destination)
    for (let i = 0; i < words * 4; i++)
      if (buf[from + i] !== buf[to + i]) {
        reversed = buf[from + i]! > buf[to + i]!;
        break;
      }
  const first = reversed ? to : from;
  const second = reversed ? from : to;
  for (let i = 0; i < words; i++) {
    wanted[i] = p.u32(first + i * 4);
    wanted[words + i] = p.u32(second + i * 4);
  }
  wanted[words * 2] = reversed ? (destination << 16) | source : (source << 16) | destination;
  return reversed;
}

function remember(table: SeqTable, entry: number, reversed: boolean, seq: number, ack: number): void {
  table.seq[entry] = reversed ? ack : seq;
  table.ack[entry] = reversed ? seq : ack;
}

/** RFC 9293 section 3.5.3: a reset may say in text why. */
const maxReason = 30;

function printResetReason(p: Page, at: number, length: number): void {
  p.text += p.has(at, length) ? ' [RST' : ' [!RST';
  if (length > maxReason) p.text += '+';
  p.text += ' ';
  const end = Math.min(at + Math.min(length, maxReason), p.end);
  for (let i = at; i < end; i++) p.text += visible[p.buf[i]!];
  p.text += ']';
}
