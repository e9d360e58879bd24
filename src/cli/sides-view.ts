/** Views of conversations: what is seen in several places is told once, in time, with the processes that hold it. */
import type { Sink } from '../model/index.ts';
import { Owners, Sides } from '../pipeline/index.ts';
import type { Setting, View } from './capture.ts';
import { ownedSocket } from './pipeline-view.ts';

/**
 * Entries come as soon as they are decoded, over ways of different length (of packets, those of all nodes are put in
 * order first, with as much patience: kube/cluster-source.ts).
 */
const nodesPatienceMs = 200;

export interface SidesAndOwners {
  readonly sides: Sides;
  readonly owners: Owners;
}

/** @param bothSides what is seen in several places is told as often */
export function sidesOf(setting: Setting, sink: Sink, bothSides: boolean): SidesAndOwners {
  const owners = new Owners();
  const sides = new Sides(sink, {
    owners,
    isMerged: !bothSides,
    ...(setting.live ? { now: () => performance.now() } : {}),
    ...(setting.isDecoded ? { patienceMs: nodesPatienceMs } : {}),
  });
  return { sides, owners };
}

/** @param view whose pipeline has the sides among its sinks */
export function withSides<V extends View>(view: V, { sides, owners }: SidesAndOwners): V {
  const telling = tellInTime(sides);
  return {
    ...view,
    tap: {
      ...view.tap,
      batch() {
        const wait = view.tap.batch?.();
        telling.look();
        return wait;
      },
    },
    async finish(counters) {
      telling.stop();
      await view.finish(counters);
    },
    owners(news) {
      view.owners?.(news);
      owners.learn(news.inode, news.at, news.owners.map(ownedSocket));
    },
  };
}

/** What waits for its other views is told in time, packets or not. */
function tellInTime(sides: Sides): { look(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (timer !== undefined || !sides.isWaiting) return;
    timer = setTimeout(() => {
      timer = undefined;
      void sides.batch();
      look();
    }, sides.patienceMs);
  };
  return { look, stop: () => clearTimeout(timer) };
}
