import type { Side } from './connection.ts';

/** What an ICMP error says of a packet of a connection (RFC 792, RFC 4443). */
export interface IcmpError {
  /** 4: ICMP, 6: ICMPv6. */
  readonly version: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** Of 'fragmentation needed' and 'packet too big': the largest packet that gets through; 0: not said. */
  readonly mtu: number;
  /** Address of who says so. */
  readonly from: string;
  /** Who had sent the packet. */
  readonly about: Side;
}
