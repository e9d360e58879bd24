/** IPv4 and IPv6. */
import { formatIpv4, formatIpv6 } from '../../util/address.ts';
import type { Page } from './page.ts';

export function printIp(p: Page, at: number, length: number): void {
  p.protocol = 'ip';
  const version = p.u8(at) >> 4;
  p.text += version === 6 ? 'IP6 ' : 'IP ';
  p.need(at, version === 6 ? 40 : 20);
  const header = version === 6 ? 40 : (p.u8(at) & 15) * 4;
  const proto = p.u8(at + (version === 6 ? 6 : 9));
  const total = version === 6 ? p.u16(at + 4) + 40 : p.u16(at + 2);
  const [src, dst] =
    version === 6
      ? [formatIpv6(p.buf, at + 8), formatIpv6(p.buf, at + 24)]
      : [formatIpv4(p.buf, at + 12), formatIpv4(p.buf, at + 16)];
  const body = at + header;
  if (total > length) p.text += `truncated-ip - ${total - length} bytes missing! `;
  if (proto === 6 || proto === 17) {
    p.protocol = proto === 6 ? 'tcp' : 'udp';
    p.text += `${src}.${p.u16(body)} > ${dst}.${p.u16(body + 2)}: `;
    const size = total - header;
    if (proto === 17) p.text += `UDP, length ${size - 8}`;
    else {
      const flags = p.u8(body + 13);
      const text = [...'FSRP.UEW'].filter((_, bit) => flags & (1 << bit)).join('');
      p.text += `Flags [${text || 'none'}], seq ${p.u32(body + 4)}, win ${p.u16(body + 14)}, length ${size - (p.u8(body + 12) >> 4) * 4}`;
    }
  } else p.text += `${src} > ${dst}:  ip-proto-${proto} ${total - header}`;
}
