/** A live capture of a cluster's pods: which ones, an agent on each of their nodes, one source of them all. */
import {
  Audit,
  agentsOnDemand,
  agentsVia,
  ClusterSource,
  defaultNamespace,
  followPods,
  isWatchable,
  KubeApi,
  KubeError,
  type Pod,
  podQuery,
  RemoteSource,
  readToken,
  selectionOf,
  whoAmI,
} from '../kube/index.ts';
import { countLines, drive, outputOf, type ViewMaker } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { useColor } from './color.ts';
import { agentImage, agentMemoryMiB, type KubeOptions } from './kube-options.ts';
import { KubeStatus } from './kube-status.ts';
import { memberLine } from './members.ts';
import { stderr } from './terminal.ts';
import { mark } from './timing.ts';
import { version } from './version.ts';

export async function captureKube(
  options: CaptureOptions,
  kube: KubeOptions,
  target: string | undefined,
  filter: string,
  maker: ViewMaker,
): Promise<number> {
  const api = await KubeApi.load(kube);
  mark('kubeconfig read');
  const namespace = kube.namespace ?? api.namespace;
  const selection = selectionOf(target, {
    namespace,
    allNamespaces: kube.allNamespaces,
    ...(kube.selector === undefined ? {} : { labels: kube.selector }),
  });
  const standing = kube.agentNamespace ?? defaultNamespace;
  const [query, who, read] = await Promise.all([
    podQuery(api, selection),
    whoAmI(api),
    kube.via === 'job' ? undefined : readToken(api, standing),
  ]);
  const agents = agentsVia(api, kube.via, standing, read, () =>
    agentsOnDemand(
      api,
      {
        image: kube.image ?? agentImage(),
        namespace: kube.agentNamespace ?? namespace,
        who,
        deadlineSeconds: kube.deadlineSeconds,
        socket: kube.socket,
        memoryMiB: agentMemoryMiB,
        pullPolicy: 'IfNotPresent',
      },
      stderr,
    ),
  );
  const audit = kube.readOnly ? undefined : new Audit(api, { who, title: query.title, filter, note: stderr });
  if (!audit) stderr('--read-only: no event on the pods says that they are watched');
  const output = await outputOf(options, filter);
  const isCorrected = kube.isClockCorrected;
  const source = new ClusterSource({ isCorrected });
  const names = new Map<string, string>();
  const isOne = selection.object?.kind.name === 'pod';
  const view = await maker.make({ live: true, knownNames: names, severalTargets: !isOne });
  const member = view.member ?? memberLine;
  /** Nodes whose agent has answered: their pods are watched. */
  const answered = new Set<string>();
  let watchable: readonly Pod[] = [];
  const tell = () => {
    for (const pod of watchable) if (answered.has(pod.node)) audit?.begin(pod);
  };
  const take = (pods: readonly Pod[]) => {
    watchable = pods.filter(isWatchable);
    tell();
    for (const pod of pods) {
      if (options.noNames === 0) for (const address of pod.addresses) names.set(address, pod.name);
      if (isWatchable(pod)) source.add(pod.node, () => remote(pod.node));
    }
  };
  const remote = (node: string) => {
    const made = new RemoteSource({
      connect: agents.on(node),
      node,
      release: version(),
      get token() {
        return agents.tokenOf(node);
      },
      want: {
        pods: query.remote,
        filter,
        snaplen: options.snaplen,
        ...(options.interfaces.length > 0 ? { interfaces: options.interfaces } : {}),
        ...(options.direction === undefined ? {} : { direction: options.direction }),
        ringBytes: options.ringBytes ?? 0,
        bodyLimit: 0,
        mode: 'packets',
        who,
      },
      onMember: member,
      onWelcome() {
        mark('agent answers');
        answered.add(node);
        tell();
      },
      onListening() {
        mark('interfaces are open');
        stderr(`listening to ${query.title} on ${node}${filter === '' ? '' : `, filter: ${filter}`}`);
      },
    });
    return made;
  };
  const following = await followPods(api, query, {
    pods(pods) {
      mark('pods known');
      take(pods);
    },
    note: stderr,
  });
  try {
    if (source.nodes.size === 0)
      await explainNone(api, query.path, query.query, query.title, options.wait || !isOne);
    if (options.noNames === 0) void nameServices(api, selection.namespace, names);
    output?.ready();
    view.begin?.();
    const status = new KubeStatus({
      ...{ source, isCorrected, title: query.title, isColored: useColor('auto', true) },
      progress: options.noStatus ? undefined : view.progress,
    });
    const counters = await drive(source, { view, output, packets: options.packets, live: true, status });
    process.stderr.write(countLines(counters, view, output));
    for (const line of await status.lines()) stderr(line);
    return 0;
  } finally {
    following.stop();
    await Promise.all([agents.close(), audit?.end()]);
  }
}

/** Why nothing is watched: a single pod that cannot be is refused, others may still come. */
async function explainNone(
  api: KubeApi,
  path: string,
  query: Readonly<Record<string, string>>,
  title: string,
  mayCome: boolean,
): Promise<void> {
  const { items } = await api.list(path, query);
  const { podOf } = await import('../kube/index.ts');
  const reasons = items.map((item) => {
    const pod = podOf(item);
    if (pod.hostNetwork)
      return `${pod.name} uses the network of its node, whose traffic is not the pod's alone`;
    if (pod.node === '') return `${pod.name} is not scheduled to a node yet`;
    return `${pod.name} is ${pod.phase}`;
  });
  const why = reasons.length === 0 ? 'there is none' : reasons.slice(0, 5).join('; ');
  if (!mayCome)
    throw new KubeError(`${title}: ${why}`, 'kubectl get pods shows what there is; --wait waits for it');
  stderr(`waiting for ${title}: ${why}`);
}

/** Cluster addresses of services, where they may be listed. */
async function nameServices(api: KubeApi, namespace: string, names: Map<string, string>): Promise<void> {
  const path = namespace === '' ? '/api/v1/services' : `/api/v1/namespaces/${namespace}/services`;
  const { items } = await api.list(path).catch(() => ({ items: [] as object[] }));
  for (const item of items as { metadata?: { name?: string }; spec?: { clusterIPs?: string[] } }[])
    for (const address of item.spec?.clusterIPs ?? [])
      if (address !== 'None' && !names.has(address)) names.set(address, `svc/${item.metadata?.name}`);
}
