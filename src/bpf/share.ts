/**
 * Shares code: where the instructions of a block are the end of another's, and both go on to the same
 * places, jumps lead into the other. It does not matter what the registers hold there.
 */
import type { Blocks } from './emit.ts';
import type { Target } from './graph.ts';
import type { Ordered } from './order.ts';
import type { Instruction } from './registers.ts';

/** Code from a place in a block to its end. */
export interface Piece {
  readonly number: number;
  block: Stretch;
  /** Instructions of the block before it. */
  offset: number;
}

/** Instructions in a row; the last one decides between two pieces, or returns. */
export interface Stretch extends Ordered {
  readonly code: readonly Instruction[];
  readonly yes: Piece | undefined;
  readonly no: Piece | undefined;
  /** Those that lie in it. */
  pieces: Piece[];
}

/** The piece that `root` has become. */
export function share(blocks: Blocks, root: Target): Piece {
  const known = new Map<string, Piece>();
  const pieceOf = new Map<Target, Piece>();
  // From the end: where a block goes on to is settled before it.
  for (const [target, { code, yes, no }] of [...blocks].reverse()) {
    const stretch: Stretch = {
      code,
      yes: yes && pieceOf.get(yes)!,
      no: no && pieceOf.get(no)!,
      pieces: [],
      walk: 0,
    };
    let rest: Piece | undefined;
    for (let offset = code.length - 1; offset >= 0; offset--) {
      const { code: operation, k, jt, jf } = code[offset]!;
      const next = rest ? `${rest.number}` : `${stretch.yes?.number}:${stretch.no?.number}`;
      const key = `${operation},${k},${jt},${jf}>${next}`;
      let piece = known.get(key);
      if (!piece) {
        // A whole block that is the end of this one moves into it.
        if (rest?.offset === 0 && rest.block !== stretch) moveInto(stretch, rest.block, offset + 1);
        piece = { number: known.size, block: stretch, offset };
        stretch.pieces.push(piece);
        known.set(key, piece);
      }
      rest = piece;
    }
    pieceOf.set(target, rest!);
  }
  return pieceOf.get(root)!;
}

function moveInto(stretch: Stretch, moved: Stretch, offset: number): void {
  for (const piece of moved.pieces) {
    piece.block = stretch;
    piece.offset += offset;
  }
  stretch.pieces.push(...moved.pieces);
  moved.pieces = [];
}
