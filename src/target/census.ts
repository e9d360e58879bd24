/** One question to every runtime, asked once per look-up. */
import type { RuntimeChoice } from './discover.ts';
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

/** The runtimes of this machine. Loaded when first asked: a pid needs none of them. */
export async function defaultRuntimes(choice: RuntimeChoice = {}): Promise<Runtime[]> {
  // Docker's is needed nearly always: it loads meanwhile.
  const [{ discover }] = await Promise.all([import('./discover.ts'), import('./docker/index.ts')]);
  return discover(choice);
}

export function takeCensus(given?: readonly Runtime[], choice: RuntimeChoice = {}): Census {
  let runtimes: Promise<readonly Runtime[]> | undefined;
  let listed: Promise<Container[]> | undefined;
  const failures = new Map<Runtime, TargetError>();
  /** Two daemons of one kind have one name: who told of it is asked again. */
  const tellers = new WeakMap<Container, Runtime>();
  const known = () => {
    runtimes ??= given ? Promise.resolve(given) : defaultRuntimes(choice);
    return runtimes;
  };
  /** Daemons whose sockets have names of their own too: for a list, and for what the others do not know. */
  const knownToAnybody = async () => {
    if (given) return given;
    const { discoverByProcess } = await import('./discover.ts');
    const [first, more] = await Promise.all([known(), discoverByProcess(choice)]);
    return [...first, ...more];
  };

  /** Answers in the runtimes' order, each container once: the first that tells of it is believed. */
  async function askAll(
    wanted: readonly Runtime[],
    ask: (runtime: Runtime) => Promise<readonly Container[]>,
  ): Promise<Container[]> {
    const answers = await Promise.allSettled(wanted.map(ask));
    const good = new Map<string, Container>();
    answers.forEach((answer, i) => {
      if (answer.status === 'rejected') {
        if (!(answer.reason instanceof TargetError)) throw answer.reason;
        failures.set(wanted[i]!, answer.reason);
        return;
      }
      for (const container of answer.value) {
        tellers.set(container, wanted[i]!);
        // Short ids are chosen by people: unique in their realm only.
        const key = container.id.length >= 32 ? container.id : `${i}\0${container.realm}\0${container.id}`;
        if (!good.has(key)) good.set(key, container);
      }
    });
    return [...good.values()];
  }

  return {
    find: async (nameOrId, runtime) =>
      askAll(
        (await known()).filter((r) => (runtime === '' ? !r.isIdle?.() : r.name === runtime)),
        async (r) => {
          const found = await r.find(nameOrId);
          return found ? [found] : [];
        },
      ),
    list() {
      // A runtime that did not answer `find` would only make us wait for its silence again.
      listed ??= knownToAnybody().then((all) =>
        askAll(
          all.filter((r) => !failures.has(r)),
          (r) => r.list(),
        ),
      );
      return listed;
    },
    async again(container) {
      const teller = tellers.get(container) ?? (await known()).find((r) => r.name === container.runtime);
      const now = teller?.again ? await teller.again(container) : await teller?.find(container.id);
      if (now && teller) tellers.set(now, teller);
      return now;
    },
    failures: () => [...failures.values()],
  };
}
