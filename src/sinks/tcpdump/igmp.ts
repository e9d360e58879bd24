/** IGMP: RFC 1112, RFC 2236, RFC 3376. */
import { checksum } from './checksum.ts';
import { hex, spanText } from './format.ts';
import type { Page } from './page.ts';

/** Group records' types, of MLDv2 (RFC 3810) too. */
export const recordTypes = ['', 'is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block'];

export function printIgmp(p: Page, at: number, length: number): void {
  p.protocol = 'igmp';
  if (p.quiet) {
    p.text += 'igmp';
    return;
  }
  const type = p.u8(at);
  switch (type) {
    case 0x11:
      p.text += 'igmp query';
      if (length >= 12) printQuery3(p, at, length);
      else printQuery(p, at, length);
      break;
    case 0x12:
      p.text += `igmp v1 report ${p.ip4(at + 4)}`;
      if (length !== 8) p.text += ` [len ${length}]`;
      break;
    case 0x16:
      p.text += `igmp v2 report ${p.ip4(at + 4)}`;
      break;
    case 0x22:
      p.text += 'igmp v3 report';
      printReport3(p, at, length);
      break;
    case 0x17:
      p.text += `igmp leave ${p.ip4(at + 4)}`;
      break;
    case 0x13:
      // DVMRP and PIMv1 have printers of their own in tcpdump.
      p.text += 'igmp dvmrp';
      if (length < 8) p.text += ` [len ${length}]`;
      break;
    case 0x14:
      p.text += 'igmp pimv1';
      break;
    case 0x1e:
    case 0x1f:
      printTrace(p, type === 0x1e ? 'mresp' : 'mtrace', at, length);
      break;
    default:
      p.text += `igmp-${type}`;
  }
  if (p.v > 0 && length >= 4 && p.has(at, length) && checksum(p.buf, at, length) !== 0)
    p.text += ` bad igmp cksum ${hex(p.u16(at + 2))}!`;
}

function printQuery(p: Page, at: number, length: number): void {
  const tenths = p.u8(at + 1);
  p.text += tenths > 0 ? ' v2' : ' v1';
  if (tenths > 0 && tenths !== 100) p.text += ` [max resp time ${tenths}]`;
  if (p.u32(at + 4) !== 0) p.text += ` [gaddr ${p.ip4(at + 4)}]`;
  if (length !== 8) p.text += ` [len ${length}]`;
}

function printQuery3(p: Page, at: number, length: number): void {
  p.text += ' v3';
  if ((length & 3) !== 0) {
    p.text += ` [invalid len ${length}]`;
    return;
  }
  const code = p.u8(at + 1);
  // Above 127 a small floating point number.
  const tenths = code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
  if (code !== 100)
    p.text += ` [max resp time ${tenths < 600 ? `${(tenths * 0.1).toFixed(1)}s` : spanText(Math.floor(tenths / 10))}]`;
  if (p.u32(at + 4) === 0) return;
  p.text += ` [gaddr ${p.ip4(at + 4)}`;
  const sources = p.u16(at + 10);
  if (sources > 0) {
    if (length < 12 + sources * 4) p.text += ' [invalid number of sources]';
    else if (p.v > 1) printSources(p, at + 12, sources);
    else p.text += `, ${sources} source(s)`;
  }
  p.text += ']';
}

function printSources(p: Page, at: number, count: number): void {
  p.text += ' {';
  for (let i = 0; i < count; i++) p.text += ` ${p.ip4(at + 4 * i)}`;
  p.text += ' }';
}

function printReport3(p: Page, at: number, length: number): void {
  if (length < 16 || (length & 3) !== 0) {
    p.text += ` [invalid len ${length}]`;
    return;
  }
  const count = p.u16(at + 6);
  p.text += `, ${count} group record(s)`;
  if (p.v === 0) return;
  let record = 8;
  for (let i = 0; i < count; i++) {
    if (length < record + 8) {
      p.text += ' [invalid number of groups]';
      return;
    }
    p.text += ` [gaddr ${p.ip4(at + record + 4)}`;
    const type = p.u8(at + record);
    p.text += ` ${recordTypes[type] || ` [v3-report-#${type}]`}`;
    const sources = p.u16(at + record + 2);
    if (length < record + 8 + sources * 4) {
      p.text += ` [invalid number of sources ${sources}]`;
      return;
    }
    if (p.v === 1) p.text += `, ${sources} source(s)`;
    else printSources(p, at + record + 8, sources);
    record += 8 + sources * 4;
    p.text += ']';
  }
}

/** draft-ietf-idmr-traceroute-ipm. */
function printTrace(p: Page, name: string, at: number, length: number): void {
  if (length < 24) {
    p.text += ` [invalid len ${length}]`;
    return;
  }
  p.text += `${name} ${p.u24(at + 21)}: ${p.ip4(at + 8)} to ${p.ip4(at + 12)} reply-to ${p.ip4(at + 16)}`;
  if (p.u8(at + 16) >> 4 === 14) p.text += ` with-ttl ${p.u8(at + 20)}`;
}
