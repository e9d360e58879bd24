/**
 * Everything reachable in a graph without cycles, each before what it leads to; of two branches the first
 * one first. That is the order libpcap lays programs out in.
 */
export function inOrder<T>(
  root: T,
  first: (node: T) => T | undefined,
  second: (node: T) => T | undefined,
): T[] {
  const done: T[] = [];
  const finished = new Map<T, boolean>();
  const stack: T[] = [root];
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const state = finished.get(node);
    if (state === undefined) {
      finished.set(node, false);
      const [one, other] = [first(node), second(node)];
      // The second on top: it is finished first, and so ends up last.
      if (one !== undefined && !finished.has(one)) stack.push(one);
      if (other !== undefined && !finished.has(other)) stack.push(other);
      continue;
    }
    stack.pop();
    if (state) continue;
    finished.set(node, true);
    done.push(node);
  }
  return done.reverse();
}
