/** How pods and their containers are called, here and by the kubelet. */
import type { Container, PodPlace } from '../runtime.ts';

/** Labels the kubelet gives to sandboxes and containers: k8s.io/kubelet/pkg/types/labels.go */
export const kubeletLabels = {
  pod: 'io.kubernetes.pod.name',
  namespace: 'io.kubernetes.pod.namespace',
  container: 'io.kubernetes.container.name',
} as const;

/** The pod's name; `pod/container` for a container in it. */
export const nameInPod = ({ name, container }: PodPlace): string =>
  container === '' ? name : `${name}/${container}`;

/**
 * Each name once: a container that was started again, and a pod whose sandbox was made anew, leave the old
 * one behind for a while. Those that run come before those that do not, then the newest.
 */
export function newestOfEach(all: readonly Container[]): Container[] {
  const newest = new Map<string, Container>();
  const rank = (c: Container) => (c.state === 'running' ? Number.MAX_SAFE_INTEGER / 2 : 0) + c.startedAt;
  for (const container of all) {
    const key = `${container.pod?.namespace}\0${container.name}`;
    const known = newest.get(key);
    if (!known || rank(container) > rank(known)) newest.set(key, container);
  }
  return [...newest.values()];
}

/** By full id, exact name, or a prefix of the id that only one has. */
export function pick(all: readonly Container[], nameOrId: string): Container | undefined {
  const exact = all.filter((c) => c.id === nameOrId || c.name === nameOrId);
  const found = exact.length > 0 ? exact : all.filter((c) => c.id.startsWith(nameOrId));
  return found.length === 1 ? found[0] : undefined;
}
