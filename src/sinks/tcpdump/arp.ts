/** ARP and its relatives: RFC 826, RFC 903, RFC 2390. */
import { hex2, hex4 } from './format.ts';
import { printHexAscii } from './hex.ts';
import type { Page } from './page.ts';
import { etherTypeNames } from './tables.ts';

const operations = new Map<number, string>([
  [1, 'Request'],
  [2, 'Reply'],
  [3, 'Reverse Request'],
  [4, 'Reverse Reply'],
  [8, 'Inverse Request'],
  [9, 'Inverse Reply'],
  [10, 'NACK Reply'],
]);

const hardwareNames = new Map<number, string>([
  [1, 'Ethernet'],
  [6, 'TokenRing'],
  [7, 'ArcNet'],
  [15, 'FrameRelay'],
  [19, 'ATM'],
  [23, 'Strip'],
  [24, 'IEEE 1394'],
  [32, 'InfiniBand'],
]);

const atm = 19;
const ipv4 = 0x0800;
const trailer = 0x1000;

/** @param capLen bytes captured from `at` on */
export function printArp(p: Page, at: number, length: number, capLen: number): void {
  p.protocol = 'arp';
  p.need(at, 8);
  const hardware = p.u16(at);
  if (hardware === atm) return printAtmArp(p, at, length, capLen);
  const protocol = p.u16(at + 2);
  const hardwareSize = p.u8(at + 4);
  const protocolSize = p.u8(at + 5);
  const operation = p.u16(at + 6);
  const senderHardware = at + 8;
  const sender = senderHardware + hardwareSize;
  const targetHardware = sender + protocolSize;
  const target = targetHardware + hardwareSize;
  p.need(target, protocolSize);
  if (!p.linkHeader) p.text += 'ARP, ';
  const known = protocol === ipv4 || protocol === trailer;
  if (!known || protocolSize !== 4 || hardwareSize === 0 || p.v > 0) {
    const hardwareName = hardwareNames.get(hardware) ?? `Unknown Hardware (${hardware})`;
    const protocolName = etherTypeNames.get(protocol) ?? `Unknown Protocol (0x${hex4(protocol)})`;
    p.text += `${hardwareName} (len ${hardwareSize}), ${protocolName} (len ${protocolSize})`;
    if (p.v === 0) {
      p.text += `, length ${length}`;
      return;
    }
  }
  const address = (from: number) =>
    !known ? '<wrong proto type>' : protocolSize !== 4 ? '<wrong len>' : p.ip4(from);
  const link = (from: number) => linkText(p, from, hardwareSize);
  p.text += `${p.v > 0 ? ', ' : ''}${operations.get(operation) ?? `Unknown (${operation})`} `;
  switch (operation) {
    case 1:
      p.text += `who-has ${address(target)}`;
      if (isSet(p, targetHardware, hardwareSize)) p.text += ` (${link(targetHardware)})`;
      p.text += ` tell ${address(sender)}`;
      break;
    case 2:
      p.text += `${address(sender)} is-at ${link(senderHardware)}`;
      break;
    case 3:
    case 8:
      p.text += `who-is ${link(targetHardware)} tell ${link(senderHardware)}`;
      break;
    case 4:
      p.text += `${link(targetHardware)} at ${address(target)}`;
      break;
    case 9:
      p.text += `${link(senderHardware)} at ${address(sender)}`;
      break;
    default:
      printHexAscii(p, '\n\t', at, capLen);
      return;
  }
  p.text += `, length ${length}`;
}

function isSet(p: Page, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (p.u8(at + i) !== 0) return true;
  return false;
}

/** A link-layer address of any length. */
function linkText(p: Page, at: number, length: number, named = true): string {
  if (length === 0) return '<empty>';
  if (length === 6 && named) return p.mac(at);
  let text = '';
  for (let i = 0; i < length; i++) text += (i > 0 ? ':' : '') + hex2[p.u8(at + i)];
  return text;
}

/** RFC 2225 section 8.7: addresses of two parts. */
function printAtmArp(p: Page, at: number, length: number, capLen: number): void {
  p.need(at, 12);
  const protocol = p.u16(at + 2);
  const [hardwareSize, subSize] = [p.u8(at + 4) & 63, p.u8(at + 5) & 63];
  const operation = p.u16(at + 6);
  const senderSize = p.u8(at + 8);
  const [targetHardwareSize, targetSubSize] = [p.u8(at + 9) & 63, p.u8(at + 10) & 63];
  const targetSize = p.u8(at + 11);
  const senderHardware = at + 12;
  const sender = senderHardware + hardwareSize + subSize;
  const targetHardware = sender + senderSize;
  const target = targetHardware + targetHardwareSize + targetSubSize;
  p.need(target, targetSize);
  if (!p.linkHeader) p.text += 'ARP, ';
  const known = protocol === ipv4 || protocol === trailer;
  if (!known || senderSize !== 4 || targetSize !== 4 || p.v > 0) {
    const name = etherTypeNames.get(protocol) ?? `Unknown Protocol (0x${hex4(protocol)})`;
    p.text += `ATM, ${name} (len ${senderSize}/${targetSize})`;
    if (p.v === 0) {
      p.text += `, length ${length}`;
      return;
    }
  }
  const address = (from: number, size: number, wrong: string) =>
    !known ? '<wrong proto type>' : size !== 4 ? wrong : p.ip4(from);
  const from = () => address(sender, senderSize, '<wrong splen>');
  const link = (start: number, size: number, sub: number) =>
    size === 0
      ? '<No address>'
      : linkText(p, start, size, false) + (sub > 0 ? `,${linkText(p, start + size, sub, false)}` : '');
  const senderLink = () => link(senderHardware, hardwareSize, subSize);
  const targetLink = () => link(targetHardware, targetHardwareSize, targetSubSize);
  p.text += `${p.v > 0 ? ', ' : ''}${operations.get(operation) ?? `Unknown (${operation})`} `;
  switch (operation) {
    case 1:
      p.text += `who-has ${address(target, targetSize, '<wrong tplen>')}`;
      if (targetHardwareSize !== 0) p.text += ` (${targetLink()})`;
      p.text += ` tell ${from()}`;
      break;
    case 2:
      p.text += `${from()} is-at ${senderLink()}`;
      break;
    case 8:
      p.text += `who-is ${targetLink()} tell ${senderLink()}`;
      break;
    case 9:
      p.text += `${senderLink()}at ${from()}`;
      break;
    case 10:
      p.text += `for ${from()}`;
      break;
    default:
      printHexAscii(p, '\n\t', at, capLen);
      return;
  }
  p.text += `, length ${length}`;
}
