/** The link layers. */
import { type Frame, LinkType } from '../../model/index.ts';
import { printIp } from './ip.ts';
import type { Page } from './page.ts';

export function printLink(p: Page, frame: Frame): void {
  const at = frame.start;
  if (frame.iface.linktype === LinkType.ethernet) {
    p.protocol = 'ether';
    const type = p.u16(at + 12);
    if (type === 0x0800 || type === 0x86dd) printIp(p, at + 14, frame.origLen - 14);
    else p.text += `ethertype 0x${type.toString(16).padStart(4, '0')}, length ${frame.origLen}`;
  } else printIp(p, at, frame.origLen);
}
