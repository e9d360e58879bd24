/** Geneve: RFC 8926. */
import { printEthernet, printEtherType } from './ethernet.ts';
import { bitNames, hex, hex4, hex8 } from './format.ts';
import type { Page } from './page.ts';
import { etherTypeNames } from './tables.ts';

const flagNames = [
  [0x80, 'O'],
  [0x40, 'C'],
  [0x20, 'R1'],
  [0x10, 'R2'],
  [0x08, 'R3'],
  [0x04, 'R4'],
  [0x02, 'R5'],
  [0x01, 'R6'],
] as const;

const bridged = 0x6558;

export function printGeneve(p: Page, at: number, length: number): void {
  p.protocol = 'geneve';
  p.text += 'Geneve';
  if (length < 8) {
    p.text += ` [length ${length} < 8]`;
    return p.invalid();
  }
  if (!p.has(at, 8)) return p.cutMark();
  const version = p.u8(at) >> 6;
  if (version !== 0) {
    p.text += ` ERROR: unknown-version ${version}`;
    return;
  }
  const optionsLength = (p.u8(at) & 0x3f) * 4;
  const protocol = p.u16(at + 2);
  p.text += `, Flags [${bitNames(flagNames, p.u8(at + 1), '')}], vni 0x${hex(p.u24(at + 4))}`;
  const rest = p.u8(at + 7);
  if (rest !== 0) p.text += `, rsvd 0x${hex(rest)}`;
  if (p.linkHeader) p.text += `, proto ${etherTypeNames.get(protocol) ?? 'unknown'} (0x${hex4(protocol)})`;
  let left = length - 8;
  if (left < optionsLength) {
    p.text += ` truncated-geneve - ${optionsLength - left} bytes missing`;
    return;
  }
  const options = at + 8;
  if (!p.has(options, optionsLength)) return p.cutMark();
  if (optionsLength > 0) {
    p.text += ', options [';
    if (p.v > 0) printOptions(p, options, optionsLength);
    else p.text += `${optionsLength} bytes`;
    p.text += ']';
  }
  const body = options + optionsLength;
  left -= optionsLength;
  p.text += p.v < 1 ? ': ' : '\n\t';
  if (printEtherType(p, protocol, body, left, p.left(body))) return;
  if (protocol === bridged) printEthernet(p, body, left, p.left(body));
  else p.text += `geneve-proto-0x${hex(protocol)}`;
}

/** https://www.iana.org/assignments/nvo3 */
const classNames = new Map<number, string>([
  [0x100, 'Linux'],
  [0x101, 'Open vSwitch'],
  [0x102, 'Open Virtual Networking (OVN)'],
  [0x103, 'In-band Network Telemetry (INT)'],
  [0x104, 'VMware'],
]);

const className = (value: number) =>
  classNames.get(value) ?? (value < 0x100 ? 'Standard' : value >= 0xfff0 ? 'Experimental' : 'Unknown');

function printOptions(p: Page, at: number, length: number): void {
  for (let separator = ''; length > 0; separator = ', ') {
    p.text += separator;
    const owner = p.u16(at);
    const type = p.u8(at + 2);
    const size = 4 + (p.u8(at + 3) & 0x1f) * 4;
    p.text += `class ${className(owner)} (0x${hex(owner)}) type 0x${hex(type)}${type & 0x80 ? '(C)' : ''} len ${size}`;
    if (size > length) {
      p.text += ' [bad length]';
      return;
    }
    if (p.v > 1 && size > 4) {
      p.text += ' data';
      for (let i = 4; i < size; i += 4) p.text += ` ${hex8(p.u32(at + i))}`;
    }
    at += size;
    length -= size;
  }
}
