/** `porthole tui`: `watch --tui`; without a target, one is picked. */

import type { Face } from '../face.ts';
import { targetSpec } from '../listing.ts';
import { formatOptions, parseOptions } from '../options.ts';
import { elsewhere, hasScreen, run as watch, watchRows } from './watch.ts';

const rows = watchRows.filter(({ long }) => long !== 'tui');

const help = () => `Shows what a container says on the network, to look around in while it goes on.

Usage: porthole tui [OPTIONS] [TARGET [FILTER]]
       porthole tui [OPTIONS] -r FILE [FILTER]

Without a TARGET, what can be watched is listed, with what goes in and out of it now. On the screen, ? shows the
keys, / filters, Enter opens, x saves, q ends (docs/tui.md). Into a pipe it prints what 'porthole watch' does.

${formatOptions(rows)}

Examples:
  porthole tui                        pick a container
  porthole tui upbeat port 8000
  porthole tui upbeat -w all.pcapng   every packet goes into the file meanwhile
  porthole tui -r all.pcapng -Y 'http.response.code >= 500'
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows, elsewhere);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const isNamed =
    parsed.words.length > 0 ||
    ['read', 'comm', 'port', 'kube', 'selector', 'all-namespaces'].some((long) => parsed.has(long));
  if (isNamed || !hasScreen()) return watch(['--tui', ...argv]);
  return picked(argv, parsed.value('color') ?? 'auto', {
    runtime: parsed.value('runtime'),
    socket: parsed.value('socket'),
  });
}

async function picked(
  argv: string[],
  color: string,
  choice: { runtime: string | undefined; socket: string | undefined },
): Promise<number> {
  const { requireCapabilities } = await import('../../watch/index.ts');
  requireCapabilities();
  const { listTargets } = await import('../listing.ts');
  const { stderr } = await import('../terminal.ts');
  const targets = await listTargets(stderr, choice);
  if (targets.length === 0) {
    stderr('nothing to watch here; porthole demo --tui shows how it looks');
    return 1;
  }
  const [{ openFace }, { pickTarget }] = await Promise.all([
    import('../face.ts'),
    import('../pick-target.ts'),
  ]);
  const face: Face = openFace(color);
  try {
    const chosen = await pickTarget(face.stage, targets, choice);
    if (!chosen) return 0;
    const host = chosen.hostNetwork && !argv.some((word) => word.startsWith('--host')) ? ['--host'] : [];
    return await watch(['--tui', ...host, ...argv, targetSpec(chosen)], face);
  } finally {
    face.close();
  }
}
