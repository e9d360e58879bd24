/** What somebody may have meant. */

/** Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** A name is at most 255 bytes in every runtime; longer ones are not worth the square. */
const lengthMax = 255;

/** The names most like `wanted`, best first: a third of it mistyped, or it is a part of the name. */
export function nearest(wanted: string, names: readonly string[], limit = 3): string[] {
  if (wanted.length > lengthMax) return [];
  const w = wanted.toLowerCase();
  const scored: { name: string; score: number }[] = [];
  for (const name of new Set(names)) {
    const n = name.toLowerCase();
    if (n.length > lengthMax) continue;
    const distance = editDistance(w, n);
    // A part of a name is a likely meaning when it is more than a letter or two.
    const part = w.length >= 3 && n.includes(w);
    if (part || distance <= Math.max(1, Math.floor(w.length / 3)))
      scored.push({ name, score: part ? Math.min(distance, 1.5) : distance });
  }
  scored.sort((x, y) => x.score - y.score || (x.name < y.name ? -1 : 1));
  return scored.slice(0, limit).map((s) => s.name);
}
