/**
 * Where the boxes of the map stand: in columns, who asks on the left of who is asked (longest way from those whom
 * nobody asks; circles are cut at the edge that closes them), in each column in the order of their neighbours' middle
 * (the barycentre heuristic of Sugiyama, Tagawa and Toda, 1981), so that few lines cross.
 */
export interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Line {
  readonly from: string;
  readonly to: string;
}

export interface Layout {
  readonly boxes: ReadonlyMap<string, Box>;
  readonly width: number;
  readonly height: number;
}

export const boxHeight = 34;
const gapX = 230;
const gapY = 26;
const sweeps = 6;

export function layout(
  names: readonly string[],
  lines: readonly Line[],
  widthOf: (name: string) => number,
): Layout {
  const columns = columnsOf(names, lines);
  for (let sweep = 0; sweep < sweeps; sweep++) order(columns, lines, sweep % 2 === 0);
  const boxes = new Map<string, Box>();
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  // Ways back need room below, loops on the right.
  const height = tallest * (boxHeight + gapY) + 3 * gapY;
  let x = gapY;
  for (const column of columns) {
    const width = Math.max(0, ...column.map(widthOf));
    const free = (height - column.length * boxHeight) / (column.length + 1);
    for (const [i, name] of column.entries())
      boxes.set(name, {
        name,
        x: x + (width - widthOf(name)) / 2,
        y: free + i * (boxHeight + free),
        width: widthOf(name),
      });
    x += width + gapX;
  }
  return { boxes, width: Math.max(1, x + gapX / 3), height };
}

function columnsOf(names: readonly string[], lines: readonly Line[]): string[][] {
  const next = new Map<string, string[]>(names.map((name) => [name, []]));
  const asked = new Set<string>();
  for (const { from, to } of lines)
    if (from !== to) {
      next.get(from)?.push(to);
      asked.add(to);
    }
  const column = new Map<string, number>();
  const walk = (name: string, at: number, way: ReadonlySet<string>) => {
    if (way.has(name) || (column.get(name) ?? -1) >= at) return;
    column.set(name, at);
    const longer = new Set(way).add(name);
    for (const to of next.get(name) ?? []) walk(to, at + 1, longer);
  };
  // Those whom nobody asks first; what is left is in circles only.
  for (const name of [...names.filter((one) => !asked.has(one)), ...names])
    if (!column.has(name)) walk(name, 0, new Set());
  const columns: string[][] = [];
  for (const [name, at] of column) {
    columns[at] ??= [];
    columns[at].push(name);
  }
  return columns.filter((one) => one !== undefined);
}

function order(columns: string[][], lines: readonly Line[], isForward: boolean): void {
  const place = new Map<string, number>();
  for (const column of columns)
    for (const [i, name] of column.entries()) place.set(name, (i + 0.5) / column.length);
  for (const column of isForward ? columns : [...columns].reverse()) {
    const middle = new Map(
      column.map((name) => {
        const beside = lines.flatMap(({ from, to }) => (from === name ? [to] : to === name ? [from] : []));
        const places = beside.map((other) => place.get(other) ?? 0.5);
        const sum = places.reduce((total, at) => total + at, 0);
        return [name, places.length === 0 ? place.get(name)! : sum / places.length] as const;
      }),
    );
    column.sort((a, b) => middle.get(a)! - middle.get(b)!);
    for (const [i, name] of column.entries()) place.set(name, (i + 0.5) / column.length);
  }
}
