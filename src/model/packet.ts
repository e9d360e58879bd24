import type { Frame } from './frame.ts';

/** Why decoding stopped early. The fields before the stop are valid. */
export const Problem = {
  none: 0,
  /** The snap length or the end of the bytes cut a header. */
  truncated: 1,
  /** Lengths contradict each other. */
  malformed: 2,
  /** A link type, ether type or IP protocol Porthole does not decode. */
  unknown: 3,
} as const;
export type Problem = (typeof Problem)[keyof typeof Problem];

export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/**
 * A decoded frame: numbers and offsets into `buf`, no strings, no object per layer. `decode` fills
 * one reused Packet. An offset of -1 means "not present".
 */
export interface Packet {
  frame: Frame;
  buf: Uint8Array;
  /** Exclusive end of the captured bytes in buf. */
  end: number;
  problem: Problem;

  /** Ethertype after all VLAN tags; 0 when the link type has none. */
  etherType: number;
  /** Outermost VLAN id, -1 without a tag; how many tags. */
  vlanId: number;
  vlanDepth: number;

  /** 4, 6, or 0 when not IP. */
  ipVersion: 0 | 4 | 6;
  ipOff: number;
  /** Offsets of the addresses (4 or 16 bytes each). */
  srcOff: number;
  dstOff: number;
  /** IPv4 protocol, or the last IPv6 next header reached. */
  ipProto: number;
  ipTtl: number;
  /** Payload after IP header and extension headers. ipPayloadLen is by the header, not by what was captured. */
  ipPayloadOff: number;
  ipPayloadLen: number;
  /** Fragment: offset in bytes, more-fragments flag, identification. isFragment is false for atomic ones. */
  isFragment: boolean;
  fragOff: number;
  fragMore: boolean;
  fragId: number;

  /** 'tcp' = 6, 'udp' = 17, else ipProto; 0 when no transport header was decoded. */
  transport: number;
  srcPort: number;
  dstPort: number;
  /** Unsigned 32 bit. */
  tcpSeq: number;
  tcpAck: number;
  tcpFlags: number;
  tcpWindow: number;
  /** TCP options' offset and length within buf (length 0 = none). */
  tcpOptOff: number;
  tcpOptLen: number;
  /** Transport payload: captured bytes at buf[payloadOff .. payloadOff+payloadCap), payloadLen by the headers. */
  payloadOff: number;
  payloadCap: number;
  payloadLen: number;
}
