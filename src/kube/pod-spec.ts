/** What a pod's spec tells of its traffic: who owns it, what the kubelet probes, whether a mesh's proxy is in it. */
import type { ProbeSpec } from '../model/index.ts';

interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    /** Another host than the pod. */
    readonly host?: string;
    readonly scheme?: string;
  };
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly grpc?: { readonly port: number };
}

export interface ApiContainer {
  readonly name: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  /** Of an init container that goes on: 'Always'. */
  readonly restartPolicy?: string;
}

/** Proxies by the names that the meshes' injectors give their containers. */
const proxies: ReadonlySet<string> = new Set([
  'istio-proxy',
  'linkerd-proxy',
  // Consul, before and since 1.14
  'envoy-sidecar',
  'consul-dataplane',
  'kuma-sidecar',
  // App Mesh, Open Service Mesh
  'envoy',
]);

/** Those that run beside each other: containers, and init containers that go on. */
export function running(
  containers: readonly ApiContainer[] = [],
  init: readonly ApiContainer[] = [],
): readonly ApiContainer[] {
  return [...containers, ...init.filter(({ restartPolicy }) => restartPolicy === 'Always')];
}

/** '' none. */
export const proxyOf = (containers: readonly ApiContainer[]): string =>
  containers.find(({ name }) => proxies.has(name))?.name ?? '';

const noPorts: ReadonlyMap<string, number> = new Map();

/** By their names. */
export function portsOf(containers: readonly ApiContainer[]): ReadonlyMap<string, number> {
  const named = containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort }) => (name ? [[name, containerPort] as const] : [])),
  );
  return named.length === 0 ? noPorts : new Map(named);
}

/** Those that reach the pod over the network in plaintext. What is asked by HTTPS is not seen. */
export function probesOf(containers: readonly ApiContainer[]): readonly ProbeSpec[] {
  return containers.flatMap((container) =>
    (['startup', 'liveness', 'readiness'] as const).flatMap((kind): ProbeSpec[] => {
      const { httpGet, tcpSocket, grpc } = container[`${kind}Probe`] ?? {};
      const at = (by: ProbeSpec['by'], asked: number | string, path = ''): ProbeSpec[] => {
        const port = portOf(container, asked);
        return port === undefined ? [] : [{ kind, by, port, path }];
      };
      if (httpGet && !httpGet.host && httpGet.scheme !== 'HTTPS') {
        const path = httpGet.path || '/';
        return at('http', httpGet.port, path.startsWith('/') ? path : `/${path}`);
      }
      if (tcpSocket && !tcpSocket.host) return at('tcp', tcpSocket.port);
      return grpc ? at('grpc', grpc.port) : [];
    }),
  );
}

function portOf({ ports = [] }: ApiContainer, asked: number | string): number | undefined {
  if (typeof asked === 'number') return asked;
  if (/^\d+$/.test(asked)) return Number(asked);
  return ports.find(({ name }) => name === asked)?.containerPort;
}

const short: Readonly<Record<string, string>> = {
  ReplicaSet: 'rs',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicationController: 'rc',
  Job: 'job',
};

/**
 * @param owner 'ReplicaSet/web-7d9c4', '' none
 * @returns 'deploy/web'; '' for a pod of its own, and for one of the kubelet's
 */
export function workloadOf(owner: string, labels: Readonly<Record<string, string>>): string {
  const [kind = '', name = ''] = owner.split('/');
  if (kind === 'Node' || name === '') return '';
  // A Deployment's ReplicaSets are called by it and by the hash of their template.
  const hash = labels['pod-template-hash'];
  if (kind === 'ReplicaSet' && hash && name.endsWith(`-${hash}`))
    return `deploy/${name.slice(0, -hash.length - 1)}`;
  return `${short[kind] ?? kind.toLowerCase()}/${name}`;
}
