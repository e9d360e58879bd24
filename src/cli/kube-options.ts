/** What is said of a cluster on the command line. */
import type { Via } from '../kube/index.ts';
import { UsageError } from './errors.ts';
import type { OptionRow, Parsed } from './options.ts';
import { integer } from './options.ts';
import { version } from './version.ts';

/** Of an agent, rings not counted: the kernel's memory is not the pod's. */
export const agentMemoryMiB = 512;

/** As `npm run image` names it. */
export const agentImage = () => `localhost/porthole-agent:${version()}`;

export const kubeRows: readonly OptionRow[] = [
  {
    short: 'k',
    long: 'kube',
    help: 'TARGET is a pod or workload of a cluster: web-7d9, deploy/web, svc/cart',
  },
  { long: 'namespace', value: 'NAME', help: "with -k: namespace (default: the context's)" },
  { long: 'all-namespaces', help: 'with -k: pods of every namespace' },
  { long: 'selector', value: 'LABELS', help: 'with -k, instead of TARGET: pods by labels (app=web)' },
  { long: 'context', value: 'NAME', help: 'with -k: context of the kubeconfig' },
  { long: 'kubeconfig', value: 'FILE', help: 'with -k: instead of KUBECONFIG' },
  { long: 'as', value: 'USER', help: 'with -k: act as somebody else' },
  { long: 'agent-image', value: 'NAME', help: 'with -k: image of the agents' },
  {
    long: 'via',
    value: 'standing|job|ephemeral',
    help: 'with -k: installed agents, ones of its own, or ones in the pods (only if asked for)',
  },
  {
    long: 'agent-namespace',
    value: 'NAME',
    help: 'with -k: where agents run (default: porthole for standing ones, else that of the pods)',
  },
  {
    long: 'agent-socket',
    value: 'PATH',
    help: "with -k: the nodes' runtime, if not found (a,b: the first that is there)",
  },
  { long: 'read-only', help: 'with -k: nothing is made in the cluster, no agent and no event either' },
  {
    long: 'no-clock-correction',
    help: "with -k: times as the nodes' clocks have them (else as this machine's would)",
  },
  {
    long: 'decode',
    value: 'here|node',
    help: 'with -k: where packets become entries; node: those alone cross the wire',
  },
  { long: 'deadline', value: 'SECONDS', help: 'with -k: agents are ended after so long (default 3600)' },
];

export interface KubeOptions {
  readonly namespace: string | undefined;
  readonly allNamespaces: boolean;
  readonly selector: string | undefined;
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly as: string | undefined;
  readonly image: string | undefined;
  readonly agentNamespace: string | undefined;
  readonly socket: string;
  readonly deadlineSeconds: number;
  readonly isClockCorrected: boolean;
  readonly via: Via;
  /** Nothing in the cluster is made or changed. */
  readonly readOnly: boolean;
  readonly decodes: 'here' | 'node';
}

/** Undefined without -k. */
export function kubeOptions(parsed: Parsed): KubeOptions | undefined {
  if (!parsed.has('kube')) {
    if (parsed.has('decode')) throw new UsageError('--decode is for pods of a cluster: it goes with -k');
    return undefined;
  }
  const readOnly = parsed.has('read-only');
  const via = viaOf(parsed.value('via'));
  if (readOnly && via === 'ephemeral')
    throw new UsageError(
      '--read-only with --via ephemeral: a container is added to the pod',
      "standing agents are only used; 'porthole kube status' tells whether there are any",
    );
  if (readOnly && via === 'job')
    throw new UsageError(
      '--read-only with --via job: an agent on demand is made in the cluster',
      "standing agents are only used; 'porthole kube status' tells whether there are any",
    );
  return {
    namespace: parsed.value('namespace'),
    allNamespaces: parsed.has('all-namespaces'),
    selector: parsed.value('selector'),
    context: parsed.value('context'),
    kubeconfig: parsed.value('kubeconfig'),
    as: parsed.value('as'),
    image: parsed.value('agent-image'),
    agentNamespace: parsed.value('agent-namespace'),
    socket: parsed.value('agent-socket') ?? '',
    // Of the two ways only one makes nothing.
    via: readOnly ? 'standing' : via,
    readOnly,
    isClockCorrected: !parsed.has('no-clock-correction'),
    decodes: decodesOf(parsed.value('decode')),
    deadlineSeconds: integer('--deadline', parsed.value('deadline') ?? '3600', 10, 86_400),
  };
}

function viaOf(text = 'auto'): Via {
  if (text === 'standing' || text === 'job' || text === 'ephemeral' || text === 'auto') return text;
  throw new UsageError(`--via ${text}: one of standing, job, ephemeral is needed`);
}

function decodesOf(text = 'here'): KubeOptions['decodes'] {
  if (text === 'here' || text === 'node') return text;
  throw new UsageError(`--decode ${text}: one of here, node is needed`);
}
