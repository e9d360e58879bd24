/** ICMP errors and the packet they quote: RFC 792, RFC 1191, RFC 4443. */
import type { Packet } from '../model/index.ts';
import { u16, u32 } from '../util/bytes.ts';
import { decodeIpv4, decodeIpv6 } from './ip.ts';
import { reset } from './packet.ts';

export const IpProtoIcmp = { v4: 1, v6: 58 } as const;

/** Unreachable, source quench, time exceeded, parameter problem. A redirect quotes too, and is no error. */
const errors4 = [3, 4, 11, 12];
/** Unreachable, too big, time exceeded, parameter problem: RFC 4443 section 2.1 has all errors below 128. */
const errors6 = [1, 2, 3, 4];

export interface IcmpMessage {
  readonly version: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** Of 'fragmentation needed' and 'packet too big'; 0: not said. */
  readonly mtu: number;
}

/**
 * What an ICMP error says, and into `quoted` the packet it is about, as far as it can be told which connection it
 * belongs to: addresses, transport, ports and of TCP the sequence number; its payload and flags are nobody's.
 * Undefined: it is none, or quotes too little, or something that is neither TCP nor UDP.
 */
export function decodeIcmpError(p: Packet, quoted: Packet): IcmpMessage | undefined {
  const is6 = p.ipProto === IpProtoIcmp.v6 && p.ipVersion === 6;
  if (!is6 && (p.ipProto !== IpProtoIcmp.v4 || p.ipVersion !== 4)) return undefined;
  const { buf, payloadOff: at } = p;
  const end = at + p.payloadCap;
  if (at < 0 || p.payloadCap < 8) return undefined;
  const type = buf[at]!;
  const code = buf[at + 1]!;
  if (!(is6 ? errors6 : errors4).includes(type)) return undefined;
  reset(quoted, p.frame);
  quoted.buf = buf;
  quoted.end = end;
  if (is6) decodeIpv6(quoted, at + 8);
  else decodeIpv4(quoted, at + 8);
  if (!readEnds(quoted)) return undefined;
  const isTooBig = is6 ? type === 2 : type === 3 && code === 4;
  const mtu = isTooBig ? (is6 ? u32(buf, at + 4) : u16(buf, at + 6)) : 0;
  return { version: is6 ? 6 : 4, type, code, mtu };
}

/** Eight bytes of the transport's header are sure to be there: of TCP that is the ports and the sequence number. */
function readEnds(q: Packet): boolean {
  const { buf, ipProto, ipPayloadOff: at } = q;
  if (ipProto !== 6 && ipProto !== 17) return false;
  if (q.fragOff > 0 || at < 0 || q.end - at < 8) return false;
  q.transport = ipProto;
  q.srcPort = u16(buf, at);
  q.dstPort = u16(buf, at + 2);
  q.tcpSeq = ipProto === 6 ? u32(buf, at + 4) : 0;
  return true;
}
