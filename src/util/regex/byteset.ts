/** A set of bytes: what one place of a pattern takes. */
export type ByteSet = Uint8Array;

/** One flag a byte: patterns are small, and a flag is read faster than a bit. */
export const emptySet = (): ByteSet => new Uint8Array(256);

export function setOf(...bytes: readonly number[]): ByteSet {
  const set = emptySet();
  for (const b of bytes) set[b] = 1;
  return set;
}

export function addRange(set: ByteSet, from: number, to: number): ByteSet {
  set.fill(1, from, to + 1);
  return set;
}

export function inverse(set: ByteSet): ByteSet {
  return set.map((flag) => 1 - flag);
}

export function union(into: ByteSet, other: ByteSet): ByteSet {
  for (let b = 0; b < 256; b++) into[b]! |= other[b]!;
  return into;
}

/** Letters of ASCII in both cases: bytes above are parts of UTF-8, of which no case is known. */
export function foldCase(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let upper = 65; upper <= 90; upper++)
    if (set[upper] || set[upper + 32]) folded[upper] = folded[upper + 32] = 1;
  return folded;
}

const range = (...pairs: readonly (readonly [number, number])[]) =>
  pairs.reduce((set, [from, to]) => addRange(set, from, to), emptySet());

const digits = range([48, 57]);
const space = range([9, 13], [32, 32]);
export const wordBytes = range([48, 57], [65, 90], [95, 95], [97, 122]);
const blank = setOf(9, 32);

/** The escapes that stand for a set; upper case is all the rest. */
export const classEscapes: Readonly<Record<string, ByteSet>> = {
  d: digits,
  D: inverse(digits),
  s: space,
  S: inverse(space),
  w: wordBytes,
  W: inverse(wordBytes),
  h: blank,
  H: inverse(blank),
  N: inverse(setOf(10)),
};

/** `[:name:]` within brackets, in the C locale. */
export const posixClasses: Readonly<Record<string, ByteSet>> = {
  alpha: range([65, 90], [97, 122]),
  digit: digits,
  alnum: range([48, 57], [65, 90], [97, 122]),
  upper: range([65, 90]),
  lower: range([97, 122]),
  space,
  blank,
  punct: range([33, 47], [58, 64], [91, 96], [123, 126]),
  xdigit: range([48, 57], [65, 70], [97, 102]),
  word: wordBytes,
  print: range([32, 126]),
  graph: range([33, 126]),
  cntrl: range([0, 31], [127, 127]),
  ascii: range([0, 127]),
};
