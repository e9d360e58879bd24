import type { Timestamp } from './time.ts';

/** Who sent it: the initiator is the client. Never src/dst above `wire`. */
export type Side = 'client' | 'server';

export interface Endpoint {
  /** Text form, RFC 5952 for IPv6. */
  readonly address: string;
  readonly port: number;
  /** A name for people: the container's own, or what a DNS answer said. */
  name?: string;
  /** Who holds the socket, where that could be looked up: may come to be known while the connection lives. */
  process?: ProcessName;
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
}

/** Why a stream's direction ended. */
export type EndReason = 'fin' | 'rst' | 'idle' | 'evicted' | 'captureEnd';
