import type { Target } from '../../model/index.ts';
import { CliError, UsageError } from '../errors.ts';
import { listTargets, targetSpec } from '../listing.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';
import { runtimeRows } from '../runtime-options.ts';
import { formatAge, formatTable } from '../table.ts';
import { stderr } from '../terminal.ts';

const rows: readonly OptionRow[] = [
  { short: 'q', long: 'quiet', help: 'only what to type as TARGET, one a line' },
  { long: 'no-trunc', help: 'whole ids, all addresses and interfaces' },
  { long: 'json', help: 'one JSON object a line' },
  ...runtimeRows,
  { short: 'h', long: 'help', help: 'this text' },
];

const help = () => `Lists the containers and network namespaces that can be watched.

Usage: porthole ps [OPTIONS]

${formatOptions(rows)}

Examples:
  porthole ps
  porthole ps -q | xargs -n1 echo
  porthole ps --json | jq -r 'select(.image | startswith("nginx")) | .name'
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  if (parsed.words.length > 0) throw new UsageError(`ps takes no arguments, got '${parsed.words[0]}'`);
  const notes: string[] = [];
  const choice = { runtime: parsed.value('runtime'), socket: parsed.value('socket') };
  const targets = await listTargets((text) => notes.push(text), choice);
  // What hides everything from us is the news, not that there is nothing.
  if (targets.length === 0 && notes.length > 0 && process.getuid?.() !== 0)
    throw new CliError(notes[0]!, 'run it as root: sudo porthole ps');
  for (const note of notes) stderr(note);
  if (parsed.has('json')) for (const target of targets) process.stdout.write(`${JSON.stringify(target)}\n`);
  else if (parsed.has('quiet')) process.stdout.write(targets.map((t) => `${targetSpec(t)}\n`).join(''));
  else process.stdout.write(format(targets, parsed.has('no-trunc')));
  if (targets.length === 0) stderr('nothing to watch here; porthole demo shows how it looks');
  return 0;
}

/** Two are shown, the rest counted. */
function some(items: readonly string[], whole: boolean): string {
  if (items.length === 0) return '<none>';
  return whole || items.length <= 2 ? items.join(',') : `${items.slice(0, 2).join(',')}+${items.length - 2}`;
}

export function runtimeText({ runtime, hostNetwork }: Target): string {
  return hostNetwork && runtime !== 'host' ? `${runtime} (host network)` : runtime;
}

export function format(targets: readonly Target[], whole: boolean, now = Date.now()): string {
  return formatTable(
    ['NAME', 'RUNTIME', 'ID', 'IMAGE', 'PID', 'IPS', 'INTERFACES', 'SINCE'],
    targets.map((t) => [
      t.name,
      runtimeText(t),
      t.id === '' ? '<none>' : whole ? t.id : t.id.slice(0, 12),
      t.image || '<none>',
      t.pid > 0 ? String(t.pid) : '<none>',
      some(t.addresses, whole),
      some(t.interfaces, whole),
      t.since > 0 ? formatAge(now - t.since) : '<unknown>',
    ]),
  );
}
