/** Spanning tree: IEEE 802.1D clause 9.3, rapid too. Of the multiple one (802.1s) the flags only. */
import { bitNames, hex2, hex4 } from './format.ts';
import type { Page } from './page.ts';

const versions = new Map<number, string>([
  [0, '802.1d'],
  [2, '802.1w'],
  [3, '802.1s'],
  [4, '802.1aq'],
]);
const types = new Map<number, string>([
  [0x00, 'Config'],
  [0x02, 'Rapid STP'],
  [0x80, 'Topology Change'],
]);
const flagNames = [
  [0x01, 'Topology change'],
  [0x02, 'Proposal'],
  [0x10, 'Learn'],
  [0x20, 'Forward'],
  [0x40, 'Agreement'],
  [0x80, 'Topology change ACK'],
] as const;
const roles = ['Unknown', 'Alternate', 'Root', 'Designated'];

export function printStp(p: Page, at: number, length: number): void {
  p.protocol = 'stp';
  if (length < 4) return p.invalid();
  if (p.u16(at) !== 0) {
    p.text += `unknown STP version, length ${length}`;
    return;
  }
  const version = p.u8(at + 2);
  p.text += `STP ${versions.get(version) ?? `Unknown STP protocol (0x${hex2[version]})`}`;
  if (!versions.has(version)) return;
  const type = p.u8(at + 3);
  p.text += `, ${types.get(type) ?? `Unknown BPDU Type (0x${hex2[type]})`}`;
  if (type === 0) {
    if (length < 35) return p.invalid();
    printConfig(p, at, length, version);
  } else if (type === 2 && version === 2) {
    if (length < 36) return p.invalid();
    printConfig(p, at, length, version);
  } else if (type === 2 && version > 2) {
    if (length < 102 || p.u8(at + 35) !== 0 || length < 38 + p.u16(at + 36)) return p.invalid();
    p.text += `, CIST Flags [${bitNames(flagNames, p.u8(at + 4))}], length ${length}`;
  }
}

function bridgeText(p: Page, at: number): string {
  let text = `${hex4(p.u16(at))}.`;
  for (let i = 2; i < 8; i++) text += `${i > 2 ? ':' : ''}${hex2[p.u8(at + i)]}`;
  return text;
}

/** Times are in 256ths of a second. A half is rounded to even, as printf(3) does. */
function seconds(p: Page, at: number): string {
  const hundredths = (p.u16(at) * 100) / 256;
  const low = Math.floor(hundredths);
  const up = hundredths - low > 0.5 || (hundredths - low === 0.5 && low % 2 === 1);
  return `${((up ? low + 1 : low) / 100).toFixed(2)}s`;
}

function printConfig(p: Page, at: number, length: number, version: number): void {
  const flags = p.u8(at + 4);
  p.text += `, Flags [${bitNames(flagNames, flags)}]`;
  p.text += `, bridge-id ${bridgeText(p, at + 17)}.${hex4(p.u16(at + 25))}, length ${length}`;
  if (p.v === 0) return;
  p.text +=
    `\n\tmessage-age ${seconds(p, at + 27)}, max-age ${seconds(p, at + 29)}` +
    `, hello-time ${seconds(p, at + 31)}, forwarding-delay ${seconds(p, at + 33)}`;
  p.text += `\n\troot-id ${bridgeText(p, at + 5)}, root-pathcost ${p.u32(at + 13)}`;
  if (version === 2) p.text += `, port-role ${roles[(flags >> 2) & 3]}`;
}
