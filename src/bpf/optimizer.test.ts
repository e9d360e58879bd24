/** Optimization never changes a verdict: random conditions over a few bytes, on every packet there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { assemble } from './assembler.ts';
import { and, type Condition, compare, decide, not, or, prepare, type TestRelation } from './conditions.ts';
import { emit } from './emit.ts';
import { graphOf, placePreparations } from './graph.ts';
import { type Manner, optimize } from './optimizer.ts';
import { share } from './share.ts';
import { calculate, type Value, Values } from './values.ts';
import { findFault, interpret } from './vm.ts';

const bytes = 4;
/** Each byte is below it. */
const range = 4;
const packets = Array.from({ length: range ** bytes }, (_, n) =>
  Uint8Array.from({ length: bytes }, (_, i) => Math.floor(n / range ** i) % range),
);
const manners: Manner[] = (['atHand', 'asTheyCame', 'never'] as const).flatMap((grouping) =>
  [true, false].map((dropsIdle) => ({ grouping, dropsIdle })),
);

class Maker {
  readonly values = new Values();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  value(depth: number): Value {
    const { values } = this;
    const random = this.#random;
    const byte = () => values.load(1, random.below(bytes));
    if (depth === 0 || random.chance(2))
      return random.chance(6) ? values.number(random.below(range)) : byte();
    const operator = random.pick(['+', '-', '&', '|', '^', '*'] as const);
    if (random.chance(4)) {
      const test = values.test(byte(), random.pick(['==', '>'] as const), values.number(random.below(range)));
      return values.choice(test, this.value(depth - 1), this.value(depth - 1));
    }
    return values.binary(operator, this.value(depth - 1), this.value(depth - 1));
  }

  condition(depth: number): Condition {
    const random = this.#random;
    if (depth === 0 || random.chance(5)) {
      const relation = random.pick<TestRelation>(['==', '==', '==', '>', '>=', '&']);
      const right = random.chance(5) ? this.value(1) : this.values.number(random.below(range));
      return compare(this.values, this.value(random.chance(3) ? 2 : 0), relation, right);
    }
    if (random.chance(6)) return not(this.condition(depth - 1));
    const parts = Array.from({ length: 2 + random.below(3) }, () => this.condition(depth - 1));
    if (random.chance(8)) parts.splice(1, 0, prepare(this.values, [this.value(2)]));
    return random.chance(2) ? and(...parts) : or(...parts);
  }
}

function numberOf(value: Value, packet: Uint8Array): number {
  switch (value.kind) {
    case 'number':
      return value.value;
    case 'packetLength':
      return packet.length;
    case 'load':
      return packet[value.offset]!;
    case 'negate':
      return calculate('-', 0, numberOf(value.operand, packet));
    case 'binary':
      return calculate(value.operator, numberOf(value.left, packet), numberOf(value.right, packet));
    case 'choice': {
      const { left, relation, right } = value.test;
      const holds = decide(relation, numberOf(left, packet), numberOf(right, packet));
      return numberOf(holds ? value.yes : value.no, packet);
    }
  }
}

function verdictOf(condition: Condition, packet: Uint8Array): boolean {
  switch (condition.kind) {
    case 'constant':
      return condition.value;
    case 'test': {
      const { left, relation, right } = condition.test;
      return decide(relation, numberOf(left, packet), numberOf(right, packet));
    }
    case 'and':
      return condition.parts.every((part) => verdictOf(part, packet));
    case 'or':
      return condition.parts.some((part) => verdictOf(part, packet));
    case 'not':
      return !verdictOf(condition.part, packet);
    case 'prepare':
      return true;
  }
}

test('every manner keeps every verdict', () => {
  const lengths = new Map<string, number>();
  for (let seed = 1; seed <= 600; seed++) {
    const random = new Random(seed);
    const condition = new Maker(random).condition(2 + random.below(3));
    const expected = packets.map((packet) => verdictOf(condition, packet));
    for (const manner of [undefined, ...manners]) {
      const graph = graphOf(condition)!;
      const root = placePreparations(manner ? optimize(graph, manner).root : graph);
      const program = assemble(share(emit(root, 1), root));
      assert.equal(findFault(program), '', `seed ${seed}`);
      const run = interpret(program);
      packets.forEach((packet, i) => {
        const verdict = run(packet, 0, packet.length, packet.length) !== 0;
        assert.equal(verdict, expected[i], `seed ${seed}, ${JSON.stringify(manner)}, packet ${packet}`);
      });
      const name = manner ? `${manner.grouping} ${manner.dropsIdle}` : 'none';
      lengths.set(name, (lengths.get(name) ?? 0) + program.length);
    }
  }
  for (const [name, length] of lengths) if (name !== 'none') assert.ok(length < lengths.get('none')!, name);
});
