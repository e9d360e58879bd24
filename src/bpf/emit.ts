/** From the graph to blocks of instructions, each with what its predecessors left in the registers. */
import type { Target } from './graph.ts';
import { inOrder } from './graph.ts';
import * as op from './opcodes.ts';
import { agreement, type Instruction, nothingKnown, type Registers, Writer } from './registers.ts';
import type { Value } from './values.ts';

/** Instructions of one decision or verdict; the last one decides. */
export interface Block {
  readonly code: readonly Instruction[];
  readonly yes: Target | undefined;
  readonly no: Target | undefined;
}

export type Blocks = Map<Target, Block>;

/** Blocks in the order they are laid out. @throws OutOfMemory */
export function emit(root: Target, snaplen: number): Blocks {
  const first = write(root, snaplen, new Map());
  const kept = worthKeeping(first.computed);
  if (kept.size === 0) return first.blocks;
  const second = write(root, snaplen, kept);
  return length(second.blocks) < length(first.blocks) ? second.blocks : first.blocks;
}

function length(blocks: Blocks): number {
  let count = 0;
  for (const block of blocks.values()) count += block.code.length;
  return count;
}

/** Words kept for later blocks are counted from the top; half of them are left to each block. */
const mostKept = op.memoryWords / 2;

/** Values that several blocks compute. */
function worthKeeping(computed: ReadonlyMap<Value, number>): Map<Value, number> {
  const often = [...computed].filter(([, times]) => times > 1).sort((a, b) => b[1] - a[1]);
  return new Map(often.slice(0, mostKept).map(([value], i) => [value, op.memoryWords - 1 - i]));
}

function write(
  root: Target,
  snaplen: number,
  kept: ReadonlyMap<Value, number>,
): { blocks: Blocks; computed: Map<Value, number> } {
  const blocks: Blocks = new Map();
  const computed = new Map<Value, number>();
  const before = new Map<Target, Registers>([[root, nothingKnown()]]);
  const lead = (target: Target, registers: Registers) => {
    const known = before.get(target);
    before.set(target, known ? agreement(known, registers) : registers);
  };
  for (const target of inOrder(root)) {
    if (target.kind === 'verdict') {
      const code = [{ code: op.RET | op.K, k: target.accepts ? snaplen : 0, jt: 0, jf: 0 }];
      blocks.set(target, { code, yes: undefined, no: undefined });
      continue;
    }
    const writer = new Writer(before.get(target)!, kept);
    const { isSwapped } = writer.test(target.test);
    const [yes, no] = isSwapped ? [target.no, target.yes] : [target.yes, target.no];
    blocks.set(target, { code: writer.code, yes, no });
    for (const value of writer.computed) computed.set(value, (computed.get(value) ?? 0) + 1);
    lead(yes, writer.registers);
    lead(no, writer.registers);
  }
  return { blocks, computed };
}
