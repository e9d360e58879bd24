/** What is known of the cluster around what is watched. Plain data: it travels with what it is said of. */
import type { Connection, Endpoint, Side } from './connection.ts';

/** Who has an end of a connection. A part that is not known is left out. */
export interface KubeEnd {
  readonly namespace?: string;
  readonly pod?: string;
  /** 'deploy/web', 'sts/db', 'ds/proxy', 'job/backup', 'rs/web-7d9' */
  readonly workload?: string;
  /** Name of the one it was reached by, or else of one that has the pod behind this port. */
  readonly service?: string;
  /** The address of the service that the client asked, where that was seen. */
  readonly serviceAddress?: string;
  readonly node?: string;
}

/**
 * Where a connection of a pod with a proxy of a mesh is. lo: within the pod, between application and proxy; inbound,
 * outbound: between the pod and others.
 */
export interface MeshSide {
  readonly side: 'lo' | 'inbound' | 'outbound';
  /** Its container or process: 'istio-proxy', 'envoy'. */
  readonly proxy: string;
}

/** probe: by its words, without the pod's spec saying which one. */
export type ProbeKind = 'liveness' | 'readiness' | 'startup' | 'probe';

/** A probe of the kubelet, as the pod's spec has it. */
export interface ProbeSpec {
  readonly kind: Exclude<ProbeKind, 'probe'>;
  readonly by: 'http' | 'tcp' | 'grpc';
  readonly port: number;
  /** With the query; '' unless by http. */
  readonly path: string;
}

export interface Surroundings {
  /** Grows with what is known. */
  readonly revision: number;
  who(connection: Connection, side: Side): KubeEnd | undefined;
  /** Of the pod that is the server. */
  probes(connection: Connection): readonly ProbeSpec[];
  /** Whether the client is the node that the server's pod is on, as far as addresses tell. */
  isFromNode(connection: Connection): boolean;
  /** It is: only a kubelet asks like that. */
  learnNode(connection: Connection): void;
  /** Mesh's proxy in the pod that the connection was seen in; '' none. */
  proxy(connection: Connection): string;
  /** Whether the address is that pod's own. */
  isOwn(connection: Connection, end: Endpoint): boolean;
}
