/** `porthole` alone: a live table of what can be watched; Enter watches; without anything, the demo. */
import { listTargets, targetSpec } from '../listing.ts';
import { stderr } from '../terminal.ts';
import { format as formatList } from './ps.ts';
import { hasScreen } from './watch.ts';

export async function run(_argv: string[]): Promise<number> {
  const notes: string[] = [];
  const targets = await listTargets((text) => notes.push(text));
  if (targets.length === 0) {
    for (const note of notes) stderr(note);
    (await import('../../watch/index.ts')).requireCapabilities();
    stderr('no container here to watch: this is the demo (Ctrl-C ends it)');
    return (await import('./demo.ts')).run([]);
  }
  if (!process.stdin.isTTY || !hasScreen()) {
    process.stdout.write(formatList(targets, false));
    stderr("'porthole NAME' watches one; 'porthole --help' tells more");
    return 0;
  }
  const [{ openFace }, { pickTarget }] = await Promise.all([
    import('../face.ts'),
    import('../pick-target.ts'),
  ]);
  const face = openFace('auto');
  const chosen = await pickTarget(face.stage, targets).finally(() => face.close());
  if (!chosen) return 0;
  const spec = targetSpec(chosen);
  process.stderr.write(`porthole watch ${spec}${chosen.hostNetwork ? ' --host' : ''}\n`);
  return (await import('./watch.ts')).run(chosen.hostNetwork ? [spec, '--host'] : [spec]);
}
