/**
 * The objects of standing agents: what `kube install` applies, what `--dry-run` prints and what deploy/ holds. None has
 * the token: the Secret is made where it is installed, and agents are given the digest alone.
 */
import { agentLabel, agentName, agentPod, noMesh, type PodSettings } from './agent-job.ts';

export const defaultNamespace = 'porthole';
/** The Secret with the token (key `token`): whoever may read it may capture. */
export const tokenSecret = 'porthole-token';
/** The ConfigMap with its SHA-256 in hexadecimal (key `sha256`). */
export const digestConfig = 'porthole-token-sha256';
/** Who has this Role may use the agents. */
export const clientRole = 'porthole-client';
export const versionLabel = 'app.kubernetes.io/version';
/** Tells them from agents on demand, which have the same name. */
export const partLabel = 'app.kubernetes.io/component';
export const standingPart = 'standing';

export interface InstallSettings extends PodSettings {
  readonly namespace: string;
  readonly release: string;
}

/** What an object is asked for and changed by. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** Agents of this version on this node are found by these. */
const selectorLabels = { [agentLabel]: agentName, [partLabel]: standingPart };

export const standingSelector = Object.entries(selectorLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

export function commonLabels(release: string): Record<string, string> {
  return {
    ...selectorLabels,
    [versionLabel]: release,
    'app.kubernetes.io/managed-by': 'porthole',
  };
}

/** In the order in which they are made. */
export function standingObjects(settings: InstallSettings): KubeObject[] {
  const { namespace, release } = settings;
  const labels = commonLabels(release);
  const named = (name: string) => ({ name, namespace, labels });
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: {
          ...labels,
          // hostPID and SYS_ADMIN are admitted by no other level.
          'pod-security.kubernetes.io/enforce': 'privileged',
          'pod-security.kubernetes.io/audit': 'privileged',
          'pod-security.kubernetes.io/warn': 'privileged',
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: named('porthole-agent'),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: named(clientRole),
      rules: clientRules,
    },
    {
      // Nobody speaks to an agent over the network, and it to nobody.
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: named('porthole-agent'),
      spec: { podSelector: { matchLabels: selectorLabels }, policyTypes: ['Ingress', 'Egress'] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: named('porthole-agent'),
      spec: {
        selector: { matchLabels: selectorLabels },
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
        template: {
          metadata: {
            labels: { ...labels, 'sidecar.istio.io/inject': 'false' },
            annotations: { ...noMesh },
          },
          spec: {
            serviceAccountName: 'porthole-agent',
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            ...agentPod(
              settings,
              ['--node', '$(NODE_NAME)'],
              [
                { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                {
                  name: 'PORTHOLE_TOKEN_SHA256',
                  valueFrom: { configMapKeyRef: { name: digestConfig, key: 'sha256' } },
                },
              ],
            ),
          },
        },
      },
    },
  ];
}

/**
 * What a client needs in the agents' namespace. A port is forwarded over a WebSocket, which begins with a GET: the
 * server asks for the verb `get`, since Kubernetes 1.35 for `create` too.
 */
export const clientRules = [
  { apiGroups: [''], resources: ['secrets'], resourceNames: [tokenSecret], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
  { apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create'] },
] as const;

/** The token and its digest, made once and kept by later installs. */
export function tokenObjects(
  namespace: string,
  release: string,
  token: string,
  digest: string,
): KubeObject[] {
  const labels = commonLabels(release);
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: tokenSecret, namespace, labels },
      type: 'Opaque',
      stringData: { token },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: digestConfig, namespace, labels },
      data: { sha256: digest },
    },
  ];
}

const paths: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/*/serviceaccounts',
  Secret: '/api/v1/namespaces/*/secrets',
  ConfigMap: '/api/v1/namespaces/*/configmaps',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/*/roles',
  NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/*/networkpolicies',
  DaemonSet: '/apis/apps/v1/namespaces/*/daemonsets',
};

/** Where an object is at the API server. */
export function pathOf({ kind, metadata }: KubeObject): string {
  return `${paths[kind]!.replace('*', metadata.namespace ?? '')}/${metadata.name}`;
}
