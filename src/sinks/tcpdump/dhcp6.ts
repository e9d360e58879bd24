/** DHCPv6: RFC 8415. */
import { printDhcp6Options } from './dhcp6-options.ts';
import { hex } from './format.ts';
import type { Page } from './page.ts';

const messages = (
  ',solicit,advertise,request,confirm,renew,rebind,reply,release,decline,reconfigure,inf-req,relay-fwd,' +
  'relay-reply,leasequery,leasequery-reply'
).split(',');

/** Relays within relays that are followed: RFC 8415 section 7.6 allows 8. */
const maxRelays = 32;

export function printDhcp6(p: Page, at: number, length: number, depth = 0): void {
  p.protocol = 'dhcp6';
  p.text += 'dhcp6';
  const end = Math.min(p.end, at + length);
  if (!p.has(at, 4) || depth > maxRelays) return p.cutMark();
  const type = p.u8(at);
  p.text += ` ${messages[type] || `msgtype-${type}`}`;
  if (p.v === 0) return;
  p.text += ' (';
  if (type === 12 || type === 13) {
    p.text += `linkaddr=${p.ip6(at + 2)}`;
    p.text += ` peeraddr=${p.ip6(at + 18)}`;
    printDhcp6Options(p, at + 34, end, depth);
  } else {
    p.text += `xid=${hex(p.u24(at + 1))}`;
    printDhcp6Options(p, at + 4, end, depth);
  }
  p.text += ')';
}
