/** IPv6 and its extension headers: RFC 8200. */
import { hex2, hex8 } from './format.ts';
import { IpProtocol, printIpPayload } from './ip-payload.ts';
import { printDestinationOptions, printHopByHop, printRouting } from './ip6-extensions.ts';
import { printMobility } from './mobility.ts';
import type { Page } from './page.ts';
import { ipProtocolTitles } from './tables.ts';

/** @param length bytes from `at` on by the layer below, captured or not */
export function printIp6(p: Page, at: number, length: number): void {
  p.protocol = 'ip6';
  if (!p.deeper()) return;
  if (!p.has(at, 40)) return p.cutMark();
  if (length < 40) {
    p.text += `truncated-ip6 ${length >>> 0}`;
    return;
  }
  if (!p.linkHeader) p.text += 'IP6 ';
  const version = p.u8(at) >> 4;
  if (version !== 6) {
    p.text += `version error: ${version} != 6`;
    return;
  }
  const payload = p.u16(at + 4);
  // Without a length it may be a jumbogram (RFC 2675): all there is, until its option says how much.
  let total = length + 40;
  if (payload !== 0) {
    total = payload + 40;
    if (length < total) p.text += `truncated-ip6 - ${total - length} bytes missing!`;
  }
  const next = p.u8(at + 6);
  if (p.v > 0) printHeaderDetail(p, at, next, payload);
  const end = p.end;
  if (at + total < end) p.end = at + total;
  printHeaders(p, at, length, total, payload, end);
  p.end = end;
}

function printHeaderDetail(p: Page, at: number, next: number, payload: number): void {
  const flow = p.u32(at);
  p.text += '(';
  if ((flow & 0x0ff00000) !== 0) p.text += `class 0x${hex2[(flow & 0x0ff00000) >>> 20]}, `;
  if ((flow & 0x000fffff) !== 0) p.text += `flowlabel 0x${hex8(flow & 0x000fffff).slice(3)}, `;
  const title = ipProtocolTitles.get(next) ?? 'unknown';
  p.text += `hlim ${p.u8(at + 7)}, next-header ${title} (${next}) payload length: ${payload}) `;
}

/** What the loop over extension headers finds out; one is enough, it is done with before a nested datagram. */
export interface Jumbo {
  found: boolean;
  length: number;
}

/** @param outerEnd Page.end before it was cut to the stated length */
function printHeaders(
  p: Page,
  ip: number,
  length: number,
  left: number,
  payload: number,
  outerEnd: number,
): void {
  const jumbo: Jumbo = { found: false, length: payload };
  let next = p.u8(ip + 6);
  let at = ip;
  let advance = 40;
  let advanced = 0;
  let extended = false;
  let hopByHop = false;
  let fragmented = false;
  while (at < p.end && advance > 0) {
    if (left < advance) return p.cutMark();
    at += advance;
    left -= advance;
    advanced += advance;
    if (at === ip + 40 && next !== IpProtocol.tcp && next !== IpProtocol.udp && next !== IpProtocol.sctp)
      p.text += `${p.ip6(ip + 8)} > ${p.ip6(ip + 24)}: `;
    switch (next) {
      case IpProtocol.hopByHop:
        if (hopByHop || extended) {
          p.text += hopByHop
            ? '[The Hop-by-Hop Options header was already found]'
            : "[The Hop-by-Hop Options header don't follow the IPv6 header]";
          return p.invalid();
        }
        advance = printHopByHop(p, at, jumbo);
        if (jumbo.length === 0 && !jumbo.found) {
          p.text += '[No valid Jumbo Payload Hop-by-Hop option found]';
          return p.invalid();
        }
        hopByHop = true;
        break;
      case IpProtocol.destinationOptions:
        advance = printDestinationOptions(p, at);
        break;
      case IpProtocol.fragment:
        advance = printFragment(p, at, ip);
        if (advance >= 0 && p.end <= at + advance) return;
        fragmented = true;
        break;
      case IpProtocol.mobilityOld:
      case IpProtocol.mobility:
        if (printMobility(p, at) >= 0) p.u8(at);
        return;
      case IpProtocol.routing:
        if (!p.has(at, 1)) return p.cutMark();
        advance = printRouting(p, at);
        break;
      default: {
        const body = payloadLength(p, ip, length, left, payload, advanced, extended, jumbo, outerEnd);
        if (body < 0) return p.cutMark();
        p.ipAt = ip;
        p.ipVersion = 6;
        p.fragmented = fragmented;
        p.hops = p.u8(ip + 7);
        return printIpPayload(p, at, body, next);
      }
    }
    if (advance < 0) return;
    extended = true;
    next = p.u8(at);
    p.protocol = 'ip6';
  }
}

/** Bytes after the last header; -1 for headers that contradict the length. */
function payloadLength(
  p: Page,
  ip: number,
  length: number,
  left: number,
  payload: number,
  advanced: number,
  extended: boolean,
  jumbo: Jumbo,
  outerEnd: number,
): number {
  if (jumbo.found) {
    const total = jumbo.length + 40;
    if (total < advanced) return -1;
    if (length < total) p.text += `truncated-ip6 - ${total - length} bytes missing!`;
    p.end = Math.min(outerEnd, ip + total);
    return total - advanced;
  }
  if (payload !== 0) return left;
  if (extended) return -1;
  p.end = Math.min(p.end, ip + 40);
  return 40 - advanced;
}

/** @returns 8, or -1 for a fragment that is not the first */
function printFragment(p: Page, at: number, ip: number): number {
  p.protocol = 'frag6';
  const rest = 40 + p.u16(ip + 4) - (at - ip) - 8;
  const id = p.v > 0 ? `0x${hex8(p.u32(at + 4))}:` : '';
  const offset = p.u16(at + 2) & 0xfff8;
  // A size_t there: less than nothing is very much.
  p.text += `frag (${id}${offset}|${rest < 0 ? BigInt.asUintN(64, BigInt(rest)) : rest})`;
  if (offset !== 0) return -1;
  p.text += ' ';
  return 8;
}
