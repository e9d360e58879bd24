/** What would be possible with a cluster, and what is missing: asked without changing anything. */
import { agentJob } from './agent-job.ts';
import { ApiError, type KubeApi } from './api.ts';
import { whoAmI } from './audit.ts';
import { ephemeralContainer, rightsAsked } from './ephemeral-container.ts';
import { type StandingStatus, standingStatus } from './install.ts';
import { type PodQuery, podQuery } from './pods.ts';
import {
  ephemeralRights,
  kindRight,
  niceRights,
  onDemandRights,
  type Right,
  rightText,
  standingRights,
  watchRights,
} from './rights.ts';
import { isWatchable, type Pod, podOf, type Selection } from './selection.ts';

export interface CheckSettings {
  readonly selection: Selection;
  /** Of agents on demand. */
  readonly jobNamespace: string;
  /** Of standing agents. */
  readonly standingNamespace: string;
  readonly image: string;
  readonly socket: string;
  readonly memoryMiB: number;
}

export interface RightFact {
  /** 'create jobs.batch' */
  readonly right: string;
  /** '' all namespaces */
  readonly namespace: string;
  readonly allowed: boolean;
  /** What goes wrong without it; '': nothing works. */
  readonly without: string;
}

export interface NodeFact {
  readonly name: string;
  /** 'amd64'; '' unknown, as the rest: nodes may not be read. */
  readonly arch: string;
  readonly os: string;
  /** 'containerd://1.7.2' */
  readonly runtime: string;
  readonly kernel: string;
  readonly ready: boolean | undefined;
  /** Pods of the target there. */
  readonly pods: number;
}

export interface PodFacts {
  /** What was asked for: 'pods of deployment shop/web'. */
  readonly title: string;
  readonly watchable: number;
  /** 'web-1 is Pending' */
  readonly others: readonly string[];
}

export interface ClusterFacts {
  readonly server: string;
  readonly version: string;
  readonly context: string;
  readonly who: string;
  /** Absent: they cannot be read, `error` says why. */
  readonly pods?: PodFacts;
  readonly error: string;
  readonly nodes: readonly NodeFact[];
  readonly watch: readonly RightFact[];
  readonly standing: {
    readonly namespace: string;
    readonly rights: readonly RightFact[];
    /** Null: there are none; absent: that may not be read. */
    readonly installed?: Pick<StandingStatus, 'release' | 'wanted' | 'ready'> | null;
  };
  readonly onDemand: {
    readonly namespace: string;
    readonly rights: readonly RightFact[];
    /** Why the namespace would not admit an agent's pod; '' it does, or it could not be asked. */
    readonly refused: string;
    readonly asked: boolean;
  };
  /** Ephemeral containers. */
  readonly ephemeral: {
    /** Of the pods; '' all. */
    readonly namespace: string;
    readonly rights: readonly RightFact[];
    /** Why the first pod would not admit one; '' it would, or it could not be asked. */
    readonly refused: string;
    readonly asked: boolean;
  };
}

/** Throws ApiError when the server does not answer or does not know us. */
export async function checkCluster(api: KubeApi, settings: CheckSettings): Promise<ClusterFacts> {
  const { selection, jobNamespace, standingNamespace } = settings;
  const kind = selection.object ? kindRight(selection.object.kind.name) : undefined;
  const [version, who, watch, standing, onDemand, ephemeral, found, installed] = await Promise.all([
    api.get<{ gitVersion?: string }>('/version'),
    whoAmI(api),
    ask(api, [...(kind ? [kind] : []), ...watchRights, ...niceRights], selection.namespace),
    ask(api, standingRights, standingNamespace),
    ask(api, onDemandRights, jobNamespace),
    ask(api, ephemeralRights, selection.namespace),
    podsOf(api, selection),
    standingStatus(api, standingNamespace).catch(() => 'unknown' as const),
  ]);
  const nodes = await nodesOf(api, found.pods ?? []);
  const allows = (facts: readonly RightFact[], wanted: string) =>
    facts.some(({ right, allowed }) => allowed && right === wanted);
  const pod = allows(ephemeral, 'patch pods/ephemeralcontainers') ? found.pods?.find(isWatchable) : undefined;
  const mayCreate = allows(onDemand, 'create jobs.batch');
  return {
    server: api.server,
    version: version.gitVersion ?? '',
    context: api.context,
    who,
    ...(found.query && found.pods ? { pods: podFacts(found.query, found.pods) } : {}),
    error: found.error,
    nodes,
    watch,
    standing: {
      namespace: standingNamespace,
      rights: standing.map(asOf(version.gitVersion ?? '')),
      ...(installed === 'unknown' ? {} : { installed: installed ?? null }),
    },
    onDemand: {
      namespace: jobNamespace,
      rights: onDemand.map(asOf(version.gitVersion ?? '')),
      refused: mayCreate ? await refusal(api, nodes[0]?.name ?? 'any', settings) : '',
      asked: mayCreate,
    },
    ephemeral: {
      namespace: selection.namespace,
      rights: ephemeral.map(asOf(version.gitVersion ?? '')),
      refused: pod ? await refusalInPod(api, pod, settings.image) : '',
      asked: pod !== undefined,
    },
  };
}

/** Up to Kubernetes 1.34 a WebSocket to a port is a `get` alone (AuthorizePodWebsocketUpgradeCreatePermission). */
function asOf(release: string): (fact: RightFact) => RightFact {
  const [, major = '1', minor = '35'] = /^v(\d+)\.(\d+)/.exec(release) ?? [];
  const isOld = Number(major) === 1 && Number(minor) < 35;
  return (fact) =>
    isOld && fact.right === 'create pods/portforward'
      ? { ...fact, without: 'no agent is reached once the cluster is of Kubernetes 1.35' }
      : fact;
}

/** Whether they are allowed, in one question each: SelfSubjectAccessReview creates nothing. */
function ask(api: KubeApi, rights: readonly Right[], namespace: string): Promise<RightFact[]> {
  return Promise.all(
    rights.map(async (right): Promise<RightFact> => {
      const [resource, subresource] = right.resource.split('/');
      const answer = await api.post<{ status?: { allowed?: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              namespace,
              verb: right.verb,
              group: right.group,
              resource,
              ...(subresource === undefined ? {} : { subresource }),
              ...(right.name === '' ? {} : { name: right.name }),
            },
          },
        },
      );
      return {
        right: rightText(right),
        namespace,
        allowed: answer.status?.allowed ?? false,
        without: right.without,
      };
    }),
  );
}

async function podsOf(
  api: KubeApi,
  selection: Selection,
): Promise<{ query?: PodQuery; pods?: Pod[]; error: string }> {
  try {
    const query = await podQuery(api, selection);
    const { items } = await api.list(query.path, query.query);
    return { query, pods: items.map(podOf), error: '' };
  } catch (error) {
    // A wrong kubeconfig, or no server: nothing else would be true either.
    if (error instanceof ApiError && error.status !== 403) throw error;
    return { error: (error as Error).message };
  }
}

function podFacts({ title }: PodQuery, pods: readonly Pod[]): PodFacts {
  return {
    title,
    watchable: pods.filter(isWatchable).length,
    others: pods
      .filter((pod) => !isWatchable(pod))
      .map(({ name, node, phase, hostNetwork }) => {
        if (hostNetwork) return `${name} uses the network of its node`;
        return node === '' ? `${name} is not scheduled` : `${name} is ${phase}`;
      }),
  };
}

interface ApiNode {
  readonly status?: {
    readonly nodeInfo?: {
      readonly architecture?: string;
      readonly operatingSystem?: string;
      readonly containerRuntimeVersion?: string;
      readonly kernelVersion?: string;
    };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Of a selection on a thousand nodes, these are enough to see what kinds there are. */
const nodesMax = 50;

function nodesOf(api: KubeApi, pods: readonly Pod[]): Promise<NodeFact[]> {
  const counts = new Map<string, number>();
  for (const pod of pods) if (isWatchable(pod)) counts.set(pod.node, (counts.get(pod.node) ?? 0) + 1);
  return Promise.all(
    [...counts].slice(0, nodesMax).map(async ([name, count]): Promise<NodeFact> => {
      const node = await api.get<ApiNode>(`/api/v1/nodes/${name}`).catch(() => undefined);
      const about = node?.status?.nodeInfo ?? {};
      return {
        name,
        arch: about.architecture ?? '',
        os: about.operatingSystem ?? '',
        runtime: about.containerRuntimeVersion ?? '',
        kernel: about.kernelVersion ?? '',
        ready: node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
        pods: count,
      };
    }),
  );
}

/**
 * What admission says to an agent's pod, by a request that is carried out to its end but for the storing. PodSecurity
 * admits a Job and warns of it; only its pod is refused, later: so the pod itself is tried, where that is allowed.
 */
async function refusal(api: KubeApi, node: string, settings: CheckSettings): Promise<string> {
  const { jobNamespace: namespace, image, socket, memoryMiB } = settings;
  const job = agentJob(node, {
    ...{ image, socket, memoryMiB, namespace, pullPolicy: 'IfNotPresent' },
    ...{ session: crypto.randomUUID(), who: 'doctor', deadlineSeconds: 60, digest: '' },
  }) as { spec: { template: { metadata: object; spec: object } } };
  const tries: readonly [string, object][] = [
    [`/apis/batch/v1/namespaces/${namespace}/jobs`, job],
    [
      `/api/v1/namespaces/${namespace}/pods`,
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { generateName: 'porthole-agent-', ...job.spec.template.metadata },
        spec: job.spec.template.spec,
      },
    ],
  ];
  for (const [path, object] of tries)
    try {
      await api.post(path, object, { dryRun: 'All' });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // That pods may not be made is no obstacle: the Job's are made by the cluster.
      if (path.endsWith('/pods') && /cannot create resource "pods"/.test(error.message)) {
        return podSecurity(api, namespace);
      }
      return error.message;
    }
  return '';
}

/** What admission says to an ephemeral container: whichever it admits of those that are tried. */
async function refusalInPod(api: KubeApi, { namespace, name }: Pod, image: string): Promise<string> {
  const settings = { image, pullPolicy: 'IfNotPresent', digest: '', deadlineSeconds: 60 } as const;
  let refused = '';
  for (const asks of rightsAsked)
    try {
      await api.patch(
        `/api/v1/namespaces/${namespace}/pods/${name}/ephemeralcontainers`,
        { spec: { ephemeralContainers: [ephemeralContainer(name, 'porthole-doctor', 0, asks, settings)] } },
        { dryRun: 'All' },
      );
      return '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused = error.message;
    }
  return refused;
}

/** The level that a namespace enforces, where it may be read. */
async function podSecurity(api: KubeApi, namespace: string): Promise<string> {
  const found = await api
    .get<{ metadata?: { labels?: Record<string, string> } }>(`/api/v1/namespaces/${namespace}`)
    .catch(() => undefined);
  const level = found?.metadata?.labels?.['pod-security.kubernetes.io/enforce'];
  return level === undefined || level === 'privileged'
    ? ''
    : `namespace ${namespace} enforces the PodSecurity level '${level}'`;
}
