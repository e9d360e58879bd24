/** What somebody says of a capture, as lines that can be compared. */

/** Aspect (`http request`) -> whose it is (a connection, or a stream of one) -> lines, in any order. */
export type Facts = Map<string, Map<string, string[]>>;

export function add(facts: Facts, aspect: string, key: string, line: string): void {
  let lines = facts.get(aspect);
  if (!lines) {
    lines = new Map();
    facts.set(aspect, lines);
  }
  const list = lines.get(key);
  if (list) list.push(line);
  else lines.set(key, [line]);
}

/** Sorted: who is the client is another question. */
export function endsOf(a: string, aPort: string | number, b: string, bPort: string | number): string {
  return [`${a}:${aPort}`, `${b}:${bPort}`].sort().join(' ');
}

export function count(facts: Facts, aspect: string): number {
  let n = 0;
  for (const list of facts.get(aspect)?.values() ?? []) n += list.length;
  return n;
}

/** `ours|tshark ASPECT KEY: LINE` for each line that only one has. A line of theirs that ends in ` *` fits any end. */
export function differences(mine: Facts, theirs: Facts): string[] {
  const found: string[] = [];
  for (const aspect of new Set([...mine.keys(), ...theirs.keys()])) {
    const [a, b] = [mine.get(aspect), theirs.get(aspect)];
    for (const key of new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]))
      found.push(...unlike(`${aspect} ${key}`, a?.get(key) ?? [], b?.get(key) ?? []));
  }
  return found;
}

function unlike(what: string, mine: readonly string[], theirs: readonly string[]): string[] {
  const left = [...theirs];
  const only: string[] = [];
  for (const line of mine) {
    let at = left.indexOf(line);
    if (at < 0) at = left.indexOf(`${line.slice(0, line.lastIndexOf(' ') + 1)}*`);
    if (at >= 0) left.splice(at, 1);
    else only.push(line);
  }
  return [...only.map((line) => `ours ${what}: ${line}`), ...left.map((line) => `tshark ${what}: ${line}`)];
}
