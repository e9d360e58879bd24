/** Containers starting and ending, from every runtime that answers. */
import { defaultRuntimes } from './census.ts';
import { TargetError } from './errors.ts';
import type { ContainerEvent, Runtime, Subscription } from './runtime.ts';

export interface WatchEventsOptions {
  readonly runtimes?: readonly Runtime[];
  /** A runtime tells no more; the others go on. */
  readonly onEnd?: (runtime: string, reason: Error) => void;
}

/**
 * Calls `onEvent` for what happens from now on, until closed. Throws TargetError when no runtime can
 * be asked; one of several that cannot is told to `onEnd`.
 */
export async function watchEvents(
  onEvent: (event: ContainerEvent) => void,
  options: WatchEventsOptions = {},
): Promise<Subscription> {
  const runtimes = options.runtimes ?? (await defaultRuntimes());
  const answers = await Promise.allSettled(
    runtimes.map((r) => r.watchEvents(onEvent, (reason) => options.onEnd?.(r.name, reason))),
  );
  const open = answers.filter((a) => a.status === 'fulfilled').map((a) => a.value);
  const refusals = answers.flatMap((a, i) =>
    a.status === 'rejected' ? [{ runtime: runtimes[i]!.name, reason: a.reason as Error }] : [],
  );
  const bug = refusals.find(({ reason }) => !(reason instanceof TargetError));
  if (bug || (open.length === 0 && refusals.length > 0)) {
    for (const subscription of open) subscription.close();
    throw (bug ?? refusals[0]!).reason;
  }
  for (const { runtime, reason } of refusals) options.onEnd?.(runtime, reason);
  return {
    close() {
      for (const subscription of open) subscription.close();
    },
  };
}
