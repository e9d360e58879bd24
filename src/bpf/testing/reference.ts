/**
 * Classic BPF once more, written plainly from linux/bpf_common.h and bpf(4): slow, but it tells why a
 * packet was rejected, takes the loops of libpcap's `protochain`, and has the kernel's metadata.
 */
import type { BpfInstruction } from '../../model/index.ts';

export interface TestPacket {
  readonly bytes: Uint8Array;
  /** On the wire; more than bytes.length when cut. */
  readonly length: number;
}

/** What Linux keeps beside a packet: the VLAN tag it took out, PACKET_HOST and the like, the interface. */
export interface Metadata {
  readonly vlanTag?: number;
  readonly packetType?: number;
  readonly interfaceIndex?: number;
}

export interface Outcome {
  readonly returned: number;
  /** It was rejected because bytes to load were not there. */
  readonly failedLoad: boolean;
}

/** SKF_AD_OFF of linux/filter.h */
const ancillary = 0xfffff000;
const maxSteps = 100_000;

export function runReference(
  program: readonly BpfInstruction[],
  packet: TestPacket,
  metadata: Metadata = {},
): Outcome {
  const { bytes, length } = packet;
  const memory = new Array<number>(16).fill(0);
  let [a, x] = [0, 0];
  let outOfBytes = false;
  const load = (at: number, size: number, isAbsolute = false): number => {
    if (isAbsolute && at >= ancillary) return metadataAt(at - ancillary, metadata);
    outOfBytes = at + size > bytes.length;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + i] ?? 0);
    return value;
  };
  for (let pc = 0, step = 0; step < maxSteps; step++) {
    const { code, jt, jf, k } = program[pc++]!;
    const size = [4, 2, 1][(code >> 3) & 3]!;
    const mode = code & 0xe0;
    const source = code & 8 ? x : k;
    switch (code & 7) {
      case 0:
        a =
          mode === 0x00
            ? k
            : mode === 0x20
              ? load(k, size, true)
              : mode === 0x40
                ? load(x + k, size)
                : mode === 0x60
                  ? memory[k]!
                  : length;
        break;
      case 1:
        x = mode === 0x00 ? k : mode === 0x60 ? memory[k]! : mode === 0x80 ? length : (load(k, 1) & 15) * 4;
        break;
      case 2:
        memory[k] = a;
        break;
      case 3:
        memory[k] = x;
        break;
      case 4: {
        const result = alu(code & 0xf0, a, source);
        if (result === undefined) return { returned: 0, failedLoad: false };
        a = result;
        break;
      }
      case 5:
        pc += (code & 0xf0) === 0 ? k | 0 : holds(code & 0xf0, a, source) ? jt : jf;
        break;
      case 6:
        return { returned: code & 0x10 ? a : k, failedLoad: false };
      default:
        if (code & 0x80) a = x;
        else x = a;
    }
    if (outOfBytes) return { returned: 0, failedLoad: true };
  }
  throw new Error('the program does not end');
}

/** Offsets of linux/filter.h; the size of the load does not matter. */
function metadataAt(offset: number, { vlanTag, packetType, interfaceIndex }: Metadata): number {
  switch (offset) {
    case 4:
      return packetType ?? 0;
    case 8:
      return interfaceIndex ?? 0;
    case 44:
      return vlanTag ?? 0;
    case 48:
      return vlanTag === undefined ? 0 : 1;
    default:
      throw new Error(`metadata at ${offset}`);
  }
}

function holds(operation: number, a: number, b: number): boolean {
  switch (operation) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    default:
      return (a & b) !== 0;
  }
}

/** Undefined for a division by zero. */
function alu(operation: number, a: number, b: number): number | undefined {
  switch (operation) {
    case 0x00:
      return (a + b) % 2 ** 32;
    case 0x10:
      return (a - b + 2 ** 32) % 2 ** 32;
    case 0x20:
      return Number((BigInt(a) * BigInt(b)) % 2n ** 32n);
    case 0x30:
      return b === 0 ? undefined : Math.floor(a / b);
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    case 0x60:
      return b > 31 ? 0 : (a << b) >>> 0;
    case 0x70:
      return b > 31 ? 0 : a >>> b;
    case 0x80:
      return (2 ** 32 - a) % 2 ** 32;
    case 0x90:
      return b === 0 ? undefined : a % b;
    default:
      return (a ^ b) >>> 0;
  }
}
