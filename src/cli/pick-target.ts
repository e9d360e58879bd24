/** The list of what can be watched as the picker shows it: rates are of the interfaces' own counters. */
import type { Target } from '../model/index.ts';
import { type RuntimeChoice, sampleTraffic, type TrafficSample } from '../target/index.ts';
import { type PickRow, pick } from '../tui/picker.ts';
import type { Stage } from '../tui/stage.ts';
import { runtimeText } from './commands/ps.ts';
import { listTargets } from './listing.ts';
import { formatRate } from './table.ts';

interface Seen {
  readonly target: Target;
  readonly sample: TrafficSample | undefined;
  /** performance.now() */
  readonly at: number;
}

/** The one that was chosen; undefined: none. */
export async function pickTarget(
  stage: Stage,
  first: readonly Target[],
  choice: RuntimeChoice = {},
): Promise<Target | undefined> {
  let seen = new Map<string, Seen>();
  const rowsOf = (targets: readonly Target[]): PickRow[] => {
    const before = seen;
    seen = new Map(
      targets.map((target) => [
        keyOf(target),
        { target, sample: sampleTraffic(target), at: performance.now() },
      ]),
    );
    return [...seen].map(([key, now]) => rowOf(key, now, before.get(key)));
  };
  const chosen = await pick(
    stage,
    rowsOf(first),
    async () => rowsOf(await listTargets(() => {}, choice)),
    formatRate,
  );
  return chosen === undefined ? undefined : seen.get(chosen)?.target;
}

const keyOf = ({ netns, name }: Target) => `${netns}/${name}`;

function rowOf(key: string, { target, sample, at }: Seen, before: Seen | undefined): PickRow {
  const rate = (of: 'rxBytes' | 'txBytes' | 'loopbackBytes') =>
    sample && before?.sample
      ? Math.max(0, ((sample[of] - before.sample[of]) * 1000) / (at - before.at))
      : undefined;
  return {
    key,
    name: target.name,
    runtime: runtimeText(target),
    image: target.image || '<none>',
    address: addressOf(target),
    inRate: rate('rxBytes'),
    outRate: rate('txBytes'),
    loRate: rate('loopbackBytes'),
  };
}

/** The first that others reach it by; link-local ones say nothing. */
const addressOf = ({ addresses }: Target): string =>
  addresses.find((address) => !/^fe80:/i.test(address)) ?? addresses[0] ?? '<none>';
