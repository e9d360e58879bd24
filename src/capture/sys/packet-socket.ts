/** AF_PACKET sockets: packet(7), linux/if_packet.h, linux/filter.h. */
import type { BpfInstruction } from '../../model/index.ts';
import * as c from './libc.ts';

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const PACKET_FANOUT = 18;
const PACKET_FANOUT_DATA = 22;
const PACKET_FANOUT_CBPF = 6;
const PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;
/** Linux >= 5.11 */
const PACKET_FANOUT_FLAG_IGNORE_OUTGOING = 0x4000;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;
const TPACKET_V3 = 2;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_POPULATE = 0x8000;

/** Needs CAP_NET_RAW. Protocol 0: nothing is queued before bind. `cooked` leaves the link header out. */
export function openPacketSocket(cooked: boolean): number {
  return c.check(
    'socket(AF_PACKET)',
    c.socket(AF_PACKET, (cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0),
  );
}

function setInt(fd: number, option: number, value: number, name: string): void {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  c.check(`setsockopt(${name})`, c.setsockopt(fd, SOL_PACKET, option, bytes, 4));
}

export function attachFilter(fd: number, program: readonly BpfInstruction[]): void {
  setProgram(fd, SOL_SOCKET, SO_ATTACH_FILTER, 'SO_ATTACH_FILTER', program);
}

/** struct sock_fprog holds a pointer: the program's bytes must outlive the call, which copies them. */
function setProgram(
  fd: number,
  level: number,
  option: number,
  name: string,
  program: readonly BpfInstruction[],
): void {
  const code = Buffer.alloc(program.length * 8);
  program.forEach((instruction, i) => {
    code.writeUInt16LE(instruction.code, i * 8);
    code.writeUInt8(instruction.jt, i * 8 + 2);
    code.writeUInt8(instruction.jf, i * 8 + 3);
    code.writeUInt32LE(instruction.k >>> 0, i * 8 + 4);
  });
  const result = c.attachProgram(fd, level, option, { len: program.length, filter: code }, 16);
  c.check(`setsockopt(${name})`, result);
}

const SIOCGIFNETMASK = 0x891b;

/**
 * Mask of the (first) IPv4 address of an interface in the socket's namespace, netdevice(7); 0 without one. As a
 * number: 0xffffff00 is /24.
 */
export function netmaskOf(fd: number, name: string): number {
  // struct ifreq: 16 bytes of name, then a sockaddr_in whose address is at 4.
  const request = Buffer.alloc(40);
  request.write(name.slice(0, 15), 'latin1');
  return c.ioctl(fd, SIOCGIFNETMASK, request) < 0 ? 0 : request.readUInt32BE(20);
}

/** A group of sockets of one interface of which each frame comes to exactly one. */
export interface Fanout {
  readonly id: number;
  readonly mode: number;
}

/** Makes a group of a bound socket. `ignoresOutgoing` is for loopback; kernels that cannot do it do not. */
export function startFanout(fd: number, ignoresOutgoing: boolean): Fanout {
  const modes = ignoresOutgoing
    ? [PACKET_FANOUT_CBPF | PACKET_FANOUT_FLAG_IGNORE_OUTGOING, PACKET_FANOUT_CBPF]
    : [PACKET_FANOUT_CBPF];
  for (const mode of modes) {
    try {
      setInt(fd, PACKET_FANOUT, (mode | PACKET_FANOUT_FLAG_UNIQUEID) << 16, 'PACKET_FANOUT');
    } catch (error) {
      if (mode === PACKET_FANOUT_CBPF) throw error;
      continue;
    }
    const value = Buffer.alloc(4);
    c.check('getsockopt(PACKET_FANOUT)', c.getsockopt(fd, SOL_PACKET, PACKET_FANOUT, value, [4]));
    return { id: value.readUInt16LE(0), mode };
  }
  throw new c.SystemError('setsockopt(PACKET_FANOUT)');
}

/** Adds a socket bound to the same interface. The kernel counts members in the order they joined. */
export function joinFanout(fd: number, { id, mode }: Fanout): void {
  setInt(fd, PACKET_FANOUT, (mode << 16) | id, 'PACKET_FANOUT');
}

/** From one frame to the next all frames come to that member; of a single one its number does not matter. */
export function steerFanout(fd: number, member: number): void {
  // BPF_RET | BPF_K
  setProgram(fd, SOL_PACKET, PACKET_FANOUT_DATA, 'PACKET_FANOUT_DATA', [
    { code: 6, jt: 0, jf: 0, k: member },
  ]);
}

export interface RingMemory {
  readonly address: bigint;
  readonly bytes: ArrayBuffer;
  readonly blockSize: number;
  readonly blockCount: number;
}

/**
 * Turns the socket into a TPACKET_V3 ring and maps it. Needs no capability: the socket is enough.
 * @param retireMs a block is handed over at the latest after so many milliseconds
 */
export async function mapRing(
  fd: number,
  blockSize: number,
  blockCount: number,
  retireMs: number,
): Promise<RingMemory> {
  setInt(fd, PACKET_VERSION, TPACKET_V3, 'PACKET_VERSION');
  // Room before each frame to put a stripped VLAN tag or a cooked header back.
  setInt(fd, PACKET_RESERVE, 16, 'PACKET_RESERVE');
  const request = Buffer.alloc(28); // struct tpacket_req3
  const frameSize = 2048; // only has to divide the block size in V3
  request.writeUInt32LE(blockSize, 0);
  request.writeUInt32LE(blockCount, 4);
  request.writeUInt32LE(frameSize, 8);
  request.writeUInt32LE((blockSize / frameSize) * blockCount, 12);
  request.writeUInt32LE(retireMs, 16);
  await setRing(fd, request);
  const length = blockSize * blockCount;
  const address = c.mmap(null, length, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (BigInt.asIntN(64, address) === -1n) throw new c.SystemError('mmap of the packet ring');
  return { address, bytes: c.viewMemory(address, length), blockSize, blockCount };
}

/** More than pool threads there are (UV_THREADPOOL_SIZE) gain nothing; koffi has no more than 256 calls at once. */
const ringsAtOnce = 64;
let ringsUnderWay = 0;
const waitingRings: (() => void)[] = [];

async function ringTurn(): Promise<void> {
  while (ringsUnderWay >= ringsAtOnce) await new Promise<void>((go) => waitingRings.push(go));
  ringsUnderWay++;
}

/** On a pool thread: the kernel waits for a grace period (packet_set_ring), tens of ms on a busy machine. */
async function setRing(fd: number, request: Buffer): Promise<void> {
  await ringTurn();
  let result: number;
  try {
    result = await new Promise<number>((resolve, reject) => {
      c.setsockopt.async(fd, SOL_PACKET, PACKET_RX_RING, request, request.length, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
    });
  } finally {
    ringsUnderWay--;
    waitingRings.shift()?.();
  }
  if (result === 0) return;
  // errno is the thread's own: asked again on this one, it fails for the same reason.
  c.check(
    'setsockopt(PACKET_RX_RING)',
    c.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request, request.length),
  );
}

export function unmapRing(ring: RingMemory): void {
  c.munmap(ring.address, ring.blockSize * ring.blockCount);
}

/** The kernel leaves out frames this host sends: for loopback, which shows each frame twice. Linux >= 4.20. */
export function ignoreOutgoing(fd: number): boolean {
  const one = Buffer.from([1, 0, 0, 0]);
  return c.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, one, 4) === 0;
}

/** Ends with the socket. Needs no capability of its own once the socket is held. */
export function setPromiscuous(fd: number, ifindex: number): void {
  const request = Buffer.alloc(16); // struct packet_mreq
  request.writeInt32LE(ifindex, 0);
  request.writeUInt16LE(PACKET_MR_PROMISC, 4);
  c.check('setsockopt(PACKET_MR_PROMISC)', c.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request, 16));
}

/** From here on frames arrive: filter and ring are in place by now. */
export function bindToInterface(fd: number, ifindex: number): void {
  const address = Buffer.alloc(20); // struct sockaddr_ll
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(ifindex, 4);
  c.check('bind', c.bind(fd, address, address.length));
}

export interface SocketStatistics {
  /** Frames that passed the filter, dropped ones included. */
  packets: number;
  drops: number;
  freezes: number;
}

/** struct tpacket_stats_v3; each read resets the kernel's counts. */
export function readStatistics(fd: number): SocketStatistics {
  const bytes = Buffer.alloc(12);
  c.check('getsockopt(PACKET_STATISTICS)', c.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, bytes, [12]));
  return { packets: bytes.readUInt32LE(0), drops: bytes.readUInt32LE(4), freezes: bytes.readUInt32LE(8) };
}

/** Sends one frame, link header included, on a bound socket. Porthole itself never does: for tests. */
export function sendFrame(fd: number, frame: Uint8Array): void {
  c.check('send', c.send(fd, frame, frame.length, 0));
}
