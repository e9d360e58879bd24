/** Runs classic BPF over one packet: the kernel's semantics, net/core/filter.c, on captured bytes. */
import type { BpfInstruction } from '../model/index.ts';
import * as op from './opcodes.ts';

/**
 * Gives what the program returns: bytes to keep, 0 to reject.
 *
 * A load beyond the captured bytes and a division by zero return 0. Ancillary loads lie beyond any
 * packet, so programs made for live sockets reject by them.
 */
export type Run = (buf: Uint8Array, start: number, capLen: number, origLen: number) => number;

/** @throws RangeError when the program is not valid; see `findFault` */
export function interpret(program: readonly BpfInstruction[]): Run {
  const fault = findFault(program);
  if (fault !== '') throw new RangeError(`invalid BPF program: ${fault}`);
  const count = program.length;
  // One flat table: code, next on true, next on false, k.
  const table = new Int32Array(count * 4);
  program.forEach((i, at) => {
    const jumps = (i.code & 7) === op.JMP;
    const always = jumps && (i.code & 0xf0) === op.JA;
    table[at * 4] = i.code;
    table[at * 4 + 1] = (at + 1 + (always ? i.k : jumps ? i.jt : 0)) * 4;
    table[at * 4 + 2] = (at + 1 + (always ? i.k : jumps ? i.jf : 0)) * 4;
    table[at * 4 + 3] = i.k | 0;
  });
  const memory = new Int32Array(op.memoryWords);
  return (buf, start, capLen, origLen) => {
    let a = 0;
    let x = 0;
    memory.fill(0);
    for (let pc = 0; ; ) {
      const code = table[pc]!;
      const k = table[pc + 3]!;
      let taken = true;
      switch (code) {
        case op.RET | op.K:
          return k >>> 0;
        case op.RET | op.RET_A:
          return a >>> 0;
        case op.LD | op.W | op.ABS:
        case op.LD | op.W | op.IND: {
          const at = (k >>> 0) + (code === (op.LD | op.W | op.IND) ? x >>> 0 : 0);
          if (at + 4 > capLen) return 0;
          const o = start + at;
          a = (buf[o]! << 24) | (buf[o + 1]! << 16) | (buf[o + 2]! << 8) | buf[o + 3]!;
          break;
        }
        case op.LD | op.H | op.ABS:
        case op.LD | op.H | op.IND: {
          const at = (k >>> 0) + (code === (op.LD | op.H | op.IND) ? x >>> 0 : 0);
          if (at + 2 > capLen) return 0;
          a = (buf[start + at]! << 8) | buf[start + at + 1]!;
          break;
        }
        case op.LD | op.B | op.ABS:
        case op.LD | op.B | op.IND: {
          const at = (k >>> 0) + (code === (op.LD | op.B | op.IND) ? x >>> 0 : 0);
          if (at >= capLen) return 0;
          a = buf[start + at]!;
          break;
        }
        case op.LDX | op.B | op.MSH: {
          const at = k >>> 0;
          if (at >= capLen) return 0;
          x = (buf[start + at]! & 15) << 2;
          break;
        }
        case op.LD | op.IMM:
          a = k;
          break;
        case op.LDX | op.IMM:
          x = k;
          break;
        case op.LD | op.W | op.LEN:
          a = origLen | 0;
          break;
        case op.LDX | op.W | op.LEN:
          x = origLen | 0;
          break;
        case op.LD | op.MEM:
          a = memory[k]!;
          break;
        case op.LDX | op.MEM:
          x = memory[k]!;
          break;
        case op.ST:
          memory[k] = a;
          break;
        case op.STX:
          memory[k] = x;
          break;
        case op.MISC | op.TAX:
          x = a;
          break;
        case op.MISC | op.TXA:
          a = x;
          break;
        case op.ALU | op.NEG:
          a = -a | 0;
          break;
        case op.JMP | op.JA:
          break;
        case op.JMP | op.JEQ | op.K:
          taken = a === k;
          break;
        case op.JMP | op.JEQ | op.X:
          taken = a === x;
          break;
        case op.JMP | op.JGT | op.K:
          taken = a >>> 0 > k >>> 0;
          break;
        case op.JMP | op.JGT | op.X:
          taken = a >>> 0 > x >>> 0;
          break;
        case op.JMP | op.JGE | op.K:
          taken = a >>> 0 >= k >>> 0;
          break;
        case op.JMP | op.JGE | op.X:
          taken = a >>> 0 >= x >>> 0;
          break;
        case op.JMP | op.JSET | op.K:
          taken = (a & k) !== 0;
          break;
        case op.JMP | op.JSET | op.X:
          taken = (a & x) !== 0;
          break;
        default: {
          const b = (code & op.X) !== 0 ? x : k;
          const operation = code & 0xf0;
          if (b === 0 && (operation === op.DIV || operation === op.MOD)) return 0;
          a = calculate(operation, a, b);
        }
      }
      pc = table[taken ? pc + 1 : pc + 2]!;
    }
  };
}

/** ALU operations on 32 bits held as signed numbers; shifts by 32 and more give 0. */
function calculate(operation: number, a: number, b: number): number {
  switch (operation) {
    case op.ADD:
      return (a + b) | 0;
    case op.SUB:
      return (a - b) | 0;
    case op.MUL:
      return Math.imul(a, b);
    case op.DIV:
      return ((a >>> 0) / (b >>> 0)) | 0;
    case op.MOD:
      return ((a >>> 0) % (b >>> 0)) | 0;
    case op.AND:
      return a & b;
    case op.OR:
      return a | b;
    case op.XOR:
      return a ^ b;
    case op.LSH:
      return b >>> 0 > 31 ? 0 : a << b;
    default:
      return b >>> 0 > 31 ? 0 : a >>> b;
  }
}

const absoluteLoads = new Set([op.W, op.H, op.B].map((size) => op.LD | size | op.ABS));
const loads = [
  op.LD | op.IMM,
  op.LDX | op.IMM,
  op.LD | op.W | op.LEN,
  op.LDX | op.W | op.LEN,
  op.LDX | op.B | op.MSH,
  ...[op.W, op.H, op.B].map((size) => op.LD | size | op.IND),
];
const moves = [op.MISC | op.TAX, op.MISC | op.TXA, op.ALU | op.NEG];
const calculations = [op.ADD, op.SUB, op.MUL, op.DIV, op.OR, op.AND, op.LSH, op.RSH, op.MOD, op.XOR].flatMap(
  (o) => [op.ALU | o | op.K, op.ALU | o | op.X],
);
const plain = new Set([...loads, ...moves, ...calculations]);
const memoryCodes = new Set([op.LD | op.MEM, op.LDX | op.MEM, op.ST, op.STX]);
const branches = new Set(
  [op.JEQ, op.JGT, op.JGE, op.JSET].flatMap((o) => [op.JMP | o | op.K, op.JMP | o | op.X]),
);
const returns = new Set([op.RET | op.K, op.RET | op.RET_A]);

function isByte(n: number): boolean {
  return n === (n & 255);
}

/** Why the kernel would refuse the program (bpf_check_classic of net/core/filter.c); '' when it would not. */
export function findFault(program: readonly BpfInstruction[]): string {
  const count = program.length;
  if (count === 0) return 'it is empty';
  if (count > op.maxInstructions) return `${count} instructions, at most ${op.maxInstructions} fit`;
  for (let at = 0; at < count; at++) {
    const { code, jt, jf, k } = program[at]!;
    const room = count - at - 2;
    if (!isByte(jt) || !isByte(jf) || k !== k >>> 0) return `(${at}) has operands that do not fit`;
    if (code === (op.JMP | op.JA)) {
      if (k > room) return `(${at}) jumps beyond the end`;
    } else if (branches.has(code)) {
      if (jt > room || jf > room) return `(${at}) jumps beyond the end`;
    } else if (absoluteLoads.has(code)) {
      if (k >= op.ancillary && !op.isAncillary(k)) return `(${at}) loads from ${k | 0}`;
    } else if (memoryCodes.has(code)) {
      if (k >= op.memoryWords) return `(${at}) has no memory word ${k}`;
    } else if (code === (op.ALU | op.DIV | op.K) || code === (op.ALU | op.MOD | op.K)) {
      if (k === 0) return `(${at}) divides by zero`;
    } else if (code === (op.ALU | op.LSH | op.K) || code === (op.ALU | op.RSH | op.K)) {
      if (k > 31) return `(${at}) shifts by ${k}`;
    } else if (!plain.has(code) && !returns.has(code)) return `(${at}) has the unknown code ${code}`;
  }
  return returns.has(program[count - 1]!.code) ? '' : 'it does not end in a return';
}
