/** SNMP: RFC 1157, RFC 3416, RFC 3412, RFC 3414. */
import { Kind, print, printOctets, printString, type Reader, read, reader } from './ber.ts';
import type { Page } from './page.ts';

const Pdu = {
  get: 0,
  getNext: 1,
  response: 2,
  set: 3,
  trap: 4,
  getBulk: 5,
  inform: 6,
  trap2: 7,
  report: 8,
} as const;

const errors = (
  'noError tooBig noSuchName badValue readOnly genErr noAccess wrongType wrongLength wrongEncoding wrongValue ' +
  'noCreation inconsistentValue resourceUnavailable commitFailed undoFailed authorizationError notWritable ' +
  'inconsistentName'
).split(' ');
const traps =
  'coldStart warmStart linkDown linkUp authenticationFailure egpNeighborLoss enterpriseSpecific'.split(' ');
const enterpriseTrap = 6;
const versions = new Map<number, string>([
  [0, 'SNMPv1'],
  [1, 'SNMPv2c'],
  [3, 'SNMPv3'],
]);

/** Reads an element of this kind; false, with the reason printed, for another one. */
function expect(p: Page, r: Reader, kind: Reader['kind'], wrong: string): boolean {
  if (!read(p, r)) return false;
  if (r.kind === kind) return true;
  p.text += `[${wrong}]`;
  print(p, r);
  return false;
}

const inside = (r: Reader) => reader(r.start, r.length);

export function printSnmp(p: Page, at: number, length: number): void {
  p.protocol = 'snmp';
  p.text += ' ';
  const outer = reader(at, length);
  if (!expect(p, outer, Kind.sequence, '!init SEQ')) return;
  if (outer.left > 0) p.text += `[${outer.left} extra after iSEQ]`;
  const r = inside(outer);
  if (!expect(p, r, Kind.integer, 'version!=INT')) return;
  const version = r.value as number;
  const name = versions.get(version);
  if (name === undefined) {
    p.text += `SNMP [version = ${version}]`;
    return;
  }
  if (p.v > 0) p.text += `{ ${name} `;
  if (version === 3) printMessage3(p, r);
  else printCommunity(p, r, version);
  if (p.v > 0) p.text += '} ';
}

function printCommunity(p: Page, r: Reader, version: number): void {
  if (!expect(p, r, Kind.string, 'comm!=STR')) return;
  if (!isPublic(p, r)) {
    p.text += 'C=';
    printString(p, r);
    p.text += ' ';
  }
  printPdu(p, r, version);
}

const defaultCommunity = [...new TextEncoder().encode('public')];
const isPublic = (p: Page, r: Reader) =>
  r.length === defaultCommunity.length && defaultCommunity.every((byte, i) => p.buf[r.start + i] === byte);

function printPdu(p: Page, r: Reader, version: number): void {
  if (!read(p, r)) return;
  if (r.kind !== Kind.pdu) {
    p.text += '[no PDU]';
    return;
  }
  if (r.left > 0) p.text += `[${r.left} extra after PDU]`;
  if (p.v > 0) p.text += '{ ';
  print(p, r);
  p.text += ' ';
  const { id } = r;
  if (version === 0 && id > Pdu.trap) {
    p.text += '[v2 PDU in v1 message]';
    return;
  }
  if (version === 1 && id === Pdu.trap) {
    p.text += '[v1 PDU in v2 message]';
    return;
  }
  if (id === Pdu.trap) printTrap(p, inside(r));
  else printRequest(p, id, inside(r));
  if (p.v > 0) p.text += ' } ';
}

/** These have no error of their own. */
const silent: readonly number[] = [Pdu.get, Pdu.getNext, Pdu.set, Pdu.inform, Pdu.trap2, Pdu.report];
const errorName = (value: number) => errors[value] ?? `err=${value >>> 0}`;

function printRequest(p: Page, id: number, r: Reader): void {
  if (!expect(p, r, Kind.integer, 'reqId!=INT')) return;
  if (p.v > 0) p.text += `R=${r.value} `;
  if (!expect(p, r, Kind.integer, 'errorStatus!=INT')) return;
  const status = r.value as number;
  const bulk = id === Pdu.getBulk;
  let error = 0;
  if (silent.includes(id) && status !== 0) p.text += `[errorStatus(${errorName(status)})!=0]`;
  else if (bulk) p.text += ` N=${status}`;
  else if (status !== 0) {
    p.text += ` ${errorName(status)}`;
    error = status;
  }
  if (!expect(p, r, Kind.integer, 'errorIndex!=INT')) return;
  const index = r.value as number;
  if (silent.includes(id) && index !== 0) p.text += `[errorIndex(${index})!=0]`;
  else if (bulk) p.text += ` M=${index}`;
  else if (index !== 0) p.text += error === 0 ? `[errorIndex(${index}) w/o errorStatus]` : `@${index}`;
  else if (error !== 0) p.text += '[errorIndex==0]';
  printVariables(p, id, r);
}

function printTrap(p: Page, r: Reader): void {
  p.text += ' ';
  if (!expect(p, r, Kind.oid, 'enterprise!=OID')) return;
  print(p, r);
  p.text += ' ';
  if (!expect(p, r, Kind.address, 'agent-addr!=INETADDR')) return;
  print(p, r);
  if (!expect(p, r, Kind.integer, 'generic-trap!=INT')) return;
  const generic = r.value as number;
  p.text += ` ${traps[generic] ?? `gt=${generic}`}`;
  if (!expect(p, r, Kind.integer, 'specific-trap!=INT')) return;
  if (generic === enterpriseTrap) p.text += ` s=${r.value}`;
  else if (r.value !== 0) p.text += `[specific-trap(${r.value})!=0]`;
  p.text += ' ';
  // A 64-bit counter is of another kind there.
  if (!expect(p, r, Kind.unsigned, 'time-stamp!=TIMETICKS')) return;
  print(p, r);
  printVariables(p, Pdu.trap, r);
}

function printVariables(p: Page, id: number, outer: Reader): void {
  if (!expect(p, outer, Kind.sequence, '!SEQ of varbind')) return;
  if (outer.left > 0) p.text += `[${outer.left} extra after SEQ of varbind]`;
  const asked = id === Pdu.get || id === Pdu.getNext || id === Pdu.getBulk;
  const list = inside(outer);
  while (list.left > 0) {
    p.text += ' ';
    if (!expect(p, list, Kind.sequence, '!varbind')) return;
    const r = inside(list);
    if (!expect(p, r, Kind.oid, 'objName!=OID')) return;
    print(p, r);
    if (!asked) p.text += '=';
    if (!read(p, r)) return;
    if (r.kind === Kind.null) continue;
    if (asked) p.text += '[objVal!=NULL]';
    print(p, r);
  }
}

/** RFC 3412 section 6: authenticated, private, reportable. */
const knownFlags: readonly number[] = [0, 1, 3, 4, 5, 7];
/** RFC 3414. */
const userModel = 3;

/** tcpdump holds what is left against the last element's own length. */
function printExtra(p: Page, before: number, { left }: Reader, what: string): void {
  const size = before - left;
  if (size < left) p.text += `[${left - size} extra after ${what} SEQ]`;
}

function printMessage3(p: Page, outer: Reader): void {
  const end = outer.at + outer.left;
  if (!expect(p, outer, Kind.sequence, '!message')) return;
  const r = inside(outer);
  if (p.v > 0) p.text += '{ ';
  if (!expect(p, r, Kind.integer, 'msgID!=INT')) return;
  if (!expect(p, r, Kind.integer, 'msgMaxSize!=INT')) return;
  if (!expect(p, r, Kind.string, 'msgFlags!=STR')) return;
  if (r.length !== 1) {
    p.text += `[msgFlags size ${r.length}]`;
    return;
  }
  const flags = p.u8(r.start);
  if (!knownFlags.includes(flags)) {
    p.text += `[msgFlags=0x${flags.toString(16).padStart(2, '0').toUpperCase()}]`;
    return;
  }
  p.text += `F=${flags & 1 ? 'a' : ''}${flags & 2 ? 'p' : ''}${flags & 4 ? 'r' : ''} `;
  const before = r.left;
  if (!expect(p, r, Kind.integer, 'msgSecurityModel!=INT')) return;
  const model = r.value as number;
  printExtra(p, before, r, 'message');
  if (p.v > 0) p.text += '} ';
  if (model !== userModel) {
    p.text += `[security model ${model}]`;
    return;
  }
  if (p.v > 0) p.text += '{ USM ';
  // What follows is read from behind the last element, not from behind the sequence.
  const next = reader(r.at, end - r.at);
  if (!expect(p, next, Kind.string, 'msgSecurityParameters!=STR')) return;
  printUser(p, inside(next));
  if (p.v > 0) p.text += '} ';
  if (p.v > 0) p.text += '{ ScopedPDU ';
  printScoped(p, next);
  if (p.v > 0) p.text += '} ';
}

function printUser(p: Page, outer: Reader): void {
  if (!expect(p, outer, Kind.sequence, '!usm')) return;
  const r = inside(outer);
  if (!expect(p, r, Kind.string, 'msgAuthoritativeEngineID!=STR')) return;
  if (!expect(p, r, Kind.integer, 'msgAuthoritativeEngineBoots!=INT')) return;
  if (p.v > 0) p.text += `B=${r.value} `;
  if (!expect(p, r, Kind.integer, 'msgAuthoritativeEngineTime!=INT')) return;
  if (p.v > 0) p.text += `T=${r.value} `;
  if (!expect(p, r, Kind.string, 'msgUserName!=STR')) return;
  p.text += 'U=';
  printString(p, r);
  p.text += ' ';
  if (!expect(p, r, Kind.string, 'msgAuthenticationParameters!=STR')) return;
  const before = r.left;
  if (!expect(p, r, Kind.string, 'msgPrivacyParameters!=STR')) return;
  printExtra(p, before, r, 'usm');
}

function printScoped(p: Page, outer: Reader): void {
  if (!expect(p, outer, Kind.sequence, '!scoped PDU')) return;
  const r = inside(outer);
  if (!expect(p, r, Kind.string, 'contextEngineID!=STR')) return;
  p.text += 'E=';
  printOctets(p, r);
  p.text += ' ';
  if (!expect(p, r, Kind.string, 'contextName!=STR')) return;
  p.text += 'C=';
  printString(p, r);
  p.text += ' ';
  printPdu(p, r, 3);
}
