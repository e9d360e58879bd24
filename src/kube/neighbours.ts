/** Keeps a Directory of whom the watched pods may talk to: of the whole cluster where it is small and may be read. */
import { ApiError, type KubeApi } from './api.ts';
import { type Directory, nodeOf, serviceOf } from './directory.ts';
import { follow, type ObjectListener } from './follow.ts';
import { living } from './pods.ts';
import { podOf } from './selection.ts';

/** Of more pods than that only those of the watched namespace are listed: each is some kilobytes to read. */
const maxPods = 5000;

interface Scope {
  /** '' the cluster. */
  readonly namespace: string;
}

const place = ({ namespace }: Scope, resource: string) =>
  namespace === '' ? `/api/v1/${resource}` : `/api/v1/namespaces/${namespace}/${resource}`;

/**
 * One list and one watch of pods, the same of services. What may not be read stays unknown, and nothing is said of it.
 * @param namespace of the watched pods; '' all
 */
export async function followNeighbours(
  api: KubeApi,
  namespace: string,
  directory: Directory,
): Promise<{ stop(): void }> {
  const watches: { stop(): void }[] = [];
  let isStopped = false;
  const go = async <T>(
    scopes: readonly Scope[],
    resource: string,
    query: Readonly<Record<string, string>>,
    on: Omit<ObjectListener<T>, 'note' | 'title'>,
  ) => {
    for (const scope of scopes) {
      try {
        const quiet = { ...on, title: resource, isOptional: true, note() {} };
        const watch = await follow(api, place(scope, resource), query, quiet);
        if (isStopped) watch.stop();
        else watches.push(watch);
        return;
      } catch (error) {
        // Of one namespace it may be allowed.
        if (!(error instanceof ApiError)) throw error;
      }
    }
  };
  const cluster = { namespace: '' };
  const own = namespace === '' ? [] : [{ namespace }];
  const isSmall = (await podCount(api)) <= maxPods;
  await Promise.all([
    go(
      isSmall ? [cluster, ...own] : own,
      'pods',
      { fieldSelector: living },
      {
        read: podOf,
        all: (pods) => directory.setPods(pods),
        put: (pod) => directory.putPod(pod),
        gone: (pod) => directory.dropPod(pod),
      },
    ),
    go(
      [cluster, ...own],
      'services',
      {},
      {
        read: serviceOf,
        all: (services) => directory.setServices(services),
        put: (service) => directory.putService(service),
        gone: (service) => directory.dropService(service),
      },
    ),
  ]);
  return {
    stop() {
      isStopped = true;
      for (const watch of watches) watch.stop();
    },
  };
}

/** Of the cluster; infinite where that may not be known. */
async function podCount(api: KubeApi): Promise<number> {
  const page = await api
    .get<{ items?: object[]; metadata?: { remainingItemCount?: number; continue?: string } }>(
      '/api/v1/pods',
      { limit: '1' },
    )
    .catch(() => undefined);
  const { items = [], metadata = {} } = page ?? {};
  const left = metadata.continue ? metadata.remainingItemCount : 0;
  return page && left !== undefined ? items.length + left : Number.POSITIVE_INFINITY;
}

/** Of more nodes what their own pods tell has to do. */
export const maxNodesRead = 64;

/** Addresses of a node, where it may be read: probes come from them. */
export async function lookAtNode(api: KubeApi, name: string, directory: Directory): Promise<void> {
  const node = await api.get(`/api/v1/nodes/${name}`).catch(() => undefined);
  if (node) directory.putNode(nodeOf(node));
}
