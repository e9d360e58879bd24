import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BpfInstruction } from '../model/index.ts';
import * as op from './opcodes.ts';
import { findFault, interpret } from './vm.ts';

const i = (code: number, k = 0, jt = 0, jf = 0): BpfInstruction => ({ code, jt, jf, k });
const packet = Uint8Array.of(0x45, 0xff, 0x80, 0x01, 0x02, 0x03);
const retA = i(op.RET | op.RET_A);

/** What the program returns of a packet that does not begin at the start of its buffer. */
function run(program: BpfInstruction[], bytes = packet): number {
  const buf = new Uint8Array(bytes.length + 8).fill(0xee);
  buf.set(bytes, 4);
  return interpret(program)(buf, 4, bytes.length, 1000);
}

test('loads are big-endian, unsigned, and within the captured bytes', () => {
  assert.equal(run([i(op.LD | op.W | op.ABS, 0), retA]), 0x45ff8001);
  assert.equal(run([i(op.LD | op.W | op.ABS, 1), retA]), 0xff800102);
  assert.equal(run([i(op.LD | op.H | op.ABS, 1), retA]), 0xff80);
  assert.equal(run([i(op.LD | op.B | op.ABS, 1), retA]), 0xff);
  assert.equal(run([i(op.LD | op.W | op.ABS, 2), retA]), 0x80010203);
  for (const [size, first] of [
    [op.W, 3],
    [op.H, 5],
    [op.B, 6],
  ] as const) {
    assert.equal(run([i(op.LD | size | op.ABS, first), i(op.RET, 1)]), 0);
    assert.equal(run([i(op.LDX | op.IMM, 1), i(op.LD | size | op.IND, first - 1), i(op.RET, 1)]), 0);
    assert.equal(run([i(op.LD | size | op.ABS, 0x7fffffff), i(op.RET, 1)]), 0);
    assert.equal(run([i(op.LD | size | op.ABS, op.AncillaryOffset.vlanTagPresent), i(op.RET, 1)]), 0);
    // X + k does not wrap around to the packet's first bytes.
    assert.equal(run([i(op.LDX | op.IMM, 0xffffffff), i(op.LD | size | op.IND, 1), i(op.RET, 1)]), 0);
  }
  assert.equal(run([i(op.LDX | op.B | op.MSH, 0), i(op.MISC | op.TXA), retA]), 20);
  assert.equal(run([i(op.LDX | op.B | op.MSH, 6), i(op.RET, 1)]), 0);
  assert.equal(run([i(op.LD | op.LEN), retA]), 1000);
  assert.equal(run([i(op.LDX | op.LEN), i(op.MISC | op.TXA), retA]), 1000);
});

test('arithmetic is unsigned and wraps; division by X of zero rejects', () => {
  const table: [operation: number, a: number, b: number, result: number][] = [
    [op.ADD, 0xffffffff, 2, 1],
    [op.SUB, 1, 2, 0xffffffff],
    [op.MUL, 0x10001, 0x10001, 0x20001],
    [op.MUL, 0xffffffff, 0xffffffff, 1],
    [op.DIV, 0xffffffff, 2, 0x7fffffff],
    [op.MOD, 0xffffffff, 10, 5],
    [op.AND, 0xf0f0f0f0, 0xff00ff00, 0xf000f000],
    [op.OR, 0x80000000, 1, 0x80000001],
    [op.XOR, 0xffffffff, 1, 0xfffffffe],
    [op.LSH, 1, 31, 0x80000000],
    [op.RSH, 0x80000000, 31, 1],
  ];
  for (const [operation, a, b, result] of table) {
    const byK = [i(op.LD | op.IMM, a), i(op.ALU | operation | op.K, b), retA];
    const byX = [i(op.LDX | op.IMM, b), i(op.LD | op.IMM, a), i(op.ALU | operation | op.X), retA];
    assert.equal(run(byK), result, `${operation} k`);
    assert.equal(run(byX), result, `${operation} x`);
  }
  assert.equal(run([i(op.LD | op.IMM, 5), i(op.ALU | op.NEG), retA]), 0xfffffffb);
  for (const operation of [op.DIV, op.MOD])
    assert.equal(run([i(op.LD | op.IMM, 5), i(op.ALU | operation | op.X), i(op.RET, 1)]), 0);
  for (const operation of [op.LSH, op.RSH])
    assert.equal(run([i(op.LDX | op.IMM, 32), i(op.LD | op.IMM, 5), i(op.ALU | operation | op.X), retA]), 0);
});

test('comparisons are unsigned', () => {
  const table: [operation: number, a: number, b: number, holds: boolean][] = [
    [op.JEQ, 0x80000000, 0x80000000, true],
    [op.JEQ, 1, 2, false],
    [op.JGT, 0x80000000, 1, true],
    [op.JGT, 5, 5, false],
    [op.JGE, 5, 5, true],
    [op.JGE, 1, 0xffffffff, false],
    [op.JSET, 0x80000000, 0xffffffff, true],
    [op.JSET, 6, 1, false],
  ];
  for (const [operation, a, b, holds] of table) {
    const end = [i(op.RET, 1), i(op.RET, 2)];
    assert.equal(run([i(op.LD | op.IMM, a), i(op.JMP | operation, b, 0, 1), ...end]), holds ? 1 : 2);
    const byX = [i(op.LDX | op.IMM, b), i(op.LD | op.IMM, a), i(op.JMP | operation | op.X, 0, 0, 1)];
    assert.equal(run([...byX, ...end]), holds ? 1 : 2);
  }
  assert.equal(run([i(op.JMP | op.JA, 1), i(op.RET, 1), i(op.RET, 2)]), 2);
});

test('registers and memory start at zero for every packet', () => {
  const program = [
    i(op.LD | op.MEM, 3),
    i(op.LDX | op.MEM, 4),
    i(op.ALU | op.ADD | op.X),
    i(op.ALU | op.ADD | op.K, 7),
    i(op.ST, 3),
    i(op.MISC | op.TAX),
    i(op.STX, 4),
    retA,
  ];
  const machine = interpret(program);
  assert.equal(machine(packet, 0, 6, 6), 7);
  assert.equal(machine(packet, 0, 6, 6), 7);
});

test('programs the kernel would refuse are not run', () => {
  const faults: [BpfInstruction[], RegExp][] = [
    [[], /empty/],
    [[i(op.LD | op.IMM, 1)], /return/],
    [[i(op.JMP | op.JA, 1), i(op.RET)], /beyond the end/],
    [[i(op.JMP | op.JA, 0xffffffff), i(op.RET)], /beyond the end/],
    [[i(op.JMP | op.JEQ, 0, 0, 1), i(op.RET)], /beyond the end/],
    [[i(op.ST, 16), i(op.RET)], /memory/],
    [[i(op.ALU | op.DIV, 0), i(op.RET)], /zero/],
    [[i(op.ALU | op.MOD, 0), i(op.RET)], /zero/],
    [[i(op.ALU | op.LSH, 32), i(op.RET)], /shifts/],
    [[i(op.LD | op.B | op.ABS, 0xffffffff), i(op.RET)], /loads from -1/],
    [[i(op.JMP | op.JEQ, 0, -1, 0), i(op.RET)], /do not fit/],
    [[i(op.JMP | op.JEQ, 0, 0, 256), ...new Array<BpfInstruction>(300).fill(i(op.RET))], /do not fit/],
    [[i(op.LD | op.IMM, -1), i(op.RET)], /do not fit/],
    [[i(0xff), i(op.RET)], /unknown code/],
    [new Array<BpfInstruction>(4097).fill(i(op.RET)), /4096/],
  ];
  for (const [program, told] of faults) {
    assert.match(findFault(program), told);
    assert.throws(() => interpret(program), RangeError);
  }
});
