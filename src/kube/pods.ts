/** The pods that are meant, now and as they come and go: one list and one watch. */

import type { PodSelection } from '../remote/index.ts';
import { ApiError, type KubeApi, type WatchEvent } from './api.ts';
import { KubeError, type LabelSelector, type Pod, podOf, type Selection, selectorText } from './selection.ts';

export interface PodQuery {
  /** Path of the list. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The same for an agent, which asks its node's runtime. */
  readonly remote: PodSelection;
  /** For people: 'deployment shop/web'. */
  readonly title: string;
}

/** What the selection means: a workload is asked for its selector. Throws KubeError. */
export async function podQuery(api: KubeApi, selection: Selection): Promise<PodQuery> {
  const { object, namespace, labels } = selection;
  const place = namespace === '' ? '/api/v1/pods' : `/api/v1/namespaces/${namespace}/pods`;
  const scope = namespace === '' ? 'all namespaces' : `namespace ${namespace}`;
  if (!object)
    return {
      path: place,
      query: { labelSelector: labels },
      remote: { namespace, name: '', labels },
      title: `pods${labels === '' ? '' : ` with ${labels}`} of ${scope}`,
    };
  const { kind, name } = object;
  if (kind.name === 'pod')
    return {
      path: place,
      query: { fieldSelector: `metadata.name=${name}` },
      remote: { namespace, name, labels: '' },
      title: `pod ${namespace}/${name}`,
    };
  if (kind.name === 'node')
    return {
      path: '/api/v1/pods',
      query: { fieldSelector: `spec.nodeName=${name}` },
      remote: { namespace: '', name: '', labels: '' },
      title: `pods of node ${name}`,
    };
  const found = await api
    .get<{ spec?: { selector?: LabelSelector | Record<string, string> | null } }>(
      `/${kind.group}/namespaces/${namespace}/${kind.plural}/${name}`,
    )
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404)
        throw new KubeError(
          `no ${kind.name} '${name}' in namespace ${namespace}`,
          `kubectl get ${kind.plural} -n ${namespace} lists them`,
        );
      throw error;
    });
  const selector = found.spec?.selector ?? {};
  const text =
    'matchLabels' in selector || 'matchExpressions' in selector
      ? selectorText(selector as LabelSelector)
      : selectorText({ matchLabels: selector as Record<string, string> });
  if (text === '')
    throw new KubeError(
      `${kind.name} ${namespace}/${name} selects no pods: it has no selector`,
      kind.name === 'service' ? 'its endpoints are kept by hand; name the pods themselves' : '',
    );
  return {
    path: place,
    query: { labelSelector: text },
    remote: { namespace, name: '', labels: text },
    title: `pods of ${kind.name} ${namespace}/${name}`,
  };
}

/** Between two attempts when the server ends a watch or does not answer. */
const againMs = 1000;

export interface PodListener {
  /**
   * Those that are new or have changed; at the beginning, and when the server has forgotten where we were, all.
   * @param all that there are, by uid
   */
  pods(changed: readonly Pod[], all: ReadonlyMap<string, Pod>): void;
  note(text: string): void;
}

/** Pods that have ended have no address and no namespace: there may be more of them than of the others. */
const living = 'status.phase!=Succeeded,status.phase!=Failed';

/**
 * Lists, then watches until `stop`: one list (pages of 500) and one watch however many pods there are, and what is
 * kept of a pod is what `Pod` has of it. Rejects when the first list fails.
 */
export async function followPods(
  api: KubeApi,
  { path, query: asked }: PodQuery,
  on: PodListener,
): Promise<{ stop(): void }> {
  const { fieldSelector = '' } = asked;
  const query = { ...asked, fieldSelector: fieldSelector === '' ? living : `${fieldSelector},${living}` };
  const pods = new Map<string, Pod>();
  let isStopped = false;
  let watch: { stop(): void } | undefined;
  let version = '';
  let isTold = false;

  const list = async () => {
    // While it comes, what was there before is still true.
    let listed: Pod[] = [];
    version = await api.pages(path, query, {
      begin: () => {
        listed = [];
      },
      page: (items) => {
        for (const item of items) listed.push(podOf(item));
      },
    });
    pods.clear();
    for (const pod of listed) pods.set(pod.uid, pod);
    if (!isStopped) on.pods(listed, pods);
  };
  const event = ({ type, object }: WatchEvent) => {
    const at = (object as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
    if (type === 'ERROR') {
      // 410 Gone: the version is too old to go on from.
      version = '';
      return;
    }
    if (at !== undefined) version = at;
    if (type === 'BOOKMARK') return;
    const pod = podOf(object);
    if (type === 'DELETED') pods.delete(pod.uid);
    else {
      pods.set(pod.uid, pod);
      on.pods([pod], pods);
    }
  };
  const again = () => {
    if (!isStopped) setTimeout(() => void go(), againMs);
  };
  const go = async () => {
    try {
      if (version === '') await list();
      watch = await api.watch(path, { ...query, resourceVersion: version }, event, again);
      if (isStopped) watch.stop();
      if (isTold) on.note('pods are followed again');
      isTold = false;
    } catch (error) {
      version = '';
      if (!isTold && !isStopped) on.note(`pods are not followed for the moment: ${(error as Error).message}`);
      isTold = true;
      again();
    }
  };
  await list();
  void go();
  return {
    stop() {
      isStopped = true;
      watch?.stop();
    },
  };
}
