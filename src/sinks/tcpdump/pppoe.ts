/** PPP over Ethernet: RFC 2516. */
import { hex } from './format.ts';
import type { Page } from './page.ts';
import { printPpp } from './ppp.ts';

const codes = new Map<number, string>([
  [0x09, 'PADI'],
  [0x07, 'PADO'],
  [0x19, 'PADR'],
  [0x65, 'PADS'],
  [0xa7, 'PADT'],
  [0x00, ''],
]);
const discovery = 0x09;

const tags = new Map<number, string>([
  [0, 'EOL'],
  [0x0101, 'Service-Name'],
  [0x0102, 'AC-Name'],
  [0x0103, 'Host-Uniq'],
  [0x0104, 'AC-Cookie'],
  [0x0105, 'Vendor-Specific'],
  [0x0110, 'Relay-Session-ID'],
  [0x0120, 'PPP-Max-Payload'],
  [0x0201, 'Service-Name-Error'],
  [0x0202, 'AC-System-Error'],
  [0x0203, 'Generic-Error'],
]);

/** RFC 2516 section 5.1: a PADI must leave room for relays. */
const maxDiscovery = 1484 - 6;
/** Characters of a tag looked at. */
const maxShown = 79;

export function printPppoe(p: Page, at: number, length: number): void {
  p.protocol = 'pppoe';
  if (length < 6) {
    p.text += ` (length ${length} < 6)`;
    return p.invalid();
  }
  length -= 6;
  p.need(at, 6);
  const first = p.u8(at);
  const code = p.u8(at + 1);
  const session = p.u16(at + 2);
  let stated = p.u16(at + 4);
  if (first >> 4 !== 1) p.text += ` [ver ${first >> 4}]`;
  if ((first & 15) !== 1) p.text += ` [type ${first & 15}]`;
  p.text += `PPPoE ${codes.get(code) ?? `PAD-${hex(code)}`}`;
  if (code === discovery && stated > maxDiscovery) p.text += ` [len ${stated}!]`;
  if (stated > length) {
    p.text += ` [len ${stated} > ${length}!]`;
    stated = length;
  }
  if (session !== 0) p.text += ` [ses 0x${hex(session)}]`;
  if (code === 0) {
    p.text += ' ';
    printPpp(p, at + 6, stated);
  } else printTags(p, at + 6, at + 6 + stated);
}

function printTags(p: Page, at: number, end: number): void {
  for (let type = -1; type !== 0 && at < end; ) {
    type = p.u16(at);
    const length = p.u16(at + 2);
    at += 4;
    const name = tags.get(type) ?? `TAG-0x${hex(type)}`;
    if (length === 0) p.text += ` [${name}]`;
    else {
      p.need(at, length);
      p.text += ` [${name} ${tagText(p, at, length)}]`;
    }
    at += length;
  }
}

/** In quotes when most of it is text, else in hex. */
function tagText(p: Page, at: number, length: number): string {
  let text = '';
  let printable = 0;
  for (let i = 0; i < Math.min(length, maxShown); i++) {
    const byte = p.u8(at + i);
    const shown = byte >= 32 && byte < 127;
    if (shown) printable++;
    text += shown ? String.fromCharCode(byte) : '.';
  }
  if (printable > text.length - printable) return `"${text}"`;
  let bytes = '0x';
  for (let i = 0; i < length; i++)
    bytes += hex(p.u8(at + i))
      .padStart(2, '0')
      .toUpperCase();
  return bytes;
}
