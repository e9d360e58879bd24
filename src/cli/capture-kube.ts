/** A live capture of a cluster's pods: which ones, an agent on each of their nodes, one source of them all. */

import {
  type Agents,
  Ahead,
  Audit,
  agentsInPods,
  agentsOnDemand,
  agentsVia,
  ClusterSource,
  Crowd,
  Directory,
  defaultNamespace,
  fewStandingPods,
  followNeighbours,
  followPods,
  isWatchable,
  KubeApi,
  KubeError,
  lookAtNode,
  maxNodesRead,
  type Pod,
  type PodQuery,
  podQuery,
  podsAtOnce,
  RemoteSource,
  readToken,
  selectionOf,
  whoAmI,
} from '../kube/index.ts';
import type { Want } from '../remote/index.ts';
import { countLines, drive, heedEnd, outputOf, type View, type ViewMaker } from './capture.ts';
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
  // Each of these needs no other's answer, and the view is loaded meanwhile.
  const asked = podQuery(api, selection);
  const way = wayTo(api, kube, namespace);
  const ahead = new Ahead();
  /** Known when a connection is made. */
  let known: Awaited<typeof way> | undefined;
  let early: ReturnType<typeof heedEnd> | undefined;
  let view: View | undefined;
  let audit: Audit | undefined;
  const isCorrected = kube.isClockCorrected;
  const source = new ClusterSource({ isCorrected });
  const names = new Map<string, string>();
  const isOne = selection.object?.kind.name === 'pod';
  const isDecoded = kube.decodes === 'node';
  const around = new Directory(options.noNames === 0 ? names : undefined, selection.namespace);
  const isInPods = kube.via === 'ephemeral';
  /** Where its agent is: on its node, or in the pod itself. */
  const placeOf = ({ node, namespace, name }: Pod) => (isInPods ? `${namespace}/${name}` : node);
  const isTaken = (pod: Pod) => isWatchable(pod) && !(isInPods && pod.leaving);
  /** Places whose agent has answered: their pods are watched. */
  const answered = new Set<string>();
  let all: ReadonlyMap<string, Pod> = new Map();
  const tell = (pods: Iterable<Pod>) => {
    if (!audit || audit.isFull) return;
    for (const pod of pods) if (answered.has(placeOf(pod)) && isTaken(pod)) audit.begin(pod);
  };
  let title = '';
  const filtered = filter === '' ? '' : `, filter: ${filter}`;
  const listening = new Crowd(
    stderr,
    (place) => `listening to ${isInPods ? `pod ${place}` : `${title} on ${place}`}${filtered}`,
    (count, places) =>
      `listening ${isInPods ? 'to' : 'on'} ${count} more ${isInPods ? 'pods' : 'nodes'} (${places} in all)${filtered}`,
  );
  const take = (pods: readonly Pod[], query: PodQuery) => {
    if (isInPods) requireFew(pods.filter(isTaken));
    tell(pods);
    for (const pod of pods) {
      around.watch(pod);
      if (!isTaken(pod)) continue;
      lookAt(pod.node);
      source.add(placeOf(pod), () => remote(placeOf(pod), query));
    }
  };
  const looked = new Set<string>();
  const lookAt = (node: string) => {
    if (maker.isSilent || looked.has(node) || looked.size >= maxNodesRead) return;
    looked.add(node);
    void lookAtNode(api, node, around);
  };
  const remote = (place: string, query: PodQuery) => {
    const made = new RemoteSource({
      connect: ahead.connect(async (listener) => {
        known = await way;
        // From here on an agent may be there, before the view is: whoever ends us then ends the agent too.
        early ??= heedEnd();
        return known.agents.on(place)(listener);
      }),
      node: place,
      release: version(),
      get token() {
        return known!.agents.tokenOf(place);
      },
      get want(): Want {
        return {
          pods: query.remote,
          filter,
          snaplen: options.snaplen,
          ...(options.interfaces.length > 0 ? { interfaces: options.interfaces } : {}),
          ...(options.direction === undefined ? {} : { direction: options.direction }),
          ringBytes: options.ringBytes ?? 0,
          bodyLimit: view?.decoded?.bodyLimit ?? 0,
          ...(view?.decoded
            ? { mode: 'exchanges', entries: { ...view.decoded.want, processes: maker.wantsOwners === true } }
            : { mode: 'packets' }),
          who: known!.who,
        };
      },
      onMember: (...told) => (view?.member ?? memberLine)(...told),
      onWelcome() {
        mark('agent answers');
        answered.add(place);
        tell(all.values());
      },
      onListening() {
        mark('interfaces are open');
        listening.add(place);
      },
    });
    return made;
  };
  const following = asked.then((query) =>
    followPods(api, query, {
      pods(changed, every) {
        mark('pods known');
        all = every;
        title = query.title;
        take(changed, query);
      },
      note: stderr,
    }),
  );
  // Told when it is waited for.
  for (const what of [way, following]) what.catch(() => {});
  const neighbours = maker.isSilent
    ? Promise.resolve(undefined)
    : followNeighbours(api, selection.namespace, around).catch(() => undefined);
  try {
    const output = await outputOf(options, filter);
    const setting = { live: true, knownNames: names, severalTargets: !isOne, isDecoded, around };
    view = heard(await maker.make(setting));
    source.entries = view.decoded?.entries;
    mark('view made');
    const [query, { who }] = await Promise.all([asked, way, following]);
    if (kube.readOnly) stderr('--read-only: no event on the pods says that they are watched');
    else audit = new Audit(api, { who, title: query.title, filter, note: stderr });
    if (source.nodes.size === 0)
      await explainNone(api, query.path, query.query, query.title, options.wait || !isOne);
    output?.ready();
    view.begin?.();
    const status = new KubeStatus({
      ...{ source, isCorrected, title: query.title, isColored: useColor('auto', true) },
      progress: options.noStatus ? undefined : view.progress,
    });
    if (early?.close()) source.stop();
    // Who the addresses were then: a reader of the file cannot ask the cluster any more.
    const named: typeof output = output && {
      ...output,
      finish: (counters, seen) => output.finish(counters, [...names, ...seen]),
    };
    const { packets } = options;
    const counters = await drive(source, { view, output: named, packets, live: true, status });
    process.stderr.write(countLines(counters, view, output));
    for (const line of await status.lines()) stderr(line);
    return 0;
  } finally {
    early?.close();
    ahead.close();
    following.then(
      (followed) => followed.stop(),
      () => {},
    );
    void neighbours.then((followed) => followed?.stop());
    await Promise.all([known?.agents.close(), audit?.end()]);
  }
}

/** What shows nothing (-w) says nothing either; what becomes of nodes is to be heard all the same. */
function heard(view: View): View {
  return view.tap.frame || view.tap.note || view.decoded
    ? view
    : { ...view, tap: { ...view.tap, note: stderr } };
}

/** The agents, by the way that was asked for or that there is, and who we are to the server. */
async function wayTo(
  api: KubeApi,
  kube: KubeOptions,
  namespace: string,
): Promise<{ readonly who: string; readonly agents: Agents }> {
  const standing = kube.agentNamespace ?? defaultNamespace;
  if (kube.via === 'ephemeral') {
    const { image = agentImage(), deadlineSeconds } = kube;
    const agents = agentsInPods(api, { image, deadlineSeconds, pullPolicy: 'IfNotPresent' }, stderr);
    return { who: await whoAmI(api), agents };
  }
  const isAsked = kube.via !== 'job';
  const listed = isAsked ? fewStandingPods(api, standing) : undefined;
  const [who, read] = await Promise.all([whoAmI(api), isAsked ? readToken(api, standing) : undefined]);
  const settings = {
    image: kube.image ?? agentImage(),
    namespace: kube.agentNamespace ?? namespace,
    who,
    deadlineSeconds: kube.deadlineSeconds,
    socket: kube.socket,
    memoryMiB: agentMemoryMiB,
    pullPolicy: 'IfNotPresent' as const,
  };
  const onDemand = () => agentsOnDemand(api, settings, stderr);
  return { who, agents: agentsVia(api, kube.via, standing, read, onDemand, listed) };
}

/** Throws KubeError: specs of more pods would be changed than were likely meant. */
function requireFew(pods: readonly Pod[]): void {
  if (pods.length > podsAtOnce)
    throw new KubeError(
      `--via ephemeral would add a container to each of ${pods.length} pods, for good: more than ${podsAtOnce} are not taken`,
      'name a pod, or fewer by -l',
    );
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
