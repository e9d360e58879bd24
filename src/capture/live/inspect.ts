import { networkInterfaces } from 'node:os';
import { closeNetns, openNetns, withNetns } from '../sys/index.ts';

/** Interfaces and addresses of a namespace that has no process to ask. Needs CAP_SYS_ADMIN; undefined without. */
export function inspectNamespace(
  path: string,
): { readonly addresses: readonly string[]; readonly interfaces: readonly string[] } | undefined {
  let netns: ReturnType<typeof openNetns> | undefined;
  try {
    netns = openNetns(path);
    // getifaddrs(3) runs on this thread: it sees the namespace the thread is in.
    const found = withNetns(netns, networkInterfaces);
    const addresses = Object.values(found)
      .flatMap((list) => list ?? [])
      .filter((a) => !a.internal && !a.address.startsWith('fe80:'))
      .map((a) => a.address);
    return { addresses, interfaces: Object.keys(found) };
  } catch {
    return undefined;
  } finally {
    if (netns) closeNetns(netns);
  }
}
