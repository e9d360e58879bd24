/** `porthole doctor -k`: what would be possible with pods of a cluster, and what is missing. Changes nothing. */
import {
  type ClusterFacts,
  checkCluster,
  defaultNamespace,
  KubeApi,
  type RightFact,
  selectionOf,
} from '../../kube/index.ts';
import { agentImage, agentMemoryMiB, type KubeOptions } from '../kube-options.ts';
import { formatTable } from '../table.ts';
import { plainText } from '../terminal.ts';
import { version } from '../version.ts';

export interface ClusterFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly sentence: string;
  readonly advice: string;
}

/** @returns facts and what follows from them, the worst first */
export async function doctorCluster(kube: KubeOptions, target: string | undefined) {
  const api = await KubeApi.load(kube);
  const namespace = kube.namespace ?? api.namespace;
  const isAnything = target === undefined && kube.selector === undefined;
  const facts = await checkCluster(api, {
    selection: selectionOf(target, {
      namespace,
      allNamespaces: kube.allNamespaces,
      // Without a target: any pod of the namespace.
      ...(isAnything ? { labels: '!porthole/session' } : {}),
      ...(kube.selector === undefined ? {} : { labels: kube.selector }),
    }),
    jobNamespace: kube.agentNamespace ?? namespace,
    standingNamespace: kube.agentNamespace ?? defaultNamespace,
    image: kube.image ?? agentImage(),
    socket: kube.socket,
    memoryMiB: agentMemoryMiB,
  });
  return { facts, findings: findingsOf(facts) };
}

const missing = (rights: readonly RightFact[]) => rights.filter(({ allowed }) => !allowed);
/** Those without which nothing works. */
const lacking = (rights: readonly RightFact[]) => missing(rights).filter(({ without }) => without === '');
const textOf = (rights: readonly RightFact[]) => rights.map(({ right }) => right).join(', ');

/** Architectures and systems that an image can be made for. */
const known = { arch: new Set(['', 'amd64', 'arm64']), os: new Set(['', 'linux']) };

export function findingsOf(facts: ClusterFacts): ClusterFinding[] {
  const found: ClusterFinding[] = [];
  const add = (severity: ClusterFinding['severity'], code: string, sentence: string, advice = '') =>
    found.push({ severity, code, sentence, advice });
  const { standing, onDemand, watch, pods, nodes } = facts;
  const common = lacking(watch);
  if (common.length > 0)
    add(
      'error',
      'kube-rights-pods',
      `you may not ${textOf(common)} in ${watch[0]!.namespace === '' ? 'all namespaces' : `namespace ${watch[0]!.namespace}`}`,
      'deploy/rbac/watch.yaml has the role',
    );
  else if (facts.error !== '') add('error', 'kube-target', facts.error);
  if (pods?.watchable === 0)
    add(
      'error',
      'kube-no-pods',
      `${pods.title}: ${pods.others.slice(0, 5).join('; ') || 'there is none'}`,
      'watch --wait waits for them',
    );
  else if (pods && pods.others.length > 0)
    add('note', 'kube-some-pods', `not watched: ${pods.others.slice(0, 5).join('; ')}`);

  const byStanding = standingObstacle(facts);
  const byJob = jobObstacle(facts);
  const ways = [
    ...(byStanding === '' ? ['standing agents'] : []),
    ...(byJob === '' ? ['agents on demand'] : []),
  ];
  const inPods = ephemeralObstacle(facts);
  if (ways.length === 0) {
    const what = `Standing agents: ${byStanding}. On demand: ${byJob}`;
    if (inPods === '')
      add(
        'warning',
        'kube-only-ephemeral',
        `agents on the nodes are not possible. ${what}`,
        "--via ephemeral works: a container in each watched pod, which the pod's spec lists for as long as it lives",
      );
    else add('error', 'kube-no-way', `no way works. ${what}. Ephemeral containers: ${inPods}`, advice(facts));
  } else {
    if (byStanding !== '') add('note', 'kube-no-standing', `no standing agents: ${byStanding}`);
    if (byJob !== '') add('note', 'kube-no-job', `no agents on demand: ${byJob}`);
  }
  const { installed } = standing;
  if (installed && installed.release !== version())
    add(
      'warning',
      'kube-skew',
      `the standing agents are of porthole ${installed.release || '(unknown)'}, this is ${version()}`,
      'porthole kube install brings them to it',
    );
  if (installed && installed.ready < installed.wanted)
    add(
      'warning',
      'kube-not-ready',
      `${installed.ready} of ${installed.wanted} nodes have a standing agent that is ready`,
      'porthole kube status tells why',
    );
  for (const node of nodes) {
    if (!known.arch.has(node.arch) || !known.os.has(node.os))
      add(
        'error',
        'kube-node-kind',
        `node ${node.name} is ${node.os}/${node.arch}: there is no agent for it`,
      );
    if (node.ready === false) add('warning', 'kube-node-not-ready', `node ${node.name} is not ready`);
  }
  for (const fact of missing(watch).filter(({ without }) => without !== ''))
    add('note', 'kube-less', `you may not ${fact.right}: ${fact.without}`);
  if (byStanding !== '' && byJob === '')
    for (const without of new Set(missing(onDemand.rights).map((fact) => fact.without)))
      add(
        'note',
        'kube-less',
        `you may not ${textOf(missing(onDemand.rights).filter((f) => f.without === without))}: ${without}`,
      );
  const order = ['error', 'warning', 'note'];
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** '' one can be added. */
function ephemeralObstacle({ ephemeral: { namespace, rights, refused, asked } }: ClusterFacts): string {
  const lacks = lacking(rights);
  const where = namespace === '' ? 'all namespaces' : `namespace ${namespace}`;
  if (lacks.length > 0) return `you may not ${textOf(lacks)} in ${where}`;
  if (!asked) return 'there is no pod that could be asked for';
  return refused === '' ? '' : `${where} does not admit them: ${refused}`;
}

/** '' they can be used. */
function standingObstacle({ standing: { namespace, rights, installed } }: ClusterFacts): string {
  if (installed === null) return `none are installed in namespace ${namespace}`;
  const lacks = lacking(rights);
  return lacks.length > 0 ? `you may not ${textOf(lacks)} in namespace ${namespace}` : '';
}

function jobObstacle({ onDemand: { namespace, rights, refused } }: ClusterFacts): string {
  const lacks = lacking(rights);
  if (lacks.length > 0) return `you may not ${textOf(lacks)} in namespace ${namespace}`;
  return refused === '' ? '' : `namespace ${namespace} does not admit them: ${refused}`;
}

function advice({ onDemand: { refused } }: ClusterFacts): string {
  return refused === ''
    ? 'deploy/rbac has a role for each way; porthole kube install makes standing agents'
    : '--agent-namespace NAME names one with the label pod-security.kubernetes.io/enforce=privileged, or porthole kube install makes standing agents';
}

export function clusterText(
  facts: ClusterFacts,
  findings: readonly ClusterFinding[],
  color: boolean,
): string {
  const codes = { error: '1;31', warning: '33', note: '36' };
  const lines = findings.flatMap(({ severity, sentence, advice: hint }) => [
    `${color ? `\x1b[${codes[severity]}m${severity}:\x1b[0m` : `${severity}:`} ${plainText(sentence)}`,
    ...(hint === '' ? [] : [`  ${hint}`]),
  ]);
  const { pods, nodes, standing, onDemand } = facts;
  if (!findings.some(({ severity }) => severity === 'error'))
    lines.unshift(`${pods?.title ?? 'pods'} can be watched (${waysOf(facts).join(', ')})`);
  const row = (head: string, text: string) => plainText(`${`${head}:`.padEnd(12)}${text}`);
  lines.push(
    '',
    row('cluster', `${facts.server} ${facts.version}, context ${facts.context}`),
    row('you', facts.who),
    ...(pods
      ? [
          row(
            'pods',
            `${pods.title}: ${pods.watchable} on ${nodes.length} node${nodes.length === 1 ? '' : 's'}`,
          ),
        ]
      : []),
    row('standing', `namespace ${standing.namespace}: ${installedText(facts)}`),
    row('on demand', `namespace ${onDemand.namespace}: ${admissionText(facts.onDemand, 'agents')}`),
    row(
      'ephemeral',
      `namespace ${facts.ephemeral.namespace || '*'}: ${admissionText(facts.ephemeral, 'ephemeral containers')}`,
    ),
  );
  if (nodes.length > 0)
    lines.push(
      '',
      formatTable(
        ['NODE', 'PODS', 'READY', 'KIND', 'RUNTIME', 'KERNEL'],
        nodes.map((n) => [
          n.name,
          `${n.pods}`,
          n.ready === undefined ? '?' : n.ready ? 'yes' : 'no',
          n.arch === '' ? '?' : `${n.os}/${n.arch}`,
          n.runtime || '?',
          n.kernel || '?',
        ]),
      ).trimEnd(),
    );
  const rights = [
    ...facts.watch.map((fact) => [fact, 'any watch'] as const),
    ...standing.rights.map((fact) => [fact, 'standing'] as const),
    ...onDemand.rights.map((fact) => [fact, 'on demand'] as const),
    ...facts.ephemeral.rights.map((fact) => [fact, 'ephemeral'] as const),
  ];
  lines.push(
    '',
    formatTable(
      ['RIGHT', 'NAMESPACE', 'FOR', ''],
      rights.map(([fact, way]) => [
        fact.right,
        fact.namespace === '' ? '*' : fact.namespace,
        way,
        fact.allowed ? 'yes' : fact.without === '' ? 'NO' : `no: ${fact.without}`,
      ]),
    ).trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function waysOf(facts: ClusterFacts): string[] {
  return [
    ...(standingObstacle(facts) === '' ? ['by standing agents'] : []),
    ...(jobObstacle(facts) === '' ? ['by agents on demand'] : []),
    // Not chosen by itself: named where nothing else works.
    ...(standingObstacle(facts) !== '' && jobObstacle(facts) !== '' && ephemeralObstacle(facts) === ''
      ? ['by --via ephemeral']
      : []),
  ];
}

function installedText({ standing: { installed } }: ClusterFacts): string {
  if (installed === undefined) return 'whether there are any may not be read';
  if (installed === null) return 'not installed';
  return `release ${installed.release || '?'}, ${installed.ready} of ${installed.wanted} ready`;
}

function admissionText({ asked, refused }: ClusterFacts['ephemeral'], what: string): string {
  if (!asked) return `not asked whether it admits ${what}`;
  return `${refused === '' ? 'admits' : 'does not admit'} ${what}`;
}
