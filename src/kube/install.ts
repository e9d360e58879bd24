/** Standing agents: installed, brought up to date, looked at, taken away. */
import { createHash } from 'node:crypto';
import { ApiError, type KubeApi } from './api.ts';
import {
  digestConfig,
  type InstallSettings,
  type KubeObject,
  partLabel,
  pathOf,
  standingObjects,
  standingPart,
  standingSelector,
  tokenObjects,
  tokenSecret,
  versionLabel,
} from './install-objects.ts';
import { KubeError } from './selection.ts';

const isStatus = (error: unknown, status: number) => error instanceof ApiError && error.status === status;

/** As `catch` takes it: what is not there is undefined, anything else an error. */
const absent = (error: unknown) => {
  if (isStatus(error, 404)) return undefined;
  throw error;
};

const ownerOf = ({ metadata }: KubeObject) => metadata.labels?.['app.kubernetes.io/managed-by'] ?? '';
/** Made by `install`, not by a chart. */
const isOurs = (object: KubeObject) => ownerOf(object) === 'porthole';

/** The token as the manifests' comment makes it: by name, without a label. */
const isByHand = (object: KubeObject) =>
  ownerOf(object) === '' && [tokenSecret, digestConfig].includes(object.metadata.name);

export interface InstallOptions {
  /** Makes a new token: whoever has read the old one may capture no longer. */
  readonly rotate: boolean;
  note(text: string): void;
}

/**
 * Applies all of it; what is there already is changed to what this release wants, the token stays.
 * Throws ApiError in the server's words: what may not be made, or PodSecurity.
 */
export async function install(api: KubeApi, settings: InstallSettings, options: InstallOptions) {
  const { namespace, release } = settings;
  const [place, ...others] = standingObjects(settings);
  await applyNamespace(api, place!, options.note);
  const isNew = options.rotate || !(await hasToken(api, namespace));
  if (isNew) {
    const token = crypto.randomUUID() + crypto.randomUUID();
    const digest = createHash('sha256').update(token).digest('hex');
    for (const object of tokenObjects(namespace, release, token, digest))
      await api.apply(pathOf(object), object);
    options.note(`made a token: secret ${namespace}/${tokenSecret}`);
  }
  for (const object of others) {
    await api.apply(pathOf(object), object);
    options.note(`applied ${object.kind} ${object.metadata.name}`);
  }
  // An agent reads the digest when it starts.
  if (isNew) await restart(api, namespace);
}

/**
 * What an earlier install was told and is not said again: the image with this release's tag, the runtime's socket.
 * Undefined: nothing is installed. Throws KubeError: somebody else's are.
 */
export async function installedSettings(
  api: KubeApi,
  namespace: string,
  release: string,
): Promise<{ image: string; socket: string; release: string } | undefined> {
  const found = await api
    .get<DaemonSet>(`/apis/apps/v1/namespaces/${namespace}/daemonsets/porthole-agent`)
    .catch(absent);
  const [container] = found?.spec?.template?.spec?.containers ?? [];
  if (!found || !container) return undefined;
  if (!isOurs(found))
    throw new KubeError(
      `the agents in namespace ${namespace} are kept by ${ownerOf(found) || 'somebody else'}`,
      'helm upgrade brings those of a chart to another release; -n NAME installs others beside them',
    );
  const { image = '', args = [] } = container;
  const before = found.metadata.labels?.[versionLabel] ?? '';
  const at = args.indexOf('--socket');
  return {
    image: before !== '' && image.endsWith(`:${before}`) ? image.slice(0, -before.length) + release : image,
    socket: at < 0 ? '' : (args[at + 1] ?? ''),
    release: before,
  };
}

/** Somebody else's namespace may be used, if it admits the agents; its labels are not ours to change. */
async function applyNamespace(api: KubeApi, object: KubeObject, note: (text: string) => void): Promise<void> {
  const found = await api.get<KubeObject>(pathOf(object)).catch(absent);
  if (found && !isOurs(found)) {
    if (found.metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'privileged')
      note(
        `namespace ${object.metadata.name} is not Porthole's and has no label pod-security.kubernetes.io/enforce=privileged: its agents may not be admitted`,
      );
    return;
  }
  await api.apply(pathOf(object), object);
  note(`applied Namespace ${object.metadata.name}`);
}

async function hasToken(api: KubeApi, namespace: string): Promise<boolean> {
  const [secret, config] = await Promise.all(
    tokenObjects(namespace, '', '', '').map((object) => api.get(pathOf(object)).catch(absent)),
  );
  return secret !== undefined && config !== undefined;
}

/** Their DaemonSet makes them anew. */
async function restart(api: KubeApi, namespace: string): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = await api.list(pods, { labelSelector: standingSelector });
  for (const item of items) await api.delete(`${pods}/${(item as KubeObject).metadata.name}`).catch(absent);
}

/**
 * Deletes what `install` made. The namespace only when it was made by it and nothing of anybody else is in it.
 * @returns what was deleted, for people; empty: there was nothing
 */
export async function uninstall(api: KubeApi, namespace: string): Promise<string[]> {
  const settings = {
    namespace,
    release: '',
    image: '',
    pullPolicy: 'Never',
    socket: '',
    memoryMiB: 0,
  } as const;
  const [place, ...others] = standingObjects(settings);
  const gone: string[] = [];
  const remove = async (object: KubeObject) => {
    // The Namespace 'porthole' may be there with a DaemonSet of that name which somebody else has made.
    const found = await api.get<KubeObject>(pathOf(object)).catch(absent);
    if (
      !found ||
      !(isByHand(found) || (found.metadata.labels?.[partLabel] === standingPart && isOurs(found)))
    )
      return;
    await api.delete(pathOf(object), { propagationPolicy: 'Background' }).catch(absent);
    gone.push(`${object.kind} ${object.metadata.name}`);
  };
  for (const object of [...others.reverse(), ...tokenObjects(namespace, '', '', '')]) await remove(object);
  if (await isEmpty(api, namespace)) await remove(place!);
  return gone;
}

/** What every namespace has. */
const ofTheCluster = new Set(['kube-root-ca.crt', 'openshift-service-ca.crt']);

async function isEmpty(api: KubeApi, namespace: string): Promise<boolean> {
  const at = (group: string, plural: string) => `/${group}/namespaces/${namespace}/${plural}`;
  for (const path of [
    at('api/v1', 'pods'),
    at('api/v1', 'configmaps'),
    at('api/v1', 'secrets'),
    at('api/v1', 'services'),
    at('apis/apps/v1', 'deployments'),
    at('apis/apps/v1', 'daemonsets'),
    at('apis/apps/v1', 'statefulsets'),
    at('apis/batch/v1', 'jobs'),
  ]) {
    const { items } = await api.list(path);
    const others = (items as KubeObject[]).filter(
      ({ metadata: { name, labels } }) => labels?.[partLabel] !== standingPart && !ofTheCluster.has(name),
    );
    if (others.length > 0) return false;
  }
  return true;
}

export interface StandingAgent {
  readonly node: string;
  readonly pod: string;
  readonly release: string;
  readonly image: string;
  /** Running and ready; else why not. */
  readonly state: string;
  readonly isReady: boolean;
}

export interface StandingStatus {
  readonly namespace: string;
  /** Release that was installed. */
  readonly release: string;
  readonly image: string;
  /** Nodes that are to have one. */
  readonly wanted: number;
  readonly ready: number;
  readonly agents: readonly StandingAgent[];
}

interface DaemonSet extends KubeObject {
  readonly spec?: {
    readonly template?: { readonly spec?: { readonly containers?: { image?: string; args?: string[] }[] } };
  };
  readonly status?: { readonly desiredNumberScheduled?: number; readonly numberReady?: number };
}

interface AgentPodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly containers?: { image?: string }[] };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly {
      readonly ready?: boolean;
      readonly state?: { readonly waiting?: { readonly reason?: string } };
    }[];
  };
}

/** Undefined: none are installed in this namespace. */
export async function standingStatus(api: KubeApi, namespace: string): Promise<StandingStatus | undefined> {
  const found = await api
    .get<DaemonSet>(`/apis/apps/v1/namespaces/${namespace}/daemonsets/porthole-agent`)
    .catch(absent);
  if (!found) return undefined;
  const { items } = await api.list(`/api/v1/namespaces/${namespace}/pods`, {
    labelSelector: standingSelector,
  });
  const agents = (items as AgentPodObject[]).map(({ metadata, spec, status }): StandingAgent => {
    const [container] = status?.containerStatuses ?? [];
    return {
      node: spec?.nodeName ?? '',
      pod: metadata.name,
      release: metadata.labels?.[versionLabel] ?? '',
      image: spec?.containers?.[0]?.image ?? '',
      state: container?.state?.waiting?.reason ?? status?.phase ?? 'Unknown',
      isReady: container?.ready ?? false,
    };
  });
  return {
    namespace,
    release: found.metadata.labels?.[versionLabel] ?? '',
    image: found.spec?.template?.spec?.containers?.[0]?.image ?? '',
    wanted: found.status?.desiredNumberScheduled ?? 0,
    ready: found.status?.numberReady ?? 0,
    agents: agents.sort((a, b) => (a.node < b.node ? -1 : 1)),
  };
}

export type TokenRead = { readonly token: string } | { readonly why: string };

/** The token, as far as it may be read; else why not. Throws what is no matter of rights. */
export async function readToken(api: KubeApi, namespace: string): Promise<TokenRead> {
  try {
    const { data } = await api.get<{ data?: { token?: string } }>(
      `/api/v1/namespaces/${namespace}/secrets/${tokenSecret}`,
    );
    const token = Buffer.from(data?.token ?? '', 'base64').toString('utf8');
    if (token === '') throw new KubeError(`secret ${namespace}/${tokenSecret} has no key 'token'`);
    return { token };
  } catch (error) {
    if (isStatus(error, 404)) return { why: `no standing agents in namespace ${namespace}` };
    if (isStatus(error, 403)) return { why: `you may not read secret ${namespace}/${tokenSecret}` };
    throw error;
  }
}

/** What else a plain manifest needs, as commands: nothing of the token is in a command line or a file. */
export const tokenRecipe = `token=$(head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1)
printf %s "$token" | kubectl -n NAMESPACE create secret generic ${tokenSecret} --from-file=token=/dev/stdin
printf %s "$token" | sha256sum | cut -d' ' -f1 | tr -d '\\n' |
  kubectl -n NAMESPACE create configmap ${digestConfig} --from-file=sha256=/dev/stdin`;
