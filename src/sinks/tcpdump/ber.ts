/** Elements of BER (X.690) as SNMP uses them: RFC 3416 section 3. */
import { hex2 } from './format.ts';
import type { Page } from './page.ts';

export const Kind = {
  any: 0,
  null: 1,
  octets: 2,
  oid: 3,
  integer: 4,
  unsigned: 5,
  string: 6,
  sequence: 7,
  address: 8,
  pdu: 9,
  exception: 10,
} as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** The element read last, and where the next one is. */
export interface Reader {
  /** Next element, and bytes left of what it is in. */
  at: number;
  left: number;
  kind: Kind;
  id: number;
  /** Content. */
  start: number;
  length: number;
  value: number | bigint;
}

export const reader = (at: number, left: number): Reader => ({
  at,
  left,
  kind: Kind.any,
  id: 0,
  start: 0,
  length: 0,
  value: 0,
});

const universal =
  'U-0 Boolean Integer Bitstring String Null ObjID ObjectDes U-8 U-9 U-10 U-11 U-12 U-13 U-14 U-15 Sequence Set'.split(
    ' ',
  );
const application = 'IpAddress Counter Gauge TimeTicks Opaque C-5 Counter64'.split(' ');
const context = 'GetRequest GetNextRequest GetResponse SetRequest Trap GetBulk Inform V2Trap Report'.split(
  ' ',
);
const exceptions = ['noSuchObject', 'noSuchInstance', 'endOfMibView'];
const classes = [universal, application, context, ['P-0']];

/** Reads the next element. @returns false, with the reason printed, when there is none */
export function read(p: Page, r: Reader): boolean {
  r.kind = Kind.any;
  r.length = 0;
  let { at, left } = r;
  const wrong = (text: string) => {
    p.text += text;
    return false;
  };
  if (left < 1) return wrong('[nothing to parse]');
  const first = p.u8(at++);
  left--;
  const constructed = (first & 0x20) !== 0;
  const group = first >> 6;
  let id = first & 0x1f;
  if (id === 0x1f) {
    id = 0;
    for (; (p.u8(at) & 0x80) !== 0; at++, left--) {
      if (left < 1) return wrong('[Xtagfield?]');
      id = ((id << 7) | (p.u8(at) & 0x7f)) & 0xff;
    }
    if (left < 1) return wrong('[Xtagfield?]');
    id = ((id << 7) | p.u8(at++)) & 0xff;
    left--;
  }
  r.id = id;
  if (left < 1) return wrong('[no asnlen]');
  let length = p.u8(at++);
  left--;
  if (length > 0x7f) {
    const count = length & 0x7f;
    length = 0;
    if (left < count) return wrong(`[asnlen? ${left}<${count}]`);
    if (!p.has(at, count)) return cutElement(p);
    for (let i = 0; i < count; i++) length = ((length << 8) | p.u8(at++)) >>> 0;
    left -= count;
  }
  r.length = length;
  if (left < length) return wrong(`[len${left}<asnlen${length}]`);
  // Its tables name every class "x".
  if (id >= classes[group]!.length) return wrong(`[id?${constructed ? 'C' : 'P'}/x/${id}]`);
  if (!p.has(at, length)) return cutElement(p);
  r.start = at;
  const name = classes[group]![id]!;
  if (constructed) readConstructed(p, r, group, name);
  else if (!readPrimitive(p, r, group, name)) return false;
  r.at = at + length;
  r.left = left - length;
  return true;
}

function cutElement(p: Page): false {
  p.cutMark();
  return false;
}

function readConstructed(p: Page, r: Reader, group: number, name: string): void {
  if (group === 0 && r.id === 16) r.kind = Kind.sequence;
  else if (group === 2) r.kind = Kind.pdu;
  else {
    r.kind = Kind.octets;
    p.text += group === 0 ? `C/U/${name}` : `C/x/${name}`;
  }
}

function readPrimitive(p: Page, r: Reader, group: number, name: string): boolean {
  const { start, length, id } = r;
  if (group === 2) {
    if (id < exceptions.length) r.kind = Kind.exception;
    return true;
  }
  if (group === 0 && id === 4) r.kind = Kind.string;
  else if (group === 0 && id === 2) {
    r.kind = Kind.integer;
    if (length === 0) {
      p.text += '[asnlen=0]';
      return false;
    }
    let value = (p.u8(start) & 0x80) !== 0 ? -1 : 0;
    for (let i = 0; i < length; i++) value = (value << 8) | p.u8(start + i);
    r.value = value;
  } else if (group === 0 && id === 6) r.kind = Kind.oid;
  else if (group === 0 && id === 5) r.kind = Kind.null;
  else if (group === 1 && id === 0) r.kind = Kind.address;
  else if (group === 1 && id >= 1 && id <= 3) {
    r.kind = Kind.unsigned;
    let value = 0;
    for (let i = 0; i < length; i++) value = ((value << 8) | p.u8(start + i)) >>> 0;
    r.value = value;
  } else if (group === 1 && id === 6) {
    r.kind = Kind.unsigned;
    let value = 0n;
    for (let i = 0; i < length; i++) value = BigInt.asUintN(64, (value << 8n) | BigInt(p.u8(start + i)));
    r.value = value;
  } else {
    r.kind = Kind.octets;
    p.text += group === 0 ? `[P/U/${name}]` : group === 1 ? `[P/A/${name}]` : `[P/x/${name}]`;
  }
  return true;
}

export function printOctets(p: Page, r: Reader): void {
  for (let i = 0; i < r.length; i++) p.text += `_${hex2[p.u8(r.start + i)]}`;
}

/** In quotes when all of it is text, else in hex. */
export function printString(p: Page, r: Reader): void {
  const { start, length } = r;
  let text = '';
  let printable = true;
  for (let i = 0; i < length; i++) {
    const byte = p.u8(start + i);
    printable &&= byte >= 32 && byte < 127;
    text += `${i > 0 ? '_' : ''}${hex2[byte]}`;
  }
  if (!printable) {
    p.text += text;
    return;
  }
  p.text += '"';
  p.string(start, length);
  p.text += '"';
}

export function print(p: Page, r: Reader): void {
  switch (r.kind) {
    case Kind.octets:
      return printOctets(p, r);
    case Kind.null:
      return;
    case Kind.oid:
      return printOid(p, r);
    case Kind.integer:
    case Kind.unsigned:
      p.text += `${r.value}`;
      return;
    case Kind.string:
      return printString(p, r);
    case Kind.sequence:
      p.text += `Seq(${r.length})`;
      return;
    case Kind.address:
      if (r.length !== 4) p.text += '[inetaddr len!=4]';
      for (let i = 0; i < r.length; i++) p.text += `${i > 0 ? '.' : ''}${p.u8(r.start + i)}`;
      return;
    case Kind.exception:
      p.text += `[${exceptions[r.id]}]`;
      return;
    case Kind.pdu:
      p.text += `${context[r.id]}(${r.length})`;
      return;
    default:
      p.text += '[BE_ANY!?]';
  }
}

/** Numbers only: the names of MIBs are not looked up. */
function printOid(p: Page, r: Reader): void {
  let part = 0;
  let first = true;
  for (let i = 0; i < r.length; i++) {
    const byte = p.u8(r.start + i);
    part = ((part << 7) + (byte & 0x7f)) | 0;
    if ((byte & 0x80) !== 0) continue;
    if (first) {
      // X.690 section 8.19.4: two numbers in one.
      const head = Math.min(2, Math.trunc(part / 40));
      p.text += `.${head >>> 0}`;
      part -= head * 40;
      first = false;
    }
    p.text += `.${part >>> 0}`;
    part = 0;
  }
}
