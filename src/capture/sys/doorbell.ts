/**
 * Rings when somebody in a namespace begins a conversation: a packet socket whose filter lets SYNs and questions
 * to name servers pass, and of which nothing is ever read: each is taken off the queue with room for no byte.
 */
import type { BpfInstruction } from '../../model/index.ts';
import * as c from './libc.ts';
import { attachFilter, bindToInterface, openPacketSocket } from './packet-socket.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
/** MSG_DONTWAIT | MSG_TRUNC */
const flags = 0x60;
/** Room for a few rings: one is enough to come and look. The kernel raises it to its least (SOCK_MIN_RCVBUF). */
const queueBytes = 4096;
/** Taken off at once; a flood is left where it is until the next look. */
const maxRings = 256;
const nothing = Buffer.alloc(1);

/** From the network header on, as a cooked socket sees packets. `tcp[tcpflags] & (syn|ack) == syn or udp dst port 53` */
const rings: readonly BpfInstruction[] = [
  { code: 0x30, jt: 0, jf: 0, k: 0 }, //        0 ldb [0]
  { code: 0x54, jt: 0, jf: 0, k: 0xf0 }, //     1 and #0xf0
  { code: 0x15, jt: 0, jf: 11, k: 0x40 }, //    2 jeq #0x40 ? 3 : 14
  { code: 0x28, jt: 0, jf: 0, k: 6 }, //        3 ldh [6]
  { code: 0x45, jt: 19, jf: 0, k: 0x1fff }, //  4 jset #0x1fff ? 24 : 5
  { code: 0xb1, jt: 0, jf: 0, k: 0 }, //        5 ldxb 4*([0]&0xf)
  { code: 0x30, jt: 0, jf: 0, k: 9 }, //        6 ldb [9]
  { code: 0x15, jt: 0, jf: 3, k: 6 }, //        7 jeq #6 ? 8 : 11
  { code: 0x50, jt: 0, jf: 0, k: 13 }, //       8 ldb [x+13]
  { code: 0x54, jt: 0, jf: 0, k: 0x12 }, //     9 and #0x12
  { code: 0x15, jt: 12, jf: 13, k: 2 }, //     10 jeq #2 ? 23 : 24
  { code: 0x15, jt: 0, jf: 12, k: 17 }, //     11 jeq #17 ? 12 : 24
  { code: 0x48, jt: 0, jf: 0, k: 2 }, //       12 ldh [x+2]
  { code: 0x15, jt: 9, jf: 10, k: 53 }, //    13 jeq #53 ? 23 : 24
  { code: 0x15, jt: 0, jf: 9, k: 0x60 }, //   14 jeq #0x60 ? 15 : 24
  { code: 0x30, jt: 0, jf: 0, k: 6 }, //       15 ldb [6]
  { code: 0x15, jt: 0, jf: 3, k: 6 }, //       16 jeq #6 ? 17 : 20
  { code: 0x30, jt: 0, jf: 0, k: 53 }, //      17 ldb [53]
  { code: 0x54, jt: 0, jf: 0, k: 0x12 }, //    18 and #0x12
  { code: 0x15, jt: 3, jf: 4, k: 2 }, //       19 jeq #2 ? 23 : 24
  { code: 0x15, jt: 0, jf: 3, k: 17 }, //      20 jeq #17 ? 21 : 24
  { code: 0x28, jt: 0, jf: 0, k: 42 }, //      21 ldh [42]
  { code: 0x15, jt: 0, jf: 1, k: 53 }, //      22 jeq #53 ? 23 : 24
  { code: 0x06, jt: 0, jf: 0, k: 1 }, //       23 ret #1
  { code: 0x06, jt: 0, jf: 0, k: 0 }, //       24 ret #0
];

/** Call it inside the namespace; needs CAP_NET_RAW. Readable when it has rung. */
export function openDoorbell(): number {
  const fd = openPacketSocket(true);
  attachFilter(fd, rings);
  const size = Buffer.alloc(4);
  size.writeInt32LE(queueBytes);
  c.check('setsockopt(SO_RCVBUF)', c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4));
  bindToInterface(fd, 0);
  return fd;
}

/** Takes the rings off without reading a byte of what rang. */
export function quiet(fd: number): void {
  for (let i = 0; i < maxRings; i++)
    // 0 is a packet of which no byte was wanted, or with MSG_TRUNC its length; a pending error comes off like this too.
    if (c.recv(fd, nothing, 0, flags) < 0 && c.errnoCode() !== 'EINTR') return;
}
