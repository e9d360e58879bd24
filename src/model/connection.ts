import type { KubeEnd, MeshSide } from './surroundings.ts';
import type { Timestamp } from './time.ts';

/** Who sent it: the initiator is the client. Never src/dst above `wire`. */
export type Side = 'client' | 'server';

export interface Endpoint {
  /** Text form, RFC 5952 for IPv6. */
  readonly address: string;
  readonly port: number;
  /** A name for people: the container's own, or what a DNS answer said. */
  name?: string;
  /**
   * Who holds the socket, where that is looked up: may come to be known while the connection lives. null: it is
   * held here, and by whom was not seen.
   */
  process?: ProcessName | null;
  /** Who it is in a cluster: may come to be known while the connection lives. */
  kube?: KubeEnd;
}

export interface ProcessName {
  /** In our pid namespace. */
  readonly pid: number;
  /** /proc/PID/comm */
  readonly comm: string;
  /** Name of the target it runs in; '' when it is none of those that are known. */
  readonly target: string;
  /** It listens on the port; which of the processes that share this has accepted the connection was not seen. */
  readonly viaListener?: true;
}

/** 5-tuple within one namespace. */
export interface Connection {
  /** 1-based, in order of first packet, unique in a session. */
  readonly id: number;
  readonly transport: 'tcp' | 'udp';
  readonly netns: number;
  /** Label of the target(s) it was seen in; '' for files. */
  readonly target: string;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly openedAt: Timestamp;
  /** True when the handshake was not seen: who is client is then a guess by port and content. */
  readonly joinedMidStream: boolean;
  /** TCP: initial sequence numbers, as far as they were seen. The same wherever the conversation passes by. */
  readonly handshake?: { readonly client: number; readonly server?: number };
  /** Who asked `server` was led there instead (iptables' REDIRECT), and has not been told. */
  readonly redirectedTo?: { readonly address: string; readonly port: number };
  /** Of a stream that was encrypted and is read with its secrets: by what. */
  readonly secured?: Secured;
  /** Of a pod with a proxy of a mesh: on which side of it. */
  mesh?: MeshSide;
  /** Seen in several places and told once: each of them, from the client's to the server's. */
  readonly views?: readonly ConnectionView[];
}

export interface Secured {
  /** 'TLS 1.3' */
  readonly version: string;
  /** 'AES_128_GCM_SHA256' */
  readonly cipher: string;
}

/** A conversation as it was seen in one place: addresses may be translated on the way. */
export interface ConnectionView {
  readonly target: string;
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string; readonly port: number };
  /** Its first packet there. */
  readonly openedAt: Timestamp;
}

/** Why a stream's direction ended. */
export type EndReason = 'fin' | 'rst' | 'idle' | 'evicted' | 'captureEnd';
