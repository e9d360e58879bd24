/**
 * Everything reachable in a graph without cycles, each before what it leads to; of two branches the first
 * one first. That is the order libpcap lays programs out in.
 */
export function inOrder<T extends Ordered>(
  root: T,
  first: (node: T) => T | undefined,
  second: (node: T) => T | undefined,
): T[] {
  const done: T[] = [];
  walks += 2;
  const entered = walks;
  const finished = walks + 1;
  const stack: T[] = [root];
  while (stack.length > 0) {
    const node = stack[stack.length - 1]!;
    if (node.walk < entered) {
      node.walk = entered;
      const one = first(node);
      const other = second(node);
      // The second on top: it is finished first, and so ends up last.
      if (one !== undefined && one.walk < entered) stack.push(one);
      if (other !== undefined && other.walk < entered) stack.push(other);
      continue;
    }
    stack.pop();
    if (node.walk === finished) continue;
    node.walk = finished;
    done.push(node);
  }
  return done.reverse();
}

/** Walks so far, two numbers each: a graph is walked a dozen times, and marks cost less than a set of nodes. */
let walks = 0;

/** What can be put in order. */
export interface Ordered {
  /** The number of the walk that came by last; 0: none. */
  walk: number;
}
