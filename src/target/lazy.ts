/** A runtime whose code is loaded when it is asked: a watch of a Docker container needs no HTTP/2. */
import { TargetError } from './errors.ts';
import type { Container, Runtime } from './runtime.ts';

export interface LazyOptions {
  readonly name: string;
  /** As Runtime.place. */
  readonly place?: string;
  readonly load: () => Promise<Runtime>;
  /** A look that costs almost nothing: it surely runs no container now. */
  readonly isIdle?: () => boolean;
  /** Its socket was found by name only: that nobody listens there is no news. */
  readonly isGuess?: boolean;
}

export function lazyRuntime({ name, place = '', load, isIdle, isGuess = false }: LazyOptions): Runtime {
  let loaded: Promise<Runtime> | undefined;
  const runtime = () => {
    loaded ??= load();
    return loaded;
  };
  const forgive = <T>(otherwise: T) => {
    return (error: unknown): T => {
      if (isGuess && error instanceof TargetError && error.kind === 'no-runtime') return otherwise;
      throw error;
    };
  };
  return {
    name,
    place,
    ...(isIdle ? { isIdle } : {}),
    find: async (nameOrId) => (await runtime()).find(nameOrId).catch(forgive(undefined)),
    list: async () => (await runtime()).list().catch(forgive<Container[]>([])),
    async again(container) {
      const known = await runtime();
      return known.again ? known.again(container) : known.find(container.id);
    },
    watchEvents: async (onEvent, onEnd) => (await runtime()).watchEvents(onEvent, onEnd),
  };
}
