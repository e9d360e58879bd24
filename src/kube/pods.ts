/** The pods that are meant, now and as they come and go: one list and one watch. */

import type { PodSelection } from '../remote/index.ts';
import { ApiError, type KubeApi } from './api.ts';
import { follow } from './follow.ts';
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

export interface PodListener {
  /**
   * Those that are new or have changed; at the beginning, and when the server has forgotten where we were, all.
   * @param all that there are, by uid
   */
  pods(changed: readonly Pod[], all: ReadonlyMap<string, Pod>): void;
  note(text: string): void;
}

/** Pods that have ended have no address and no namespace: there may be more of them than of the others. */
export const living = 'status.phase!=Succeeded,status.phase!=Failed';

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
  return follow(api, path, query, {
    title: 'pods',
    read: podOf,
    all(listed) {
      pods.clear();
      for (const pod of listed) pods.set(pod.uid, pod);
      on.pods(listed, pods);
    },
    put(pod) {
      pods.set(pod.uid, pod);
      on.pods([pod], pods);
    },
    gone: ({ uid }) => void pods.delete(uid),
    note: on.note,
  });
}
