/** `porthole kube`: the standing agents of a cluster. */
import {
  defaultNamespace,
  type InstallSettings,
  install,
  installedSettings,
  KubeApi,
  KubeError,
  type StandingStatus,
  standingObjects,
  standingStatus,
  uninstall,
} from '../../kube/index.ts';
import { UsageError } from '../errors.ts';
import { agentImage, agentMemoryMiB, kubeRows } from '../kube-options.ts';
import { manifestText } from '../manifests.ts';
import { formatOptions, type OptionRow, type Parsed, parseOptions } from '../options.ts';
import { formatTable } from '../table.ts';
import { plainText, stderr } from '../terminal.ts';
import { version } from '../version.ts';

const shared = ['context', 'kubeconfig', 'as', 'agent-image', 'agent-socket'];

const rows: readonly OptionRow[] = [
  { short: 'n', long: 'namespace', value: 'NAME', help: `of the agents (default ${defaultNamespace})` },
  ...kubeRows
    .filter(({ long }) => shared.includes(long))
    .map((row) => ({ ...row, help: row.help.replace('with -k: ', '') })),
  { long: 'dry-run', help: 'install: print the manifests and change nothing' },
  { short: 'o', long: 'output', value: 'yaml|json', help: 'of --dry-run (default yaml) and of status' },
  { long: 'rotate', help: 'install: make a new token; who has the old one is let in no longer' },
  { short: 'h', long: 'help', help: 'this text' },
];

const help =
  () => `Keeps an agent on each node of a cluster, so that a watch begins at once and nobody who watches needs the
right to make pods. docs/kubernetes.md tells which rights that takes.

Usage: porthole kube install | uninstall | status [OPTIONS]
       kubectl porthole install | uninstall | status [OPTIONS]

  install    namespace, token, DaemonSet; again: brings all of it to this release
  status     the agents of each node, their release beside this one. Exit status 1: not all can be used
  uninstall  deletes what install has made

${formatOptions(rows)}

Examples:
  porthole kube install --agent-image registry.example.org/porthole-agent:${version()}
  porthole kube install --dry-run -o yaml | kubectl diff -f -
  porthole kube status
  porthole watch -k deploy/web --via standing
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  const [command, ...more] = parsed.words;
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const steps: Readonly<Record<string, (parsed: Parsed) => Promise<number>>> = {
    install: runInstall,
    uninstall: runUninstall,
    status: runStatus,
  };
  const step = command === undefined || more.length > 0 ? undefined : steps[command];
  if (!step)
    throw new UsageError(`kube ${parsed.words.join(' ')}: one of install, uninstall, status is needed`);
  return step(parsed);
}

const namespaceOf = (parsed: Parsed) => parsed.value('namespace') ?? defaultNamespace;

function apiOf(parsed: Parsed): Promise<KubeApi> {
  const option = (name: string) => parsed.value(name);
  return KubeApi.load({
    ...(option('kubeconfig') === undefined ? {} : { kubeconfig: option('kubeconfig')! }),
    ...(option('context') === undefined ? {} : { context: option('context')! }),
    ...(option('as') === undefined ? {} : { as: option('as')! }),
  });
}

function outputOf(parsed: Parsed, fallback: 'yaml' | 'text'): 'yaml' | 'json' | 'text' {
  const output = parsed.value('output') ?? fallback;
  if (output !== 'yaml' && output !== 'json' && output !== fallback)
    throw new UsageError(`-o ${output}: one of yaml, json is needed`);
  return output as 'yaml' | 'json' | 'text';
}

async function runInstall(parsed: Parsed): Promise<number> {
  const namespace = namespaceOf(parsed);
  const api = parsed.has('dry-run') ? undefined : await apiOf(parsed);
  const before = api && (await installedSettings(api, namespace, version()));
  const settings: InstallSettings = {
    namespace,
    release: version(),
    image: parsed.value('agent-image') ?? before?.image ?? agentImage(),
    pullPolicy: 'IfNotPresent',
    socket: parsed.value('agent-socket') ?? before?.socket ?? '',
    memoryMiB: agentMemoryMiB,
  };
  if (!api) {
    const output = outputOf(parsed, 'yaml');
    process.stdout.write(
      output === 'json'
        ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: standingObjects(settings) }, null, 2)}\n`
        : await manifestText(settings),
    );
    return 0;
  }
  await install(api, settings, { rotate: parsed.has('rotate'), note: stderr });
  if (before && before.release !== settings.release)
    stderr(
      `the agents go from ${before.release || 'a release that is not known'} to ${settings.release}, node by node`,
    );
  stderr(
    `porthole kube status tells when they run; role ${settings.namespace}/porthole-client lets people use them`,
  );
  return 0;
}

async function runUninstall(parsed: Parsed): Promise<number> {
  const namespace = namespaceOf(parsed);
  const gone = await uninstall(await apiOf(parsed), namespace);
  if (gone.length === 0)
    throw new KubeError(`no standing agents in namespace ${namespace}`, '-n NAME names another');
  for (const object of gone) stderr(`deleted ${object}`);
  return 0;
}

async function runStatus(parsed: Parsed): Promise<number> {
  const namespace = namespaceOf(parsed);
  const output = outputOf(parsed, 'text');
  const status = await standingStatus(await apiOf(parsed), namespace);
  if (!status)
    throw new KubeError(
      `no standing agents in namespace ${namespace}`,
      'porthole kube install makes them; -n NAME names another namespace',
    );
  if (output !== 'text') {
    const text =
      output === 'json'
        ? `${JSON.stringify(status, null, 2)}\n`
        : (await import('../manifests.ts')).yamlText(status);
    process.stdout.write(await text);
  } else process.stdout.write(plainText(statusText(status)));
  const isCurrent = status.agents.every(({ release }) => release === version());
  if (!isCurrent || status.release !== version())
    stderr(`this is porthole ${version()}: 'porthole kube install' brings the agents to it`);
  return isCurrent && status.ready === status.wanted ? 0 : 1;
}

function statusText({ namespace, release, image, wanted, ready, agents }: StandingStatus): string {
  const head = `namespace ${namespace}, release ${release || '?'}, image ${image}\n${ready} of ${wanted} nodes ready\n`;
  if (agents.length === 0) return head;
  const table = formatTable(
    ['NODE', 'POD', 'RELEASE', 'STATE'],
    agents.map((a) => [
      a.node || '<none>',
      a.pod,
      a.release === version() ? a.release : `${a.release || '?'} (this is ${version()})`,
      a.isReady || a.state !== 'Running' ? a.state : `${a.state}, not ready`,
    ]),
  );
  return `${head}\n${table}`;
}
