/** How much of its heap a program uses up: garbage that the collector has to look for is time too. */
import { resolve } from 'node:path';
import { launch } from '../../test/support/porthole.ts';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/**
 * Bytes of objects, texts and closures that a run of Porthole makes, as V8's collector counts them between its
 * runs; memory of buffers is not in it.
 */
export async function allocatedBytes(...args: string[]): Promise<number> {
  const flags = ['--disable-warning=ExperimentalWarning', '--trace-gc-nvp'];
  const { code, stdout, stderr } = await launch(process.execPath, [...flags, main, ...args]).ended;
  if (code !== 0) throw new Error(`porthole ${args.join(' ')}: status ${code}\n${stderr}`);
  let bytes = 0;
  for (const [, allocated] of stdout.matchAll(/ pause=\S+ .*? allocated=(\d+) /g)) bytes += Number(allocated);
  return bytes;
}
