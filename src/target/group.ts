/** Containers that share a namespace (a pod, `--network container:x`) are captured once. */
import type { Target } from '../model/index.ts';

export interface TargetGroup {
  /** Inode: the namespace's identity. */
  readonly netns: number;
  /** Of a target that opens it: a bare file if there is one, for it outlives every process. */
  readonly netnsPath: string;
  readonly targets: readonly Target[];
  /** `a+b`; no two groups of one call have the same. */
  readonly label: string;
}

/** More names than this make a label that nobody reads. */
const namesMax = 3;

function join(names: readonly string[]): string {
  return names.length > namesMax
    ? `${names.slice(0, namesMax).join('+')}+${names.length - namesMax}`
    : names.join('+');
}

/** In the order of first appearance. */
export function groupByNamespace(targets: readonly Target[]): TargetGroup[] {
  const byNetns = new Map<number, Target[]>();
  for (const target of targets) {
    const members = byNetns.get(target.netns);
    if (!members) byNetns.set(target.netns, [target]);
    else if (!members.some((m) => isSame(m, target))) members.push(target);
  }
  const taken = new Map<string, number>();
  for (const members of byNetns.values()) {
    const label = join(members.map((m) => m.name));
    taken.set(label, (taken.get(label) ?? 0) + 1);
  }
  return [...byNetns.values()].map((members) => {
    const label = join(members.map((m) => m.name));
    return {
      netns: members[0]!.netns,
      netnsPath: (members.find((m) => m.pid === 0) ?? members[0]!).netnsPath,
      targets: members,
      label: taken.get(label) === 1 ? label : join(members.map(fullName)),
    };
  });
}

/** One thing found in two ways. */
export function isSame(a: Target, b: Target): boolean {
  return (
    a.runtime === b.runtime &&
    a.pid === b.pid &&
    a.startTime === b.startTime &&
    a.id === b.id &&
    a.netnsPath === b.netnsPath
  );
}

function fullName({ runtime, name, id, pid, netns }: Target): string {
  if (id !== '') return `${name}@${id.slice(0, 12)}`;
  return pid > 0 ? `${name}@${pid}` : `${name}@${runtime}-${netns}`;
}
