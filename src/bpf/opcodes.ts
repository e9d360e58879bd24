/** Operation codes of classic BPF, linux/bpf_common.h: class, size, mode, operation and source in one number. */

/** Instruction classes (lowest three bits). */
export const LD = 0x00;
export const LDX = 0x01;
export const ST = 0x02;
export const STX = 0x03;
export const ALU = 0x04;
export const JMP = 0x05;
export const RET = 0x06;
export const MISC = 0x07;

/** Sizes of loads. */
export const W = 0x00;
export const H = 0x08;
export const B = 0x10;

/** Addressing modes. */
export const IMM = 0x00;
export const ABS = 0x20;
export const IND = 0x40;
export const MEM = 0x60;
export const LEN = 0x80;
export const MSH = 0xa0;

/** Operations of ALU. */
export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const DIV = 0x30;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const NEG = 0x80;
export const MOD = 0x90;
export const XOR = 0xa0;

/** Operations of JMP. */
export const JA = 0x00;
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;

/** Second operand: the constant k, or register X. */
export const K = 0x00;
export const X = 0x08;
/** RET gives back the accumulator instead of k. */
export const RET_A = 0x10;

export const TAX = 0x00;
export const TXA = 0x80;

/** Scratch memory words, BPF_MEMWORDS of linux/filter.h. */
export const memoryWords = 16;
/** Most instructions the kernel takes, BPF_MAXINSNS of linux/bpf_common.h. */
export const maxInstructions = 4096;

/** Offsets from here on are the kernel's ancillary data, SKF_AD_OFF of linux/filter.h. */
export const ancillary = 0xfffff000;
/** Words of it, SKF_AD_MAX. */
const ancillaryEnd = ancillary + 64;

/** Does the kernel know ancillary data at this offset? */
export function isAncillary(offset: number): boolean {
  return offset >= ancillary && offset < ancillaryEnd && offset % 4 === 0;
}

export const AncillaryOffset = {
  protocol: ancillary + 0,
  packetType: ancillary + 4,
  interfaceIndex: ancillary + 8,
  vlanTag: ancillary + 44,
  vlanTagPresent: ancillary + 48,
  vlanProtocol: ancillary + 60,
} as const;
