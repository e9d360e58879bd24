/**
 * Which offsets are taken for true. Clocks of one cluster are kept together by NTP far better than they can be
 * measured from outside: nodes whose bounds have a value in common are given the same one, so that what is right
 * between them stays right. The largest such group first, as RFC 5905 section 11.2.1 chooses among servers.
 */
import type { ClockBounds } from './clock.ts';

/**
 * For each the milliseconds that its clock is taken to be ahead. 0 where nothing proves otherwise; then what is in
 * use, so that nothing moves without need; else the middle of what the group has in common.
 * @param used what each is taken for now; undefined: nothing yet
 */
export function agreed(bounds: readonly ClockBounds[], used: readonly (number | undefined)[] = []): number[] {
  const found = new Array<number>(bounds.length).fill(0);
  let open = bounds.map((_, i) => i).filter((i) => Number.isFinite(bounds[i]!.highMs - bounds[i]!.lowMs));
  while (open.length > 0) {
    const value = valueOfMost(open, bounds, used);
    const others: number[] = [];
    for (const i of open)
      if (holds(bounds[i]!, value)) found[i] = value;
      else others.push(i);
    open = others;
  }
  return found;
}

const holds = ({ lowMs, highMs }: ClockBounds, value: number) => lowMs <= value && value <= highMs;

function valueOfMost(
  open: readonly number[],
  bounds: readonly ClockBounds[],
  used: readonly (number | undefined)[],
): number {
  const regions = commonOfMost(open.map((i) => bounds[i]!));
  const within = (value: number) => regions.some((region) => holds(region, value));
  if (within(0)) return 0;
  const votes = new Map<number, number>();
  for (const i of open) {
    const value = used[i];
    if (value !== undefined && within(value)) votes.set(value, (votes.get(value) ?? 0) + 1);
  }
  let best: number | undefined;
  for (const [value, count] of votes) if (best === undefined || count > votes.get(best)!) best = value;
  return best ?? (regions[0]!.lowMs + regions[0]!.highMs) / 2;
}

/** Where as many as possible overlap; in order, at least one. */
function commonOfMost(all: readonly ClockBounds[]): ClockBounds[] {
  const lows = Float64Array.from(all, ({ lowMs }) => lowMs).sort();
  const highs = Float64Array.from(all, ({ highMs }) => highMs).sort();
  let regions: ClockBounds[] = [];
  let most = 0;
  // Between the low bound that makes it `depth` deep and the next high one.
  for (let low = 0, high = 0; low < lows.length; low++) {
    while (highs[high]! < lows[low]!) high++;
    const depth = low + 1 - high;
    if (depth < most) continue;
    if (depth > most) regions = [];
    most = depth;
    regions.push({ lowMs: lows[low]!, highMs: highs[high]! });
  }
  return regions;
}
