/** The same views over a saved capture. Root gives its rights up here too: a file is as hostile as a network. */
import { openCaptureFile } from '../capture/file/index.ts';
import { countLines, drive, type MakeView } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { UsageError } from './errors.ts';
import type { Filter } from './filter-text.ts';
import { openOutput, outputSpec } from './output.ts';

export async function captureFromFile(
  options: CaptureOptions,
  filter: Filter,
  makeView: MakeView,
): Promise<number> {
  for (const [given, flag] of [
    [options.interfaces.length > 0, '-i'],
    [options.promiscuous, '--promiscuous'],
    [options.listInterfaces, '-D'],
  ] as const)
    if (given) throw new UsageError(`${flag} is for live captures, not for -r`);
  const matcher = filter.matcher();
  const source = await openCaptureFile(options.read!, matcher ? { filter: matcher } : {});
  const view = await makeView({ live: false, knownNames: new Map(), severalTargets: false });
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  const opener =
    isRoot && options.write !== undefined ? (await import('../watch/index.ts')).Opener.start() : undefined;
  try {
    const output =
      options.write === undefined ? undefined : await openOutput(options, { opener, filter: filter.text });
    if (isRoot) {
      const { confine } = await import('../watch/index.ts');
      await confine({
        ...(opener ? { opener } : {}),
        user: options.user,
        groups: [],
        ...(options.write !== undefined && options.write !== '-' ? { output: outputSpec(options) } : {}),
      });
    }
    output?.ready();
    const taps = output ? [output.tap, view.tap] : [view.tap];
    const counters = await drive(source, taps, view, { packets: options.packets, live: false });
    await view.finish(counters);
    await output?.finish(counters, view.names?.() ?? []);
    const report = countLines(counters, view).split('\n').slice(3).join('\n');
    process.stderr.write(report);
    return source.damaged ? 1 : 0;
  } finally {
    opener?.close();
  }
}
