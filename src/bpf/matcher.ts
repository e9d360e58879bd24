import type { FilterProgram } from '../model/index.ts';
import { interpret } from './vm.ts';

/** True when the packet at buf[start .. start + capLen) passes. Allocates nothing. */
export type Matcher = (buf: Uint8Array, start: number, capLen: number, origLen: number) => boolean;

/** @throws RangeError when the program is not valid */
export function createMatcher(program: FilterProgram): Matcher {
  const run = interpret(program.instructions);
  return (buf, start, capLen, origLen) => run(buf, start, capLen, origLen) !== 0;
}
