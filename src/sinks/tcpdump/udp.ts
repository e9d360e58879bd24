/** UDP: RFC 768. */
import { expectedChecksum, transportChecksum } from './checksum.ts';
import { hex4 } from './format.ts';
import type { Page } from './page.ts';
import { printUdpPayload } from './udp-payload.ts';

/** @param length datagram with its header, by the layer below */
export function printUdp(p: Page, at: number, length: number): void {
  p.protocol = 'udp';
  const version = p.u8(p.ipAt) >> 4;
  if (!p.has(at + 2, 2)) {
    const ip = p.ipAt;
    if (version === 6 && p.u8(ip + 6) === 17) p.text += `${p.ip6(ip + 8)} > ${p.ip6(ip + 24)}: `;
    if (version !== 6 && p.u8(ip + 9) === 17) p.text += `${p.ip4(ip + 12)} > ${p.ip4(ip + 16)}: `;
    return p.cutMark();
  }
  const source = p.u16(at);
  const destination = p.u16(at + 2);
  printEnds(p, version === 6, source, destination);
  if (length < 8) {
    p.text += `truncated-udp ${length}`;
    return;
  }
  if (!p.has(at + 4, 2)) return p.cutMark();
  let stated = p.u16(at + 4);
  // A jumbogram (RFC 2675) says 0.
  if (stated === 0 && length > 0xffff) stated = length;
  if (stated < 8) {
    p.text += `truncated-udplength ${stated}`;
    return;
  }
  stated -= 8;
  const data = Math.min(length - 8, stated);
  const body = at + 8;
  if (body > p.end) return p.cutMark();
  if (p.v > 0 && !p.fragmented && p.checksums) printChecksum(p, at, data + 8, version);
  if (!p.quiet && printUdpPayload(p, body, data, source, destination)) return;
  p.text += stated > data && !p.fragmented ? `UDP, bad length ${stated} > ${data}` : `UDP, length ${stated}`;
}

function printEnds(p: Page, v6: boolean, source: number, destination: number): void {
  const ip = p.ipAt;
  const from = p.udpPort(source);
  const to = p.udpPort(destination);
  // Behind an extension header the addresses have been printed already.
  if (v6)
    p.text +=
      p.u8(ip + 6) === 17 ? `${p.ip6(ip + 8)}.${from} > ${p.ip6(ip + 24)}.${to}: ` : `${from} > ${to}: `;
  else
    p.text +=
      p.u8(ip + 9) === 17 ? `${p.ip4(ip + 12)}.${from} > ${p.ip4(ip + 16)}.${to}: ` : `${from} > ${to}: `;
}

/** Over IPv4 a checksum is optional, and looked at only with -vv. */
function printChecksum(p: Page, at: number, length: number, version: number): void {
  if (version === 4) {
    if (p.v < 2) return;
    if (p.u16(at + 6) === 0) {
      p.text += '[no cksum] ';
      return;
    }
  } else if (version !== 6) return;
  if (!p.has(at, length)) return;
  const sum = transportChecksum(p, at, length, 17);
  const stated = p.u16(at + 6);
  p.text +=
    sum === 0
      ? '[udp sum ok] '
      : `[bad udp cksum 0x${hex4(stated)} -> 0x${hex4(expectedChecksum(stated, sum))}!] `;
}
