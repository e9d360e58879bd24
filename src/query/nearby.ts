/** Names somebody may have meant. */
import { editDistance, nearest } from '../util/nearest.ts';
import { namedLimit } from './limits.ts';
import type { Schema } from './schema.ts';

/** `a, b or c`; '' when none is near. */
export function nearNames(wanted: string, names: readonly string[]): string {
  return listed(nearest(wanted, names, 3));
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, namedLimit);
  if (names.length > shown.length) return `${shown.join(', ')} ...`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/** Everything that can be named, as completion and errors offer it. */
export function allNames(schema: Schema): string[] {
  return [
    ...schema.fields.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...schema.protocols.map(({ name }) => name),
  ];
}

/**
 * Fields near an unknown one: by spelling, or those that end alike (`status`, `http.status` -> what has that
 * in its name).
 */
export function nearFields(wanted: string, schema: Schema): string {
  const names = allNames(schema);
  const near = nearest(wanted, names, 3);
  if (near.length > 0) return listed(near);
  const last = wanted.slice(wanted.lastIndexOf('.') + 1).toLowerCase();
  return last.length < 3 ? '' : listed(names.filter((name) => name.toLowerCase().includes(last)).slice(0, 3));
}

/** Letters mistyped in a word that was meant to be a name: two only where enough are left. */
const slipsIn = (word: string) => (word.length < 4 ? 0 : word.length < 8 ? 1 : 2);

/** Names that a word standing alone is very like, wholly or in their last part: `methd`, `htp.request.method`. */
export function likelyNames(word: string, schema: Schema): string {
  const wanted = word.toLowerCase();
  const slips = slipsIn(wanted);
  return listed(
    allNames(schema).filter((name) => {
      const last = name.slice(name.lastIndexOf('.') + 1);
      return last === wanted || isLike(name, wanted, slips) || isLike(last, wanted, slips);
    }),
  );
}

function isLike(name: string, wanted: string, slips: number): boolean {
  return Math.abs(name.length - wanted.length) <= slips && editDistance(name, wanted) <= slips;
}
