/** An input for one case: a seed, changed in a few places. */
import type { Random } from './random.ts';
import type { Target } from './target.ts';

/** Values at which length and sign checks break. */
const edges = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 191, 192, 254, 255];
const encode = new TextEncoder();

export function makeInput(target: Target, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const limit = target.maxLength ?? 4096;
  let input = seeds.length > 0 && !random.chance(50) ? random.pick(seeds) : noise(random, limit);
  // Now and then as it is: the seeds themselves must pass.
  for (let count = random.size(8); count > 0; count--) input = change(input, target, seeds, random);
  return input.slice(0, limit);
}

function noise(random: Random, limit: number): Uint8Array {
  return Uint8Array.from({ length: random.size(Math.min(limit, 512)) }, () => random.below(256));
}

type Change = (b: Uint8Array, random: Random, target: Target, seeds: readonly Uint8Array[]) => Uint8Array;

const changes: readonly Change[] = [
  (b, r) => set(b, r.below(b.length), (c) => c ^ (1 << r.below(8))),
  (b, r) => set(b, r.below(b.length), () => r.below(256)),
  (b, r) => set(b, r.below(b.length), () => r.pick(edges)),
  (b, r) => set(b, r.below(b.length), (c) => c + r.below(9) - 4),
  // Two and four bytes: lengths and counts.
  (b, r) => splice(b, r.below(b.length), 2, Uint8Array.of(r.pick(edges), r.pick(edges))),
  (b, r) => splice(b, r.below(b.length), 4, Uint8Array.of(0, 0, r.pick(edges), r.pick(edges))),
  (b, r) => splice(b, r.below(b.length), 4, Uint8Array.of(r.pick(edges), r.pick(edges), 0, 0)),
  (b, r) => b.slice(0, r.below(b.length + 1)),
  (b, r) => splice(b, r.below(b.length), r.size(32), new Uint8Array(0)),
  (b, r) => splice(b, r.below(b.length + 1), 0, noise(r, 32)),
  (b, r) => {
    const from = r.below(b.length);
    return splice(b, r.below(b.length + 1), 0, b.slice(from, from + r.size(64)));
  },
  (b, r) => splice(b, r.below(b.length + 1), 0, new Uint8Array(r.size(300)).fill(r.pick(edges))),
  (b, r, target) => {
    const token = target.tokens?.length ? encode.encode(r.pick(target.tokens)) : noise(r, 4);
    return splice(b, r.below(b.length + 1), r.chance(2) ? 0 : token.length, token);
  },
  // Two seeds in one: the first's beginning, the second's end.
  (b, r, _target, seeds) => {
    if (seeds.length === 0) return b;
    const other = r.pick(seeds);
    return concat(b.subarray(0, r.below(b.length + 1)), other.subarray(r.below(other.length + 1)));
  },
];

function change(b: Uint8Array, target: Target, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  return random.pick(changes)(b, random, target, seeds);
}

function set(b: Uint8Array, at: number, value: (before: number) => number): Uint8Array {
  if (b.length === 0) return b;
  const copy = b.slice();
  copy[at] = value(copy[at]!);
  return copy;
}

function splice(b: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return concat(b.subarray(0, at), insert, b.subarray(at + remove));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
