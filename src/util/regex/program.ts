/** A pattern as a nondeterministic automaton (Thompson, "Regular expression search algorithm", 1968). */
import type { ByteSet } from './byteset.ts';
import type { Assertion, Pattern } from './syntax.ts';

export const Op = { set: 0, split: 1, assert: 2, match: 3 } as const;
export type Op = (typeof Op)[keyof typeof Op];

export interface Instruction {
  readonly op: Op;
  /** Where it goes on; of a split the first way. */
  next: number;
  /** Of a split the second way. */
  readonly other: number;
  readonly set: ByteSet | undefined;
  readonly what: Assertion | undefined;
}

export interface Program {
  readonly code: readonly Instruction[];
  readonly start: number;
  /** Every way begins at the subject's start. */
  readonly anchored: boolean;
  readonly hasAssertions: boolean;
}

/** Written from the end to the beginning, so that each instruction knows what follows it. */
export function assemble(pattern: Pattern): Program {
  const code: Instruction[] = [];
  const add = (op: Op, next: number, rest: Partial<Instruction> = {}): number =>
    code.push({ op, next, other: -1, set: undefined, what: undefined, ...rest }) - 1;

  function write(p: Pattern, next: number): number {
    switch (p.kind) {
      case 'empty':
        return next;
      case 'set':
        return add(Op.set, next, { set: p.set });
      case 'assert':
        return add(Op.assert, next, { what: p.what });
      case 'sequence':
        return p.items.reduceRight((behind, item) => write(item, behind), next);
      case 'choice': {
        const ways = p.items.map((item) => write(item, next));
        return ways.reduceRight((other, way) => add(Op.split, way, { other }));
      }
      case 'repeat': {
        let behind = next;
        if (p.max === Number.POSITIVE_INFINITY) {
          const loop = add(Op.split, -1, { other: next });
          code[loop]!.next = write(p.item, loop);
          behind = loop;
        } else {
          for (let i = p.min; i < p.max; i++) behind = add(Op.split, write(p.item, behind), { other: next });
        }
        for (let i = 0; i < p.min; i++) behind = write(p.item, behind);
        return behind;
      }
    }
  }

  const match = add(Op.match, -1);
  const start = write(pattern, match);
  return {
    code,
    start,
    anchored: isAnchored(pattern),
    hasAssertions: code.some((instruction) => instruction.op === Op.assert),
  };
}

function isAnchored(p: Pattern): boolean {
  switch (p.kind) {
    case 'assert':
      return p.what === 'start';
    case 'sequence':
      return p.items.length > 0 && isAnchored(p.items.find((item) => item.kind !== 'empty') ?? p.items[0]!);
    case 'choice':
      return p.items.every(isAnchored);
    case 'repeat':
      return p.min > 0 && isAnchored(p.item);
    default:
      return false;
  }
}
