/** DNS messages: RFC 1035. */
import { printQuestion, printRecord, skipName } from './dns-records.ts';
import { hex } from './format.ts';
import type { Page } from './page.ts';

const opcodes = [
  '',
  ' inv_q',
  ' stat',
  ' op3',
  ' notify',
  ' update',
  ' op6',
  ' op7',
  ' op8',
  ' updateA',
  ' updateD',
  ' updateDA',
  ' updateM',
  ' updateMA',
  ' zoneInit',
  ' zoneRef',
];

/** https://www.iana.org/assignments/dns-parameters; three lack the blank there. */
const responseCodes = [
  '',
  ' FormErr',
  ' ServFail',
  ' NXDomain',
  ' NotImp',
  ' Refused',
  ' YXDomain',
  ' YXRRSet',
  ' NXRRSet',
  ' NotAuth',
  ' NotZone',
  ' Resp11',
  ' Resp12',
  ' Resp13',
  ' Resp14',
  ' NoChange',
  ' BadVers',
  'Resp17',
  ' Resp18',
  ' Resp19',
  ' Resp20',
  'Resp21',
  ' Resp22',
  ' BadCookie',
];

const inverseQuery = 1;
const optType = 41;

export interface DnsCarrier {
  /** Messages on a stream have their length in front. */
  readonly tcp: boolean;
  /** RFC 6762: the top bit of a class means something else. */
  readonly multicast: boolean;
}

export function printDns(p: Page, at: number, length: number, { tcp, multicast }: DnsCarrier): void {
  p.protocol = 'domain';
  if (tcp) {
    if (length < 2) {
      p.text += ` [DNS over TCP: length ${length} < 2]`;
      return p.invalid();
    }
    length -= 2;
    const stated = p.u16(at);
    if (stated !== length) {
      p.text += ` [prefix length(${stated}) != length(${length})]`;
      return p.invalid();
    }
    at += 2;
    p.text += ' ';
  }
  if (length < 12) {
    p.text += `domain [length ${length} < 12]`;
    return p.invalid();
  }
  if (!p.has(at, 12)) return p.cutMark();
  const flags = p.u16(at + 2);
  const whole =
    (flags & 0x8000) !== 0 ? printResponse(p, at, flags, multicast) : printQuery(p, at, flags, multicast);
  if (whole) p.text += ` (${length})`;
  else p.cutMark();
}

/** @returns false when it was cut */
function printResponse(p: Page, at: number, flags: number, multicast: boolean): boolean {
  const questions = p.u16(at + 4);
  const code = responseCode(p, at, flags);
  p.text +=
    `${p.u16(at)}${opcodes[(flags >> 11) & 15]}${responseCodes[code] ?? ` Resp${code}`}` +
    `${flags & 0x400 ? '*' : ''}${flags & 0x80 ? '' : '-'}${flags & 0x200 ? '|' : ''}${flags & 0x20 ? '$' : ''}`;
  if (questions !== 1) p.text += ` [${questions}q]`;
  let next = at + 12;
  for (let i = 0; i < questions; i++) {
    if (i > 0) p.text += ',';
    if (p.v > 1) {
      p.text += ' q:';
      next = printQuestion(p, next, at, multicast);
    } else {
      next = skipName(p, next);
      if (next >= 0) next += 4;
    }
    if (next < 0) return false;
  }
  const answers = p.u16(at + 6);
  const authorities = p.u16(at + 8);
  const additional = p.u16(at + 10);
  p.text += ` ${answers}/${authorities}/${additional}`;
  next = printSection(p, next, at, answers, '', multicast, true);
  if (next < 0 || p.v < 2) return next >= 0;
  next = printSection(p, next, at, authorities, ' ns:', multicast, false);
  return next >= 0 && printSection(p, next, at, additional, ' ar:', multicast, false) >= 0;
}

function printQuery(p: Page, at: number, flags: number, multicast: boolean): boolean {
  const questions = p.u16(at + 4);
  const answers = p.u16(at + 6);
  const authorities = p.u16(at + 8);
  const additional = p.u16(at + 10);
  const opcode = (flags >> 11) & 15;
  p.text += `${p.u16(at)}${opcodes[opcode]}${flags & 0x100 ? '+' : ''}${flags & 0x10 ? '%' : ''}`;
  // Bits a query has no use for.
  if ((flags & 0x6cf) !== 0) p.text += ` [b2&3=0x${hex(flags)}]`;
  if (opcode === inverseQuery) {
    if (questions > 0) p.text += ` [${questions}q]`;
    if (answers !== 1) p.text += ` [${answers}a]`;
  } else {
    if (answers > 0) p.text += ` [${answers}a]`;
    if (questions !== 1) p.text += ` [${questions}q]`;
  }
  if (authorities > 0) p.text += ` [${authorities}n]`;
  if (additional > 0) p.text += ` [${additional}au]`;
  let next = at + 12;
  for (let left = questions; left > 0; left--) {
    if (left < questions && next >= p.end) return false;
    next = printQuestion(p, next, at, multicast);
    if (next < 0) return false;
  }
  if (p.v < 2) return true;
  next = printSection(p, next, at, answers, '', multicast, true);
  if (next >= 0) next = printSection(p, next, at, authorities, ' ns:', multicast, false);
  return next >= 0 && printSection(p, next, at, additional, ' ar:', multicast, false) >= 0;
}

/**
 * Records of one section, `title` before them.
 * @param always begin the first record, even where nothing is left
 * @returns offset of the next section, -1 when it was cut
 */
function printSection(
  p: Page,
  at: number,
  message: number,
  count: number,
  title: string,
  multicast: boolean,
  always: boolean,
): number {
  for (let i = 0; i < count; i++) {
    if (at >= p.end && !(always && i === 0)) return -1;
    p.text += i === 0 ? title : ',';
    at = printRecord(p, at, message, multicast);
    if (at < 0) return -1;
  }
  return at;
}

/** The response code with the upper bits of an OPT record (RFC 6891 section 6.1.3), when one is in reach. */
function responseCode(p: Page, at: number, flags: number): number {
  const code = flags & 15;
  let next = at + 12;
  for (let i = p.u16(at + 4); i > 0; i--) {
    next = skipName(p, next);
    if (next < 0 || next + 4 >= p.end) return code;
    next += 4;
  }
  for (let i = p.u16(at + 6) + p.u16(at + 8); i > 0; i--) {
    next = skipName(p, next);
    if (next < 0 || next + 10 > p.end) return code;
    next += 10 + p.u16(next + 8);
    if (next >= p.end) return code;
  }
  for (let i = p.u16(at + 10); i > 0; i--) {
    next = skipName(p, next);
    if (next < 0 || next + 2 > p.end) return code;
    const type = p.u16(next);
    if (next + 5 > p.end) return code;
    if (type === optType) return code | (p.u8(next + 4) << 4);
    if (next + 10 > p.end) return code;
    next += 10 + p.u16(next + 8);
    if (next >= p.end) return code;
  }
  return code;
}
