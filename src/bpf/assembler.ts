/** Lays code out so that every jump is forward, and fills the jumps in. */
import type { BpfInstruction } from '../model/index.ts';
import * as op from './opcodes.ts';
import { inOrder } from './order.ts';
import type { Piece, Stretch } from './share.ts';

/** The reach of a conditional jump; farther ones go by way of a stepping stone: a `ja`, or a copy of a `ret`. */
const reach = 255;

export function assemble(root: Piece): BpfInstruction[] {
  const stretches = inOrder(
    root.block,
    ({ yes }) => yes?.block,
    ({ no }) => no?.block,
  );
  const layout = new Layout();
  for (const stretch of stretches.reverse()) layout.put(stretch);
  return layout.instructions();
}

/**
 * From the end of the program to its beginning: where a jump leads to is settled before it. Places are counted
 * from the end, from 1 on.
 */
class Layout {
  /** The last one first. */
  readonly #reversed: BpfInstruction[] = [];
  /** Of the first instruction of each stretch. */
  readonly #places = new Map<Stretch, number>();
  /** The nearest stepping stone to each target. */
  readonly #stones = new Map<Piece, number>();

  instructions(): BpfInstruction[] {
    return this.#reversed.reverse();
  }

  #placeOf({ block, offset }: Piece): number {
    return this.#places.get(block)! - offset;
  }

  put(stretch: Stretch): void {
    const { code, yes, no } = stretch;
    let jumps = { jt: 0, jf: 0 };
    if (yes && no) {
      // A stone moves what is behind it: the other target may be out of reach only then.
      while (!this.#isNear(yes) || !this.#isNear(no)) this.#step(this.#isNear(yes) ? no : yes);
      jumps = { jt: this.#distance(yes), jf: this.#distance(no) };
    }
    const last = code.length - 1;
    for (let i = last; i >= 0; i--) {
      const { code: operation, jt, jf, k } = code[i]!;
      this.#reversed.push({ code: operation, jt, jf, k, ...(i === last && yes ? jumps : {}) });
    }
    this.#places.set(stretch, this.#reversed.length);
  }

  /** From what is put next to the target, or to the stone that leads there. */
  #distance(to: Piece): number {
    const direct = this.#reversed.length - this.#placeOf(to);
    return direct <= reach
      ? direct
      : this.#reversed.length - (this.#stones.get(to) ?? Number.NEGATIVE_INFINITY);
  }

  #isNear(to: Piece): boolean {
    return this.#distance(to) <= reach;
  }

  #step(to: Piece): void {
    const { block, offset } = to;
    const target = block.code[offset]!;
    const stone =
      !block.yes && offset === block.code.length - 1
        ? target
        : { code: op.JMP | op.JA, jt: 0, jf: 0, k: this.#reversed.length - this.#placeOf(to) };
    this.#reversed.push({ ...stone });
    this.#stones.set(to, this.#reversed.length);
  }
}
