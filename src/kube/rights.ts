/** The rights that each way needs, least first. deploy/rbac/ has the same as roles; a test holds them equal. */
import { tokenSecret } from './install-objects.ts';
import { kinds } from './kinds.ts';

export interface Right {
  readonly verb: string;
  /** API group; '' the core's. */
  readonly group: string;
  /** With its subresource: 'pods/portforward'. */
  readonly resource: string;
  /** Of a single object; '' any. */
  readonly name: string;
  /** Without it it works too, but ... */
  readonly without: string;
}

const right = (verb: string, group: string, resource: string, name = '', without = ''): Right => ({
  verb,
  group,
  resource,
  name,
  without,
});

/** In the namespace of the pods. */
export const watchRights: readonly Right[] = [
  right('list', '', 'pods'),
  right('watch', '', 'pods', '', 'pods that start later are not joined'),
];

/** Of a workload that is named, its selector is read. `kind` as in `kinds`. */
export function kindRight(kindName: string): Right | undefined {
  const kind = kinds.find(({ name }) => name === kindName);
  if (!kind || kind.name === 'pod' || kind.name === 'node') return undefined;
  const [, group = ''] = /^apis\/([^/]+)\//.exec(kind.group) ?? [];
  return right('get', group, kind.plural);
}

export const niceRights: readonly Right[] = [
  right('list', '', 'services', '', 'services are addresses'),
  right('watch', '', 'services', '', 'services that come later are addresses'),
  right('get', '', 'nodes', '', 'nodes are addresses, and their probes are told by the user agent alone'),
  right('create', '', 'events', '', "the pods' events do not say who watches"),
];

/** Standing agents, in their namespace. */
export const standingRights: readonly Right[] = [
  right('get', '', 'secrets', tokenSecret),
  right('list', '', 'pods'),
  right('get', '', 'pods/portforward'),
  right('create', '', 'pods/portforward'),
];

/** Agents on demand, in the namespace they run in. */
export const onDemandRights: readonly Right[] = [
  right('create', 'batch', 'jobs'),
  right('list', '', 'pods'),
  right('get', '', 'pods/portforward'),
  right('create', '', 'pods/portforward'),
  right('list', 'batch', 'jobs', '', 'agents end by themselves instead of being deleted'),
  right('delete', 'batch', 'jobs', '', 'agents end by themselves instead of being deleted'),
  right('get', 'batch', 'jobs', '', 'why an agent does not start is not told'),
  right('get', '', 'pods/log', '', 'why an agent does not start is not told'),
  right('list', '', 'events', '', 'why an agent does not start is not told'),
];

/** Ephemeral containers, in the namespace of the pods. */
export const ephemeralRights: readonly Right[] = [
  right('patch', '', 'pods/ephemeralcontainers'),
  right('list', '', 'pods'),
  right('get', '', 'pods/portforward'),
  right('create', '', 'pods/portforward'),
  right('get', '', 'pods/log', '', 'why a container has ended is not told'),
];

/** 'create jobs.batch', 'get secrets/porthole-token': as `kubectl auth can-i` takes it. */
export function rightText({ verb, group, resource, name }: Right): string {
  const [plural = '', sub] = resource.split('/');
  const grouped = `${plural}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${sub === undefined ? grouped : `${grouped}/${sub}`}${name === '' ? '' : `/${name}`}`;
}
