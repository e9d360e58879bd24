/**
 * Finding one's place in a table again after blocks were lost. They may have added entries, which shifts what
 * every index means; by how many is found by what senders repeat: under the right shift a later block reads as
 * the same names in the same order as one of those before the hole.
 */
import type { Header } from './hpack-static.ts';

/** Entries that lost blocks may have added. */
const maxShift = 64;
/** Different names that must fall into place, one more when others may be anything: fewer may do so by chance. */
const enough = 2;

/** What a block refers to: a name that is known, or how far back in the table as it was at the hole (from 1). */
export type Reference = string | number;

export interface Place {
  /** By how many entries the table has grown unseen. */
  readonly shift: number;
  /** The oldest entry it was told by: how far back it was at the hole. */
  readonly deepest: number;
  /** Names of unseen entries, by how far back they are (from 1). */
  readonly names: ReadonlyMap<number, string>;
}

/**
 * @param old the table before the hole, newest last
 * @param lists header lists from before the hole
 * @returns undefined: that cannot be told
 */
export function findPlace(
  references: readonly Reference[],
  old: readonly Header[],
  lists: readonly (readonly Header[])[],
): Place | undefined {
  const candidates = lists.filter((list) => list.length === references.length);
  if (candidates.length === 0) return undefined;
  let shift = -1;
  let like: readonly Header[] | undefined;
  for (let tried = 0; tried <= maxShift; tried++) {
    const list = candidates.find((one) => fits(references, old, tried, one));
    if (!list) continue;
    // Two places that fit are none.
    if (like) return undefined;
    like = list;
    shift = tried;
  }
  if (!like) return undefined;
  const names = new Map<number, string>();
  let deepest = 0;
  references.forEach((reference, i) => {
    if (typeof reference !== 'number') return;
    if (reference <= shift) names.set(reference, like[i]![0]);
    else deepest = Math.max(deepest, reference - shift);
  });
  return { shift, deepest, names };
}

/** Known names that must be where they were before, and no fewer than unknown ones. */
const enoughKnown = 4;

/**
 * Names of a list of which some are unknown, when all the others stand where they stood in lists from before
 * the hole: senders keep their order. undefined: that cannot be told.
 */
export function likeBefore(
  headers: readonly Header[],
  isUnknown: (name: string) => boolean,
  lists: readonly (readonly Header[])[],
): readonly string[] | undefined {
  let known = 0;
  for (const [name] of headers) if (!isUnknown(name)) known++;
  if (known < enoughKnown || known * 2 < headers.length) return undefined;
  let found: readonly string[] | undefined;
  for (const list of lists) {
    if (list.length !== headers.length) continue;
    if (!headers.every(([name], i) => isUnknown(name) || name === list[i]![0])) continue;
    const names = list.map(([name]) => name);
    if (found && names.some((name, i) => name !== found![i])) return undefined;
    found = names;
  }
  return found;
}

/** Entries that were not seen may be anything; enough others, and more of them, have to be what they should. */
function fits(
  references: readonly Reference[],
  old: readonly Header[],
  shift: number,
  list: readonly Header[],
): boolean {
  let known = 0;
  let unseen = 0;
  const names = new Set<string>();
  for (let i = 0; i < references.length; i++) {
    const reference = references[i]!;
    const name = list[i]![0];
    if (typeof reference === 'string') {
      if (reference !== name) return false;
      continue;
    }
    const back = reference - shift;
    if (back < 1) {
      unseen++;
      continue;
    }
    if (old[old.length - back]?.[0] !== name) return false;
    known++;
    names.add(name);
  }
  return unseen === 0 ? names.size >= enough : names.size > enough && known > unseen;
}
