/** What can be watched, as rows: for `ps` and the overview. */
import { inspectNamespace } from '../capture/live/index.ts';
import type { Target } from '../model/index.ts';
import { list, type RuntimeChoice } from '../target/index.ts';

/** Root may look into namespaces that have no process. */
export const inspector = () => (process.getuid?.() === 0 ? { inspectNamespace } : {});

export function listTargets(note: (text: string) => void, choice: RuntimeChoice = {}): Promise<Target[]> {
  return list({ note, ...choice, ...inspector() });
}

/** What to type as TARGET to get exactly this one. */
export function targetSpec(target: Target): string {
  const namespace = target.labels['io.kubernetes.pod.namespace'];
  if (target.runtime === 'cri' && target.name.includes('/')) return `pod/${target.name}`;
  if (target.runtime === 'cri' && namespace !== undefined) return `pod:${namespace}/${target.name}`;
  if (target.id !== '') return target.runtime === 'docker' ? target.name : `${target.runtime}:${target.name}`;
  return target.pid > 0 ? `pid:${target.pid}` : `netns:${target.name}`;
}
