/** Lays code out so that every jump is forward, and fills the jumps in. */
import type { BpfInstruction } from '../model/index.ts';
import * as op from './opcodes.ts';
import { inOrder } from './order.ts';
import type { Piece, Stretch } from './share.ts';

/** The reach of a conditional jump; farther ones go by way of `ja`. */
const reach = 255;

class Placed {
  readonly stretch: Stretch;
  start = 0;
  /** Branches that need a `ja` of their own after the code. */
  isFarYes = false;
  isFarNo = false;

  constructor(stretch: Stretch) {
    this.stretch = stretch;
  }

  get after(): number {
    return this.start + this.stretch.code.length;
  }

  get end(): number {
    return this.after + Number(this.isFarYes) + Number(this.isFarNo);
  }
}

export function assemble(root: Piece): BpfInstruction[] {
  const stretches = inOrder(
    root.block,
    ({ yes }) => yes?.block,
    ({ no }) => no?.block,
  );
  const placed = new Map(stretches.map((stretch) => [stretch, new Placed(stretch)]));
  const positionOf = (piece: Piece) => placed.get(piece.block)!.start + piece.offset;
  // A `ja` more moves what is behind it, which may put other targets out of reach: until nothing changes.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    let start = 0;
    for (const each of placed.values()) {
      each.start = start;
      start = each.end;
    }
    for (const each of placed.values()) {
      const { yes, no } = each.stretch;
      if (!yes || !no) continue;
      const isFarYes = each.isFarYes || positionOf(yes) - each.after > reach;
      const isFarNo = each.isFarNo || positionOf(no) - each.after > reach;
      if (isFarYes !== each.isFarYes || isFarNo !== each.isFarNo) isSettled = false;
      each.isFarYes = isFarYes;
      each.isFarNo = isFarNo;
    }
  }
  return [...placed.values()].flatMap((each) => instructionsOf(each, positionOf));
}

function instructionsOf(each: Placed, positionOf: (piece: Piece) => number): BpfInstruction[] {
  const { code, yes, no } = each.stretch;
  const instructions = code.map(({ code, jt, jf, k }) => ({ code, jt, jf, k }));
  if (!yes || !no) return instructions;
  const decision = instructions.at(-1)!;
  const branch = (to: number, isFar: boolean): number => {
    if (!isFar) return to - each.after;
    const skipped = instructions.length - code.length;
    const k = to - (each.start + instructions.length + 1);
    instructions.push({ code: op.JMP | op.JA, jt: 0, jf: 0, k });
    return skipped;
  };
  decision.jt = branch(positionOf(yes), each.isFarYes);
  decision.jf = branch(positionOf(no), each.isFarNo);
  return instructions;
}
