/** One question to every runtime, asked once per look-up. */
import { TargetError } from './errors.ts';
import type { Container, Runtime } from './runtime.ts';

export interface Census {
  /** What each runtime finds under that name or id; `runtime` '' asks all. */
  find(nameOrId: string, runtime: string): Promise<Container[]>;
  /** Every container of every runtime that answers. */
  list(): Promise<Container[]>;
  /** The same container as it is now. */
  again(container: Container): Promise<Container | undefined>;
  /** Why runtimes did not answer so far. */
  failures(): readonly TargetError[];
}

/** The runtimes this build knows. Loaded when first asked: a pid needs none of them. */
export async function defaultRuntimes(): Promise<Runtime[]> {
  const { Docker } = await import('./docker/index.ts');
  return [new Docker()];
}

export function takeCensus(given?: readonly Runtime[]): Census {
  let runtimes: Promise<readonly Runtime[]> | undefined;
  let listed: Promise<Container[]> | undefined;
  const failures = new Map<Runtime, TargetError>();
  const known = () => {
    runtimes ??= given ? Promise.resolve(given) : defaultRuntimes();
    return runtimes;
  };

  async function askAll<T>(wanted: readonly Runtime[], ask: (runtime: Runtime) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(wanted.map(ask));
    const good: T[] = [];
    answers.forEach((answer, i) => {
      if (answer.status === 'fulfilled') good.push(answer.value);
      else if (answer.reason instanceof TargetError) failures.set(wanted[i]!, answer.reason);
      else throw answer.reason;
    });
    return good;
  }

  return {
    async find(nameOrId, runtime) {
      const wanted = (await known()).filter((r) => runtime === '' || r.name === runtime);
      return (await askAll(wanted, (r) => r.find(nameOrId))).filter((c) => c !== undefined);
    },
    list() {
      // A runtime that did not answer `find` would only make us wait for its silence again.
      listed ??= known()
        .then((all) =>
          askAll(
            all.filter((r) => !failures.has(r)),
            (r) => r.list(),
          ),
        )
        .then((lists) => lists.flat());
      return listed;
    },
    async again(container) {
      const runtime = (await known()).find((r) => r.name === container.runtime);
      return runtime?.find(container.id);
    },
    failures: () => [...failures.values()],
  };
}
