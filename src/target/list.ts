/** Everything on this host that can be watched: for `ps`, the overview and pickers. */
import type { Target } from '../model/index.ts';
import { takeCensus } from './census.ts';
import type { RuntimeChoice } from './discover.ts';
import { TargetError } from './errors.ts';
import { targetOfContainer, targetOfProcess } from './locate.ts';
import { type InspectNamespace, namedNamespaces, targetsOfName } from './netns.ts';
import { eldest, processesByNetns } from './proc/scan.ts';
import { isHostNetns } from './proc/stat.ts';
import { type Container, mayRun, type Runtime } from './runtime.ts';

export interface ListOptions extends RuntimeChoice {
  readonly runtimes?: readonly Runtime[];
  readonly inspectNamespace?: InspectNamespace;
  /** A line for people: a runtime that does not answer, a container that cannot be looked at. */
  readonly note?: (text: string) => void;
}

/** The daemon answers one question in about a millisecond; more at once only queue up there. */
const questionsAtOnce = 8;

/**
 * Running containers, then named namespaces, then other namespaces by their first process; the
 * host's own is not among them. Never throws for one that cannot be looked at: netns is 0 then.
 */
export async function list(options: ListOptions = {}): Promise<Target[]> {
  const note = options.note ?? (() => {});
  const census = takeCensus(options.runtimes, options);
  const running = (await census.list()).filter(mayRun);
  for (const failure of census.failures()) note(failure.message);
  const targets: Target[] = [];
  const seat = async (container: Container) => {
    try {
      const now = container.pid > 0 ? container : await census.again(container);
      const target = now && now.pid > 0 ? targetOfContainer(now, true) : undefined;
      if (target) targets.push(target);
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      note(error.message);
    }
  };
  for (let i = 0; i < running.length; i += questionsAtOnce)
    await Promise.all(running.slice(i, i + questionsAtOnce).map(seat));
  targets.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return [...targets, ...others(new Set(targets.map((t) => t.netns)), options)];
}

function others(taken: Set<number>, { inspectNamespace, note = () => {} }: ListOptions): Target[] {
  const processes = processesByNetns();
  const found: Target[] = [];
  for (const name of namedNamespaces()) {
    try {
      const [target] = targetsOfName(name, inspectNamespace, (netns) => processes.get(netns)?.[0] ?? 0);
      if (!target || taken.has(target.netns) || target.hostNetwork) continue;
      taken.add(target.netns);
      found.push(target);
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      note(error.message);
    }
  }
  for (const [netns, pids] of processes) {
    if (taken.has(netns) || isHostNetns(netns)) continue;
    try {
      const target = targetOfProcess(eldest(pids));
      if (target && target.netns === netns) found.push(target);
    } catch (error) {
      // It became unreadable meanwhile: then it is as if it had ended.
      if (!(error instanceof TargetError)) throw error;
    }
  }
  return found;
}
