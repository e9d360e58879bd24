/** What is asked for on the command line, in kubectl's words, and which pods that is. */
import type { ProbeSpec } from '../model/index.ts';
import { nearest } from '../util/nearest.ts';
import { type Kind, kindOf, kinds } from './kinds.ts';
import { type ApiContainer, portsOf, probesOf, proxyOf, running, workloadOf } from './pod-spec.ts';

/** One line: what, which value, why. */
export class KubeError extends Error {
  override readonly name = 'CliError';
  readonly hint: string;
  constructor(message: string, hint = '') {
    super(message);
    this.hint = hint;
  }
}

export interface Selection {
  /** Absent: every pod that the selector fits. */
  readonly object?: { readonly kind: Kind; readonly name: string };
  /** As `-l` has it; '' all. */
  readonly labels: string;
  /** '' all namespaces. */
  readonly namespace: string;
}

/** RFC 1123 subdomain, as names of objects are (apimachinery's validation). */
const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * `web-7d9`, `deploy/web`, `shop/web-7d9` is none of kubectl's; with a selector no name is needed.
 * Throws KubeError.
 */
export function selectionOf(
  target: string | undefined,
  options: { readonly labels?: string; readonly namespace: string; readonly allNamespaces?: boolean },
): Selection {
  const { labels = '', allNamespaces = false } = options;
  const namespace = allNamespaces ? '' : options.namespace;
  if (target === undefined) {
    if (labels === '' && !allNamespaces)
      throw new KubeError(
        'which pod? none was named',
        'name one (web-7d9), a workload (deploy/web), a selector (-l app=web), or all: -A',
      );
    return { labels, namespace };
  }
  if (labels !== '') throw new KubeError(`${target} and -l ${labels}: give a name or a selector, not both`);
  const [first = '', second, ...rest] = target.split('/');
  const kind = second === undefined ? kindOf('pod') : kindOf(first);
  const name = second ?? first;
  if (!kind) {
    const [near] = nearest(
      first,
      kinds.flatMap((k) => [k.name, ...k.short]),
    );
    throw new KubeError(
      `${target}: no kind of object '${first}' that stands for pods`,
      near ? `do you mean ${near}/${name}?` : `known are ${kinds.map((k) => k.name).join(', ')}`,
    );
  }
  if (rest.length > 0 || !objectName.test(name))
    throw new KubeError(`${target}: '${[name, ...rest].join('/')}' is no name of an object`);
  if (allNamespaces && kind.name !== 'node')
    throw new KubeError(`${target} with -A: a name is one of a single namespace`, 'give it by -n NAMESPACE');
  return { object: { kind, name }, labels: '', namespace };
}

/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** As the `labelSelector` parameter of a list has it. Throws KubeError for an operator nobody knows. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const others = matchExpressions.map(({ key, operator, values = [] }) => {
    const set = `(${values.join(',')})`;
    switch (operator) {
      case 'In':
        return `${key} in ${set}`;
      case 'NotIn':
        return `${key} notin ${set}`;
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        throw new KubeError(`a selector with the operator '${operator}', which is not known here`);
    }
  });
  return [...equal, ...others].join(',');
}

/** Of a Pod, what matters here. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** '' while it is not scheduled. */
  readonly node: string;
  /** Pending, Running, Succeeded, Failed, Unknown */
  readonly phase: string;
  readonly ready: boolean;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  readonly containers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** `ReplicaSet/web-7d9`; '' none. */
  readonly owner: string;
  /** It is being deleted. */
  readonly leaving: boolean;
  /** Addresses of its node. */
  readonly hosts: readonly string[];
  /** 'deploy/web'; '' none. */
  readonly workload: string;
  /** Names of containers' ports. */
  readonly ports: ReadonlyMap<string, number>;
  readonly probes: readonly ProbeSpec[];
  /** Its container that is a mesh's proxy; '' none. */
  readonly proxy: string;
}

interface ApiPod {
  readonly metadata?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly labels?: Record<string, string>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly containers?: readonly ApiContainer[];
    readonly initContainers?: readonly ApiContainer[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly hostIP?: string;
    readonly hostIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export function podOf(value: object): Pod {
  const { metadata = {}, spec = {}, status = {} } = value as ApiPod;
  const by = metadata.ownerReferences?.find((o) => o.controller) ?? metadata.ownerReferences?.[0];
  const owner = by ? `${by.kind}/${by.name}` : '';
  const labels = metadata.labels ?? {};
  const containers = running(spec.containers, spec.initContainers);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    node: spec.nodeName ?? '',
    phase: status.phase ?? 'Unknown',
    ready: status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    hostNetwork: spec.hostNetwork ?? false,
    addresses: (status.podIPs ?? []).map(({ ip }) => ip),
    containers: (spec.containers ?? []).map(({ name }) => name),
    labels,
    owner,
    leaving: metadata.deletionTimestamp !== undefined,
    hosts: status.hostIPs?.map(({ ip }) => ip) ?? (status.hostIP ? [status.hostIP] : []),
    workload: workloadOf(owner, labels),
    ports: portsOf(containers),
    probes: probesOf(containers),
    proxy: proxyOf(containers),
  };
}

/** Has, or will soon have, a network namespace of its own on a node. */
export function isWatchable({ node, phase, hostNetwork }: Pod): boolean {
  return node !== '' && !hostNetwork && (phase === 'Running' || phase === 'Pending');
}
