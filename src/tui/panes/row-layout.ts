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
/** The subject's texts are seen up to here before names and addresses are. */
const mainRoom = 48;

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
    if (now === undefined || c.grows > 0) continue;
    const more = Math.max(0, Math.min(ideal(c) - now, c.rank > 2 ? Math.floor(room / 3) : room));
    given.set(c.name, now + more);
    room -= more;
  }
  // The one that grows most is given what its texts need, up to a point, before the others are made comfortable.
  const main = columns.find((c) => c.grows > 1 && given.has(c.name));
  const others = columns.filter((c) => c.grows === 1 && given.has(c.name));
  const needed = main ? Math.min(mainRoom, ideal(main)) - given.get(main.name)! : 0;
  let spare = Math.max(Math.floor(room / 4), room - Math.max(0, needed));
  others.forEach((c, i) => {
    const now = given.get(c.name)!;
    const more = Math.max(0, Math.min(ideal(c) - now, Math.floor(spare / (others.length - i))));
    given.set(c.name, now + more);
    spare -= more;
    room -= more;
  });
  if (main) given.set(main.name, given.get(main.name)! + room);
  let x = 0;
  return columns
    .filter((c) => given.has(c.name))
    .map((c) => {
      const placed = { ...c, x, width: given.get(c.name)! };
      x += placed.width + 1;
      return placed;
    });
}
