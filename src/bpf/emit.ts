/** From the graph to blocks of instructions, each with what its predecessors left in the registers. */
import type { Target } from './graph.ts';
import { inOrder } from './graph.ts';
import * as op from './opcodes.ts';
import { agreement, type Instruction, nothingKnown, type Registers, TooDeep, Writer } from './registers.ts';
import type { Value } from './values.ts';

/** Instructions of one decision or verdict; the last one decides. */
export interface Block {
  readonly code: readonly Instruction[];
  readonly yes: Target | undefined;
  readonly no: Target | undefined;
}

export type Blocks = Map<Target, Block>;

/** Blocks in the order of the graph. @throws TooDeep */
export function emit(root: Target, snaplen: number): Blocks {
  const order = inOrder(root);
  const plain = attempt(order, snaplen, []);
  let best = plain?.blocks;
  let wanted = worthKeeping(plain?.computed ?? new Map(), order);
  for (const most of mostKept) {
    wanted = wanted.slice(0, most);
    const written = wanted.length > 0 ? attempt(order, snaplen, wanted) : undefined;
    if (!written) continue;
    // Those nobody came back for go.
    wanted = wanted.filter((value) => written.read.has(value));
    best = shorter(best, fewestKept(order, snaplen, wanted, written.blocks));
    break;
  }
  if (!best) throw new TooDeep();
  return best;
}

/** Leaves out one kept value after the other where that makes the code no longer. */
function fewestKept(order: readonly Target[], snaplen: number, wanted: Value[], all: Blocks): Blocks {
  let kept = wanted;
  let best = attempt(order, snaplen, kept)?.blocks ?? all;
  for (const value of order.length > mostTried ? [] : wanted) {
    const fewer = kept.filter((each) => each !== value);
    const blocks = attempt(order, snaplen, fewer)?.blocks;
    if (!blocks || length(blocks) > length(best)) continue;
    kept = fewer;
    best = blocks;
  }
  return best;
}

function shorter(one: Blocks | undefined, other: Blocks): Blocks {
  return one && length(one) <= length(other) ? one : other;
}

/** Undefined when the blocks need more memory than what is kept leaves, or are too long. */
function attempt(order: readonly Target[], snaplen: number, kept: readonly Value[]): Written | undefined {
  try {
    return write(order, snaplen, kept);
  } catch (error) {
    if (error instanceof TooDeep) return undefined;
    throw error;
  }
}

function length(blocks: Blocks): number {
  let count = 0;
  for (const block of blocks.values()) count += block.code.length;
  return count;
}

/** How many words are kept for later blocks, from the top; the second try when blocks need more than the rest. */
const mostKept = [op.memoryWords - 2, op.memoryWords / 2];
/** In larger graphs it is not tried which kept values are worth it one by one. */
const mostTried = 100;

/** Values that are prepared, and those that several blocks compute. */
function worthKeeping(computed: ReadonlyMap<Value, number>, order: readonly Target[]): Value[] {
  const prepared = order.flatMap((target) => (target.kind === 'decision' ? target.prepares : []));
  const often = [...computed].filter(([, times]) => times > 1).sort((a, b) => b[1] - a[1]);
  return [...new Set([...prepared, ...often.map(([value]) => value)])];
}

interface Written {
  readonly blocks: Blocks;
  /** Costly values, and how many blocks compute each. */
  readonly computed: ReadonlyMap<Value, number>;
  /** Kept values that were loaded again. */
  readonly read: ReadonlySet<Value>;
}

function write(order: readonly Target[], snaplen: number, keptValues: readonly Value[]): Written {
  const kept = new Map(keptValues.map((value, i) => [value, op.memoryWords - 1 - i]));
  const blocks: Blocks = new Map();
  const read = new Set<Value>();
  const computed = new Map<Value, number>();
  const before = new Map<Target, Registers>([[order[0]!, nothingKnown()]]);
  const lead = (target: Target, registers: Registers) => {
    const known = before.get(target);
    before.set(target, known ? agreement(known, registers) : registers);
  };
  for (const target of order) {
    if (target.kind === 'verdict') {
      const code = [{ code: op.RET | op.K, k: target.accepts ? snaplen : 0, jt: 0, jf: 0 }];
      blocks.set(target, { code, yes: undefined, no: undefined });
      continue;
    }
    const writer = new Writer(before.get(target)!, kept);
    writer.prepare(target.prepares);
    const { isSwapped } = writer.test(target.test);
    const [yes, no] = isSwapped ? [target.no, target.yes] : [target.yes, target.no];
    blocks.set(target, { code: writer.code, yes, no });
    for (const { code, k } of writer.code) {
      const value = isLoadOfMemory(code) ? keptValues[op.memoryWords - 1 - k] : undefined;
      if (value) read.add(value);
    }
    for (const value of writer.computed) computed.set(value, (computed.get(value) ?? 0) + 1);
    lead(yes, writer.registers);
    lead(no, writer.registers);
  }
  return { blocks, computed, read };
}

function isLoadOfMemory(code: number): boolean {
  return code === (op.LD | op.MEM) || code === (op.LDX | op.MEM);
}
