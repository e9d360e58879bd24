// Regular expressions that cannot hang: no backtracking, time by the length of the subject alone. Syntax and
// meaning are PCRE's as Wireshark's `matches` uses it: over bytes, case ignored unless (?-i). What needs
// backtracking (references, looking around, possessive and atomic groups) is refused.
import { Finder } from './finder.ts';
import { Matcher } from './matcher.ts';
import { parsePattern } from './parse.ts';
import { assemble } from './program.ts';

export type { Finder } from './finder.ts';
export type { Matcher } from './matcher.ts';
export { PatternError } from './syntax.ts';

/** @throws PatternError */
export function createMatcher(pattern: string): Matcher {
  return new Matcher(assemble(parsePattern(pattern)));
}

/** For who needs to know where. @throws PatternError */
export function createFinder(pattern: string): Finder {
  return new Finder(assemble(parsePattern(pattern)));
}
