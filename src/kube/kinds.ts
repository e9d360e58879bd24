/** Kinds of objects that stand for pods, under the names kubectl takes for them. */

export interface Kind {
  /** Lower case, singular. */
  readonly name: string;
  /** Path of the API group: 'api/v1', 'apis/apps/v1'. */
  readonly group: string;
  readonly plural: string;
  /** Besides name and plural (kubectl api-resources: SHORTNAMES). */
  readonly short: readonly string[];
}

export const kinds: readonly Kind[] = [
  { name: 'pod', group: 'api/v1', plural: 'pods', short: ['po'] },
  { name: 'service', group: 'api/v1', plural: 'services', short: ['svc'] },
  { name: 'node', group: 'api/v1', plural: 'nodes', short: ['no'] },
  { name: 'replicationcontroller', group: 'api/v1', plural: 'replicationcontrollers', short: ['rc'] },
  { name: 'deployment', group: 'apis/apps/v1', plural: 'deployments', short: ['deploy'] },
  { name: 'replicaset', group: 'apis/apps/v1', plural: 'replicasets', short: ['rs'] },
  { name: 'statefulset', group: 'apis/apps/v1', plural: 'statefulsets', short: ['sts'] },
  { name: 'daemonset', group: 'apis/apps/v1', plural: 'daemonsets', short: ['ds'] },
  { name: 'job', group: 'apis/batch/v1', plural: 'jobs', short: [] },
];

/** kubectl also takes a group behind the name: deployments.apps, jobs.v1.batch. */
export function kindOf(word: string): Kind | undefined {
  const [name = ''] = word.toLowerCase().split('.');
  return kinds.find((kind) => kind.name === name || kind.plural === name || kind.short.includes(name));
}
