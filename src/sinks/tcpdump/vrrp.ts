/** VRRP: RFC 3768 (version 2), RFC 5798 (version 3). */
import { checksum, transportChecksum } from './checksum.ts';
import { hex, visible } from './format.ts';
import type { Page } from './page.ts';

const authentications = ['none', 'simple', 'ah'];
const simple = 1;
const protocol = 112;

export function printVrrp(p: Page, at: number, length: number): void {
  p.protocol = 'vrrp';
  p.text += 'VRRP';
  const first = p.u8(at);
  const version = first >> 4;
  const type = first & 15;
  p.text += `v${version}, ${type === 1 ? 'Advertisement' : `unknown type (${type})`}`;
  // RFC 5798 section 5.1.1.3: no router in between.
  if (p.hops !== 255) p.text += `, (ttl ${p.hops})`;
  if (version < 2 || version > 3 || type !== 1) return;
  p.text += `, vrid ${p.u8(at + 1)}, prio ${p.u8(at + 2)}`;
  let authentication = 0;
  if (version === 2) {
    authentication = p.u8(at + 4);
    p.text += `, authtype ${authentications[authentication] ?? `#${authentication}`}`;
    p.text += `, intvl ${p.u8(at + 5)}s, length ${length}`;
  } else p.text += `, intvl ${p.u16(at + 4) & 0xfff}cs, length ${length}`;
  if (p.v === 0) return;
  const count = p.u8(at + 3);
  if (p.has(at, length)) {
    const sum = version === 2 ? checksum(p.buf, at, length) : transportChecksum(p, at, length, protocol);
    if (sum !== 0) p.text += `, (bad vrrp cksum ${hex(p.u16(at + 6))})`;
  }
  p.text += `, addrs${count > 1 ? `(${count})` : ''}:`;
  at += 8;
  for (let i = 0; i < count; i++) {
    const address = p.ipVersion === 4 ? p.ip4(at) : p.ip6(at);
    p.text += `${i === 0 ? ' ' : ','}${address}`;
    at += p.ipVersion === 4 ? 4 : 16;
  }
  if (version !== 2 || authentication !== simple) return;
  p.text += ' auth "';
  for (let i = 0; i < 8 && p.u8(at + i) !== 0; i++) p.text += visible[p.u8(at + i)];
  p.text += '"';
}
