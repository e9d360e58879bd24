/**
 * Instructions that compute values, in the accumulator A and the index register X. What registers
 * and scratch memory hold is followed, so that nothing is computed twice in a row.
 */
import type { Operator } from './ast.ts';
import type { Test, TestRelation } from './conditions.ts';
import * as op from './opcodes.ts';
import type { Size, Value } from './values.ts';

/** What is where; undefined is unknown. Memory words are counted from 0. */
export interface Registers {
  a: Value | undefined;
  x: Value | undefined;
  readonly memory: (Value | undefined)[];
}

/** An instruction; jumps of a block's own count instructions to skip within it. */
export interface Instruction {
  readonly code: number;
  readonly k: number;
  jt: number;
  jf: number;
}

export function nothingKnown(): Registers {
  return { a: undefined, x: undefined, memory: [] };
}

/** What both agree on. */
export function agreement(one: Registers, other: Registers): Registers {
  return {
    a: one.a === other.a ? one.a : undefined,
    x: one.x === other.x ? one.x : undefined,
    memory: one.memory.map((value, i) => (value === other.memory[i] ? value : undefined)),
  };
}

const sizes: Readonly<Record<Size, number>> = { 1: op.B, 2: op.H, 4: op.W };
const operations: Readonly<Record<Operator, number>> = {
  '+': op.ADD,
  '-': op.SUB,
  '*': op.MUL,
  '/': op.DIV,
  '%': op.MOD,
  '&': op.AND,
  '|': op.OR,
  '^': op.XOR,
  '<<': op.LSH,
  '>>': op.RSH,
};
export const comparisons: Readonly<Record<TestRelation, number>> = {
  '==': op.JEQ,
  '>': op.JGT,
  '>=': op.JGE,
  '&': op.JSET,
};
const commutative = new Set<Operator>(['+', '*', '&', '|', '^']);

/** An expression needs more scratch memory, or code within one block, than a program can have. */
export class TooDeep extends Error {}

/** The reach of a conditional jump. */
const reach = 255;

/** Writes the instructions of one block. */
export class Writer {
  readonly code: Instruction[] = [];
  readonly registers: Registers;
  /** Values kept for later blocks, and the memory word of each. */
  readonly #kept: ReadonlyMap<Value, number>;
  /** Words in use within this block. */
  readonly #inUse = new Array<boolean>(op.memoryWords).fill(false);
  /** Costly values that were computed here. */
  readonly computed: Value[] = [];

  constructor(before: Registers, kept: ReadonlyMap<Value, number>) {
    this.registers = { a: before.a, x: before.x, memory: [...before.memory] };
    this.#kept = kept;
    for (const word of kept.values()) this.#inUse[word] = true;
  }

  #put(code: number, k = 0): Instruction {
    const instruction = { code, k, jt: 0, jf: 0 };
    this.code.push(instruction);
    return instruction;
  }

  /** Makes A hold the value. X may change. */
  toA(value: Value): void {
    const { registers } = this;
    if (registers.a === value) return;
    const word = registers.memory.indexOf(value);
    if (registers.x === value) this.#put(op.MISC | op.TXA);
    else if (word >= 0) this.#put(op.LD | op.MEM, word);
    else {
      this.#compute(value);
      registers.a = value;
      this.#keep(value, op.ST);
      return;
    }
    registers.a = value;
  }

  /** Makes X hold the value. A may change. */
  toX(value: Value): void {
    const { registers } = this;
    if (registers.x === value) return;
    const word = registers.memory.indexOf(value);
    if (registers.a === value) this.#put(op.MISC | op.TAX);
    else if (word >= 0) this.#put(op.LDX | op.MEM, word);
    else if (!this.#directToX(value)) {
      this.toA(value);
      this.#put(op.MISC | op.TAX);
    }
    registers.x = value;
  }

  /** What X can load by itself. */
  #directToX(value: Value): boolean {
    const header = headerByte(value);
    if (value.kind === 'number') this.#put(op.LDX | op.IMM, value.value);
    else if (value.kind === 'packetLength') this.#put(op.LDX | op.LEN);
    else if (header !== undefined) this.#put(op.LDX | op.B | op.MSH, header);
    else return false;
    return true;
  }

  /** Computes values ahead, so that later blocks find them in memory. */
  prepare(values: readonly Value[]): void {
    for (const value of values) if (this.#kept.has(value)) this.toA(value);
  }

  #keep(value: Value, code: number): void {
    if (isCostly(value)) this.computed.push(value);
    const word = this.#kept.get(value);
    if (word === undefined) return;
    this.#put(code, word);
    this.registers.memory[word] = value;
  }

  #compute(value: Value): void {
    switch (value.kind) {
      case 'number':
        this.#put(op.LD | op.IMM, value.value);
        return;
      case 'packetLength':
        this.#put(op.LD | op.W | op.LEN);
        return;
      case 'load': {
        if (value.index) this.toX(value.index);
        this.#put(op.LD | sizes[value.size] | (value.index ? op.IND : op.ABS), value.offset);
        return;
      }
      case 'negate':
        this.toA(value.operand);
        this.#put(op.ALU | op.NEG);
        return;
      case 'binary':
        this.#binary(value);
        return;
      case 'choice':
        this.#choice(value);
    }
  }

  #binary(value: Value & { kind: 'binary' }): void {
    if (headerByte(value) !== undefined) {
      // Two instructions by way of X instead of three.
      this.toX(value);
      this.#put(op.MISC | op.TXA);
      return;
    }
    const operation = op.ALU | operations[value.operator];
    if (value.right.kind === 'number') {
      this.toA(value.left);
      this.#put(operation | op.K, value.right.value);
      return;
    }
    this.both(value.left, value.right, commutative.has(value.operator));
    this.#put(operation | op.X);
  }

  /** Makes A and X hold the two values; true: the other way round, where that is allowed and cheaper. */
  both(left: Value, right: Value, maySwap: boolean): boolean {
    const order = this.#order(left, right);
    if (order === 'memory' && maySwap && this.#order(right, left) !== 'memory') {
      this.both(right, left, false);
      return true;
    }
    if (order === 'aFirst') {
      this.toA(left);
      this.toX(right);
    } else if (order === 'xFirst') {
      this.toX(right);
      this.toA(left);
    } else this.#byMemory(left, right);
    return false;
  }

  /** Makes A and X hold the two values although computing either needs both registers. */
  #byMemory(left: Value, right: Value): void {
    const { registers } = this;
    if (registers.a === left && isCostly(left)) {
      this.#withWord(left, () => {
        this.toA(right);
        this.toX(right);
        this.toA(left);
      });
      return;
    }
    this.toA(right);
    // On the way `left` may have come into memory.
    if (this.#leavesX(left, right)) this.both(left, right, false);
    else
      this.#withWord(right, () => {
        this.toA(left);
        this.toX(right);
      });
  }

  /** Stores A, which holds the value, while `use` runs. */
  #withWord(value: Value, use: () => void): void {
    const word = this.#inUse.findIndex((isInUse) => !isInUse);
    if (word < 0) throw new TooDeep();
    this.#put(op.ST, word);
    this.#inUse[word] = true;
    this.registers.memory[word] = value;
    use();
    this.#inUse[word] = false;
  }

  #order(left: Value, right: Value): 'xFirst' | 'aFirst' | 'memory' {
    const { registers } = this;
    if (registers.a === left && (registers.x === right || this.#isAtHand(right))) return 'aFirst';
    if (this.#leavesX(left, right)) return 'xFirst';
    return this.#isAtHand(right) ? 'aFirst' : 'memory';
  }

  /** Can A be made the value while X holds `x`? */
  #leavesX(value: Value, x: Value): boolean {
    if (value === x || this.#isStored(value)) return true;
    switch (value.kind) {
      case 'number':
      case 'packetLength':
        return true;
      case 'load':
        return value.index === undefined || value.index === x;
      case 'negate':
        return this.#leavesX(value.operand, x);
      case 'binary': {
        const { left, right } = value;
        if (headerByte(value) !== undefined) return false;
        return (right.kind === 'number' || right === x) && this.#leavesX(left, x);
      }
      case 'choice': {
        const { test, yes, no } = value;
        const isPlain = test.right.kind === 'number' && this.#leavesX(test.left, x);
        return isPlain && this.#leavesX(yes, x) && this.#leavesX(no, x);
      }
    }
  }

  /** Can X be made the value without A changing, whatever else is computed before? */
  #isAtHand(value: Value): boolean {
    if (value.kind === 'number' || value.kind === 'packetLength') return true;
    return headerByte(value) !== undefined || this.#isStored(value);
  }

  /** In a word of memory that is not written meanwhile. */
  #isStored(value: Value): boolean {
    const word = this.registers.memory.indexOf(value);
    return word >= 0 && this.#inUse[word]!;
  }

  /** A test within the block: both ways compute A and meet again. */
  #choice(value: Value & { kind: 'choice' }): void {
    const { test, yes, no } = value;
    const branch = this.test(test);
    const atBranch = this.code.length;
    const before = { ...this.registers, memory: [...this.registers.memory] };
    this.toA(branch.isSwapped ? no : yes);
    const end = this.#put(op.JMP | op.JA);
    const afterYes = { ...this.registers, memory: [...this.registers.memory] };
    branch.jump.jf = this.code.length - atBranch;
    if (branch.jump.jf > reach) throw new TooDeep();
    const atEnd = this.code.length;
    Object.assign(this.registers, { a: before.a, x: before.x });
    this.registers.memory.splice(0, this.registers.memory.length, ...before.memory);
    this.toA(branch.isSwapped ? yes : no);
    this.code[atEnd - 1] = { ...end, k: this.code.length - atEnd };
    const met = agreement(afterYes, this.registers);
    this.registers.x = met.x;
    this.registers.memory.splice(0, this.registers.memory.length, ...met.memory);
  }

  /** Computes what the test compares and writes its jump. Swapped: the answer is the opposite. */
  test({ left, relation, right }: Test): { jump: Instruction; isSwapped: boolean } {
    const comparison = op.JMP | comparisons[relation];
    if (right.kind === 'number') {
      this.toA(left);
      return { jump: this.#put(comparison | op.K, right.value), isSwapped: false };
    }
    const isSymmetric = relation === '==' || relation === '&';
    const swapped = this.both(left, right, true);
    if (!swapped || isSymmetric) return { jump: this.#put(comparison | op.X), isSwapped: false };
    // a > x is not x >= a.
    const opposite = relation === '>' ? op.JGE : op.JGT;
    return { jump: this.#put(op.JMP | opposite | op.X), isSwapped: true };
  }
}

/** Offset of the byte when the value is 4 * (byte & 15) of a fixed place, which X loads at once. */
function headerByte(value: Value): number | undefined {
  if (value.kind !== 'binary' || value.operator !== '<<' || !isNumber(value.right, 2)) return undefined;
  const { left } = value;
  if (left.kind !== 'binary' || left.operator !== '&' || !isNumber(left.right, 15)) return undefined;
  const byte = left.left;
  return byte.kind === 'load' && byte.size === 1 && !byte.index ? byte.offset : undefined;
}

function isNumber(value: Value, number: number): boolean {
  return value.kind === 'number' && value.value === number;
}

/** Does it take more than one instruction to compute the value? */
function isCostly(value: Value): boolean {
  switch (value.kind) {
    case 'number':
    case 'packetLength':
      return false;
    case 'load':
      return value.index !== undefined;
    default:
      return headerByte(value) === undefined;
  }
}
