/** `porthole doctor`: why nothing shows, or what would keep a watch from working here. */
import { captureOptions, captureRows } from '../capture-options.ts';
import { UsageError } from '../errors.ts';
import { type KubeOptions, kubeRows } from '../kube-options.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';
import { useColor } from '../pipeline-view.ts';

/** Of the capture: what can be the reason that nothing shows. */
const shared = new Set([
  ...['interface', 'snapshot-length', 'direction', 'filter-file', 'buffer-size', 'host', 'host-all', 'help'],
  ...['relinquish-privileges', 'docker-host', 'runtime', 'socket', 'comm', 'port'],
]);

const rows: readonly OptionRow[] = [
  { long: 'for', value: 'TIME', help: 'how long traffic is looked at: 3s, 500ms, 1m (default 3s)' },
  { long: 'json', help: 'one JSON object (docs/doctor.md)' },
  { long: 'color', value: 'auto|always|never', help: 'colours (default auto; NO_COLOR is honoured)' },
  ...captureRows.filter(({ long }) => shared.has(long) || kubeRows.some((row) => row.long === long)),
];

const help = () => `Tells why nothing shows: the most likely cause first, then what it was concluded from.

Usage: porthole doctor [OPTIONS] [TARGET [FILTER]]

Give it what you gave to watch or dump. Without TARGET it looks at the machine: kernel, rights, runtimes.
Exit status 0: nothing is in the way; 1: something is (a finding of severity error); 2: wrong usage.

${formatOptions(rows)}

Examples:
  porthole doctor                          can anything be watched here?
  porthole doctor upbeat port 8000         why does that filter show nothing?
  porthole doctor upbeat --for 30s
  porthole doctor -k deploy/web            can pods of a cluster be watched? rights, admission, nodes
  porthole doctor upbeat --json | jq -r '.findings[0].code'
`;

const defaultSeconds = 3;
const maxSeconds = 3600;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const color = parsed.value('color') ?? 'auto';
  if (!['auto', 'always', 'never'].includes(color))
    throw new UsageError(`--color ${color}: one of auto, always, never is needed`);
  const options = captureOptions(parsed);
  const [spec, ...words] = options.target === undefined ? parsed.words : [options.target, ...parsed.words];
  if (options.kube) return cluster(options.kube, spec, words, parsed.has('json'), color);
  const seconds = duration(parsed.value('for'));
  if (options.dockerHost !== undefined) process.env['DOCKER_HOST'] = options.dockerHost;
  const [{ gather }, { diagnose, isHealthy }, { doctorJson, doctorText }] = await Promise.all([
    import('../doctor/gather.ts'),
    import('../../doctor/index.ts'),
    import('../doctor/print.ts'),
  ]);
  const facts = await gather({ options, spec, words, seconds });
  const findings = diagnose(facts);
  const isColored = useColor(color, process.stdout.isTTY === true);
  process.stdout.write(
    parsed.has('json')
      ? doctorJson(facts, findings)
      : doctorText(facts, findings, { color: isColored, now: Date.now() }),
  );
  return isHealthy(findings) ? 0 : 1;
}

/** Pods of a cluster: what would be possible and what is missing; nothing is captured, nothing changed. */
async function cluster(
  kube: KubeOptions,
  target: string | undefined,
  words: readonly string[],
  isJson: boolean,
  color: string,
): Promise<number> {
  if (words.length > 0)
    throw new UsageError(
      `doctor -k ${target} ${words.join(' ')}: a filter is not looked at, only whether pods can be watched`,
    );
  const { clusterText, doctorCluster } = await import('../doctor/cluster.ts');
  const { facts, findings } = await doctorCluster(kube, target);
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ version: 1, findings, cluster: facts }, null, 2)}\n`
      : clusterText(facts, findings, useColor(color, process.stdout.isTTY === true)),
  );
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** '3s', '500ms', '1m', '3' */
function duration(text: string | undefined): number {
  if (text === undefined) return defaultSeconds;
  const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const seconds = Number(digits) * { ms: 0.001, s: 1, m: 60 }[unit as 'ms' | 's' | 'm'];
  if (!(seconds > 0 && seconds <= maxSeconds))
    throw new UsageError(`--for ${text}: a time up to an hour is needed, like 3s or 500ms`);
  return seconds;
}
