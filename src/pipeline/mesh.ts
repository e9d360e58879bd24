/**
 * On which side of a mesh's proxy a connection is. The proxy is in the pod's own namespace, iptables leads to it what
 * the application says and what it is told: on `lo` between the two in plaintext, outside between proxies. What has
 * both ends in the pod is lo's; which interface it came by need not be known.
 * https://istio.io/latest/docs/ops/deployment/application-requirements/ (ports used by Istio),
 * https://linkerd.io/2/reference/proxy-configuration/
 */
import type { Connection, Endpoint, MeshSide, Surroundings } from '../model/index.ts';
import type { OwnedSocket } from './owners.ts';

/** Ports that iptables redirects to: what comes in, what goes out. */
const redirects: readonly { readonly inbound: number; readonly outbound: number; readonly proxy: string }[] =
  [
    { inbound: 15006, outbound: 15001, proxy: 'envoy' },
    { inbound: 4143, outbound: 4140, proxy: 'linkerd-proxy' },
  ];
/** Istio's envoy hands on to the application from here. */
const passthrough = '127.0.0.6';
/** Namespaces with a proxy; the oldest goes. */
const maxPlaces = 4096;
/** Of one namespace. */
const maxAddresses = 64;

interface Place {
  readonly proxy: string;
  /** The namespace's own, as far as they were seen. */
  readonly addresses: Set<string>;
}

export class Mesh {
  readonly #around: Surroundings | undefined;
  readonly #places = new Map<number, Place>();

  constructor(around?: Surroundings) {
    this.#around = around;
  }

  /** Sockets of a namespace: who listens where traffic is redirected to is a proxy. */
  listeners(netns: number, sockets: readonly OwnedSocket[]): void {
    const listening = sockets.filter(({ transport, remotePort }) => transport === 'tcp' && remotePort === 0);
    const at = (port: number) => listening.find(({ localPort }) => localPort === port);
    for (const { inbound, outbound } of redirects) {
      const found = at(outbound);
      if (found && at(inbound)) this.#remember(netns, found.process.comm);
    }
    const place = this.#places.get(netns);
    if (place) for (const { local } of sockets) own(place, local);
  }

  of(connection: Connection): MeshSide | undefined {
    // Beyond the inode there is how often the kernel has given it.
    const netns = connection.netns % 2 ** 32;
    const place = this.#places.get(netns) ?? this.#found(connection, netns);
    if (!place) return undefined;
    const { client, redirectedTo } = connection;
    // What was asked is elsewhere, who answers is here.
    const server = redirectedTo ?? connection.server;
    const isOwn = (end: Endpoint) =>
      isLoopback(end.address) ||
      place.addresses.has(end.address) ||
      (this.#around?.isOwn(connection, end) ?? false);
    // With loopback speaks nobody but who is there too.
    const asks = isOwn(client) || isLoopback(server.address);
    const serves = isOwn(server) || isLoopback(client.address);
    if (asks && serves) for (const { address } of [client, server]) own(place, address);
    const side = asks ? (serves ? 'lo' : 'outbound') : serves ? 'inbound' : undefined;
    return side && { side, proxy: place.proxy };
  }

  /** By the pod's spec, or as only a proxy speaks. */
  #found(connection: Connection, netns: number): Place | undefined {
    const named = this.#around?.proxy(connection) ?? '';
    if (named !== '') return this.#remember(netns, named);
    const { client, server: asked, redirectedTo, transport } = connection;
    const server = redirectedTo ?? asked;
    if (transport !== 'tcp' || !isLoopback(server.address)) {
      // Only where it speaks with the pod's own address is this loopback's.
      return client.address === passthrough ? this.#remember(netns, 'envoy') : undefined;
    }
    const known = redirects.find(({ outbound }) => outbound === server.port);
    if (!known && client.address !== passthrough) return undefined;
    return this.#remember(netns, known?.proxy ?? 'envoy');
  }

  #remember(netns: number, proxy: string): Place {
    const before = this.#places.get(netns);
    if (before) return before;
    if (this.#places.size >= maxPlaces) this.#places.delete(this.#places.keys().next().value!);
    const place = { proxy, addresses: new Set<string>() };
    this.#places.set(netns, place);
    return place;
  }
}

/** `own` names the proxy's port to people; loopback's other ports are the application's. */
export function isProxyPort({ address, port }: Endpoint): boolean {
  return (
    isLoopback(address) && redirects.some(({ inbound, outbound }) => port === inbound || port === outbound)
  );
}

function own({ addresses }: Place, address: string): void {
  if (address !== '' && !isLoopback(address) && addresses.size < maxAddresses) addresses.add(address);
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';
