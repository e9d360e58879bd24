/** Which columns of the list there is room for, and how wide they are. */
export interface ColumnPlan {
  readonly name: string;
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Below this it is left out. */
  readonly least: number;
  /** As wide as its texts, but no wider. */
  readonly most: number;
  /** Lower ones are given room first. */
  readonly rank: number;
  /** Share of what room is left over. */
  readonly grows: number;
}

export interface Placed extends ColumnPlan {
  readonly x: number;
  readonly width: number;
}

const plan = (
  name: string,
  head: string,
  align: 'left' | 'right',
  least: number,
  most: number,
  rank: number,
  grows = 0,
): ColumnPlan => ({ name, head, align, least, most, rank, grows });

/** In the order in which they stand. */
export const usual: readonly ColumnPlan[] = [
  plan('time', 'TIME', 'left', 8, 12, 1),
  plan('target', 'TARGET', 'left', 8, 20, 3),
  plan('client', 'CLIENT', 'left', 14, 28, 8, 1),
  plan('server', 'SERVER', 'left', 14, 28, 4, 1),
  plan('protocol', 'PROTO', 'left', 5, 9, 5),
  plan('operation', 'WHAT', 'left', 4, 12, 2),
  plan('subject', 'SUBJECT', 'left', 16, 4096, 0, 6),
  plan('result', 'RESULT', 'left', 6, 22, 1),
  plan('size', 'SIZE', 'right', 7, 8, 7),
  plan('duration', 'TOOK', 'right', 6, 8, 2),
];

/** Columns of this rank and above are shown only where the subject then still has so much beyond its least. */
const luxury = 5;
const subjectRoom = 8;

/**
 * @param widest columns that the texts of each take, by name
 * @param extra columns that were asked for: never left out before the usual ones that say less than they
 */
export function layout(
  width: number,
  widest: ReadonlyMap<string, number>,
  columns: readonly ColumnPlan[],
): Placed[] {
  const ideal = (c: ColumnPlan) =>
    Math.max(c.least, Math.min(c.most, Math.max(c.head.length, widest.get(c.name) ?? 0)));
  const given = new Map<string, number>();
  let room = width;
  for (const c of [...columns].sort((a, b) => a.rank - b.rank)) {
    const gap = given.size > 0 ? 1 : 0;
    if (c.least + gap + (c.rank >= luxury ? subjectRoom : 0) > room) continue;
    given.set(c.name, c.least);
    room -= c.least + gap;
  }
  // First what texts need, in order of rank; then what is left, by shares.
  for (const c of [...columns].sort((a, b) => a.rank - b.rank)) {
    const now = given.get(c.name);
    // The one that grows most waits: it takes what nobody needs.
    if (now === undefined || c.grows > 1) continue;
    const more = Math.max(0, Math.min(ideal(c) - now, c.rank > 2 ? Math.floor(room / 3) : room));
    given.set(c.name, now + more);
    room -= more;
  }
  const growing = columns.filter((c) => c.grows > 0 && given.has(c.name));
  const shares = growing.reduce((sum, c) => sum + c.grows, 0);
  let left = room;
  for (const c of [...growing].sort((a, b) => a.grows - b.grows)) {
    const want =
      c.grows > 1 ? left : Math.min(ideal(c) - given.get(c.name)!, Math.floor((room * c.grows) / shares));
    const more = Math.max(0, Math.min(want, left));
    given.set(c.name, given.get(c.name)! + more);
    left -= more;
  }
  let x = 0;
  return columns
    .filter((c) => given.has(c.name))
    .map((c) => {
      const placed = { ...c, x, width: given.get(c.name)! };
      x += placed.width + 1;
      return placed;
    });
}
