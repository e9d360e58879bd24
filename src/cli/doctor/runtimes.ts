/** Every runtime asked once, with its place and the time it took; later questions remember what failed. */
import type { RefusalFacts, RuntimeFacts } from '../../doctor/index.ts';
import {
  type Container,
  discover,
  discoverByProcess,
  type Runtime,
  type RuntimeChoice,
  TargetError,
} from '../../target/index.ts';

export interface RuntimesProbe {
  readonly facts: readonly RuntimeFacts[];
  /** For the resolver: one that failed is not waited for again. */
  readonly runtimes: readonly Runtime[];
  readonly containers: readonly Container[];
  /** Why none could be looked for at all. */
  readonly failure?: RefusalFacts;
}

export const refusalOf = ({ kind, message, hint }: TargetError): RefusalFacts => ({ kind, message, hint });

export async function probeRuntimes(choice: RuntimeChoice): Promise<RuntimesProbe> {
  let found: Runtime[];
  try {
    found = [...(await discover(choice)), ...(await discoverByProcess(choice))];
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return { facts: [], runtimes: [], containers: [], failure: refusalOf(error) };
  }
  const asked = await Promise.all(found.map(ask));
  return {
    facts: asked.map(({ facts }) => facts),
    runtimes: found.map((runtime, i) => remembering(runtime, asked[i]!.error)),
    containers: asked.flatMap(({ containers }) => containers),
  };
}

async function ask(runtime: Runtime): Promise<{
  facts: RuntimeFacts;
  containers: readonly Container[];
  error?: TargetError;
}> {
  const from = performance.now();
  const { name, place = '' } = runtime;
  try {
    const containers = await runtime.list();
    const running = containers.filter((c) => c.state === 'running').length;
    const ms = performance.now() - from;
    return { facts: { name, place, containers: containers.length, running, ms }, containers };
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const ms = performance.now() - from;
    const facts = { name, place, containers: 0, running: 0, ms, failure: refusalOf(error) };
    return { facts, containers: [], error };
  }
}

function remembering(runtime: Runtime, error: TargetError | undefined): Runtime {
  if (!error) return runtime;
  const refuse = () => Promise.reject(error);
  return { name: runtime.name, find: refuse, list: refuse, watchEvents: refuse };
}
