import { setTimeout as sleep } from 'node:timers/promises';

export { sleep };

/** Longest wait for anything on a busy machine; only a failing test waits that long. */
export const patienceMs = 20_000;

/** Waits until `look` gives something true, and returns it; after `patienceMs` an error says what was missing. */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string | (() => string),
  limitMs = patienceMs,
): Promise<NonNullable<T>> {
  for (const end = performance.now() + limitMs; ; ) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${typeof what === 'string' ? what : what()}`);
    await sleep(20);
  }
}
