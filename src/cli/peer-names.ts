/** What addresses are called, for lines that name peers: before anything has been captured. */
import type { Target } from '../model/index.ts';
import { containerHosts } from '../target/index.ts';

/** Loopback and link-local addresses are everybody's. */
const shared = /^127\.|^::1$|^fe80:/;

/** Addresses of what the machine runs. */
export function namesOf(targets: readonly Target[]): Map<string, string> {
  const names = new Map<string, string>();
  const services = servicesOf(targets);
  for (const target of targets) {
    if (target.hostNetwork || target.netns === 0) continue;
    const name = shownName(target, services);
    for (const address of target.addresses) {
      if (shared.test(address)) continue;
      const known = names.get(address);
      // Containers of one pod share their addresses.
      names.set(address, known && known !== name ? `${known}+${name}` : name);
    }
  }
  return names;
}

/** Adds what the watched containers call others in their /etc/hosts; who is known by a name keeps it. */
export function addHosts(names: Map<string, string>, targets: readonly Target[]): void {
  for (const { pid } of targets)
    if (pid > 0)
      for (const [address, name] of containerHosts(pid)) if (!names.has(address)) names.set(address, name);
}

const serviceOf = ({ labels }: Target) => labels['com.docker.compose.service'] ?? '';

/** Compose service -> ids of its containers, one-off ones left out. */
function servicesOf(targets: readonly Target[]): Map<string, Set<string>> {
  const services = new Map<string, Set<string>>();
  for (const target of targets) {
    const service = serviceOf(target);
    if (service === '' || target.labels['com.docker.compose.oneoff'] === 'True') continue;
    services.set(service, (services.get(service) ?? new Set()).add(target.id));
  }
  return services;
}

/**
 * A service that is one container is called by its name; of several, and where two projects have a service of that
 * name, only the container's own name tells them apart.
 */
function shownName(target: Target, services: ReadonlyMap<string, ReadonlySet<string>>): string {
  const service = serviceOf(target);
  const members = services.get(service);
  return members?.size === 1 && members.has(target.id) ? service : target.name;
}
