/** The same views over a saved capture. Root gives its rights up here too: a file is as hostile as a network. */
import { statSync } from 'node:fs';
import { openCaptureFile } from '../capture/file/index.ts';
import type { Opener } from '../watch/index.ts';
import { countLines, drive, outputOf, type View, type ViewMaker } from './capture.ts';
import type { CaptureFilter } from './capture-filter.ts';
import type { CaptureOptions } from './capture-options.ts';
import { UsageError } from './errors.ts';
import { harSource } from './har-source.ts';
import type { Output } from './output.ts';
import { stderr } from './terminal.ts';

export async function captureFromFile(
  options: CaptureOptions,
  filter: CaptureFilter,
  maker: ViewMaker,
): Promise<number> {
  for (const [given, flag] of [
    [options.interfaces.length > 0, '-i'],
    [options.promiscuous, '--promiscuous'],
    [options.listInterfaces, '-D'],
  ] as const)
    if (given) throw new UsageError(`${flag} is for live captures, not for -r`);
  const matcher = filter.matcher();
  const output = await outputOf(options, filter.text);
  if (output?.spec && isSameFile(options.read!, output.spec.base))
    throw new UsageError(`-w ${options.write}: that is the file that is read`);
  const path = options.read!;
  // Whether there is one to read is told before anything is drawn.
  const file = openCaptureFile(path, matcher ? { filter: matcher } : {});
  const view = await maker.make({ live: false, knownNames: new Map(), severalTargets: false });
  const source = (view.har && harSource(path, view.har)) ?? file;
  const opener = await confine(options, output, view);
  try {
    await source.begin();
    if (filter.namesContainers) filter.learn(source.names());
    output?.ready(opener);
    view.begin?.(opener);
    const counters = await drive(source, { view, output, packets: options.packets, live: false });
    // tcpdump's three lines are about a kernel.
    process.stderr.write(countLines(counters, view, output).split('\n').slice(3).join('\n'));
    if (source.damage !== '') stderr(`${options.read} is ${source.damage}; everything before it was read`);
    return source.damage !== '' || view.blind?.() ? 1 : 0;
  } finally {
    opener?.close();
  }
}

function isSameFile(one: string, two: string): boolean {
  const a = statSync(one, { throwIfNoEntry: false });
  const b = statSync(two, { throwIfNoEntry: false });
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** Gives root up, if we have it; what still opens the files to write is returned. */
async function confine(
  options: CaptureOptions,
  output: Output | undefined,
  { saves }: View,
): Promise<Opener | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const { giveUpRights, Opener, parserUser } = await import('../watch/index.ts');
  const user = parserUser(options.user);
  const opener = output?.spec || saves ? Opener.start() : undefined;
  await opener?.configure(undefined, output?.spec, saves);
  giveUpRights(user);
  return opener;
}
