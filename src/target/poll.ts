/** Events of a runtime that does not tell any: two lists compared. */
import type { Container, ContainerEvent, Runtime, Subscription } from './runtime.ts';

export interface PollOptions {
  readonly everyMs?: number;
}

/**
 * What lives shorter than this is not noticed. A list costs some milliseconds of the runtime's time and ours: as
 * often as takes a fiftieth of it.
 */
const everyMs = { least: 100, most: 1000 };
const restFactor = 50;

/** Starts, ends and removals, at most so late. Rejects when the first list cannot be had. */
export async function pollEvents(
  runtime: Runtime,
  onEvent: (event: ContainerEvent) => void,
  onEnd: (reason: Error) => void,
  options: PollOptions = {},
): Promise<Subscription> {
  const byId = (all: readonly Container[]) => new Map(all.map((c) => [c.id, c]));
  let known = byId(await runtime.list());
  let isClosed = false;
  let timer: NodeJS.Timeout;
  const tell = (action: string, { runtime: name, id, labels, exitCode, ...rest }: Container) =>
    onEvent({
      runtime: name,
      action,
      id,
      name: rest.name,
      labels,
      exitCode: action === 'die' ? exitCode : -1,
      at: Date.now(),
    });
  let restMs = options.everyMs ?? everyMs.least;
  const look = async () => {
    const began = performance.now();
    try {
      const now = byId(await runtime.list());
      if (isClosed) return;
      for (const container of now.values()) {
        const before = known.get(container.id);
        if (!before) tell('create', container);
        if (container.state === 'running' && before?.state !== 'running') tell('start', container);
        if (before?.state === 'running' && container.state !== 'running') tell('die', container);
      }
      for (const container of known.values()) {
        if (now.has(container.id)) continue;
        if (container.state === 'running') tell('die', container);
        tell('destroy', container);
      }
      known = now;
      const took = performance.now() - began;
      restMs = options.everyMs ?? Math.min(everyMs.most, Math.max(everyMs.least, restFactor * took));
    } catch (error) {
      if (!isClosed) onEnd(error as Error);
      isClosed = true;
    }
    if (!isClosed) timer = setTimeout(look, restMs);
  };
  timer = setTimeout(look, restMs);
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
