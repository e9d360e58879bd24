/** Lays blocks out one after the other and fills the jumps in. */
import type { BpfInstruction } from '../model/index.ts';
import type { Block, Blocks } from './emit.ts';
import type { Target } from './graph.ts';
import * as op from './opcodes.ts';

/** The reach of a conditional jump; farther ones go by way of `ja`. */
const reach = 255;

interface Placed {
  readonly target: Target;
  readonly block: Block;
  start: number;
  /** Branches that need a `ja` of their own after the block. */
  isFarYes: boolean;
  isFarNo: boolean;
}

/** Blocks come in an order where each is before those it leads to, so every jump is forward. */
export function assemble(blocks: Blocks): BpfInstruction[] {
  const placed = new Map<Target, Placed>();
  for (const [target, block] of blocks)
    placed.set(target, { target, block, start: 0, isFarYes: false, isFarNo: false });
  const all = [...placed.values()];
  // A `ja` more moves what is behind it, which may put other targets out of reach: until nothing changes.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    let start = 0;
    for (const each of all) {
      each.start = start;
      start += each.block.code.length + Number(each.isFarYes) + Number(each.isFarNo);
    }
    for (const each of all) {
      if (!each.block.yes || !each.block.no) continue;
      const after = each.start + each.block.code.length;
      const isFarYes = each.isFarYes || placed.get(each.block.yes)!.start - after > reach;
      const isFarNo = each.isFarNo || placed.get(each.block.no)!.start - after > reach;
      if (isFarYes !== each.isFarYes || isFarNo !== each.isFarNo) isSettled = false;
      each.isFarYes = isFarYes;
      each.isFarNo = isFarNo;
    }
  }
  return all.flatMap((each) => instructionsOf(each, placed));
}

function instructionsOf(each: Placed, placed: ReadonlyMap<Target, Placed>): BpfInstruction[] {
  const { block, start, isFarYes, isFarNo } = each;
  if (!block.yes || !block.no) return block.code.map((i) => ({ ...i }));
  const after = start + block.code.length;
  const yes = placed.get(block.yes)!.start;
  const no = placed.get(block.no)!.start;
  const jumps: BpfInstruction[] = [];
  const branch = (to: number, isFar: boolean) => {
    if (!isFar) return to - after;
    const at = jumps.length;
    jumps.push({ code: op.JMP | op.JA, jt: 0, jf: 0, k: to - (after + at + 1) });
    return at;
  };
  const jt = branch(yes, isFarYes);
  const jf = branch(no, isFarNo);
  const decision = { ...block.code.at(-1)!, jt, jf };
  return [...block.code.slice(0, -1).map((i) => ({ ...i })), decision, ...jumps];
}
