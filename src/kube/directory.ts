/** Who has which address in a cluster: pods, services, nodes, as far as they may be read. */
import type { Connection, Endpoint, KubeEnd, ProbeSpec, Side, Surroundings } from '../model/index.ts';
import type { Pod } from './selection.ts';

/** Of a Service, what matters here. */
export interface Service {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Cluster addresses, external ones, those of load balancers. */
  readonly addresses: readonly string[];
  /** Undefined: its endpoints are kept by hand. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly ports: readonly {
    readonly port: number;
    readonly target: number | string;
    /** On every node; 0 none. */
    readonly nodePort: number;
  }[];
}

interface ApiService {
  readonly metadata?: { readonly uid?: string; readonly namespace?: string; readonly name?: string };
  readonly spec?: {
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly selector?: Record<string, string>;
    readonly ports?: readonly { port: number; targetPort?: number | string; nodePort?: number }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export function serviceOf(value: object): Service {
  const { metadata = {}, spec = {}, status = {} } = value as ApiService;
  const {
    clusterIPs = spec.clusterIP ? [spec.clusterIP] : [],
    externalIPs = [],
    selector,
    ports = [],
  } = spec;
  const balanced = (status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return {
    uid: metadata.uid ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    addresses: [...clusterIPs, ...externalIPs, ...balanced].filter((a) => a !== 'None' && a !== ''),
    selector: selector && Object.keys(selector).length > 0 ? selector : undefined,
    ports: ports.map(({ port, targetPort, nodePort = 0 }) => ({
      port,
      target: targetPort || port,
      nodePort,
    })),
  };
}

/** Of a Node. */
export interface NodeAddresses {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Of its pods: '10.244.1.0/24'. */
  readonly podNetworks: readonly string[];
}

export function nodeOf(value: object): NodeAddresses {
  const { metadata, spec, status } = value as {
    metadata?: { name?: string };
    spec?: { podCIDR?: string; podCIDRs?: string[] };
    status?: { addresses?: { type: string; address: string }[] };
  };
  const addresses = (status?.addresses ?? []).filter(({ type }) => /IP$/.test(type));
  return {
    name: metadata?.name ?? '',
    addresses: addresses.map(({ address }) => address),
    podNetworks: spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []),
  };
}

/** A pod that was has its address until another one gets it; so many addresses are kept of those that are gone. */
const maxGone = 4096;
/** Addresses of nodes: some of each. */
const maxNodes = 65_536;

export class Directory implements Surroundings {
  readonly #names: Map<string, string> | undefined;
  readonly #home: string;
  readonly #pods = new Map<string, Pod>();
  readonly #byAddress = new Map<string, Pod>();
  readonly #gone = new Set<string>();
  /** Those that are watched, by their names: labels of what is captured. Null: several have it. */
  readonly #watched = new Map<string, Pod | null>();
  readonly #services = new Map<string, Service>();
  readonly #served = new Map<string, Service>();
  readonly #byNamespace = new Map<string, Set<Service>>();
  readonly #nodes = new Map<string, string>();
  /** Services of a pod behind a port, the only pod of a service: as long as nothing changes. */
  readonly #behind = new Map<string, Service | undefined>();
  readonly #only = new Map<string, Pod | undefined>();
  revision = 1;

  /**
   * @param names address -> name for people, kept up to date
   * @param home namespace whose objects go without it
   */
  constructor(names: Map<string, string> | undefined, home: string) {
    this.#names = names;
    this.#home = home;
  }

  /** New or changed. */
  putPod(pod: Pod): void {
    this.#changed();
    this.#pods.set(pod.uid, pod);
    for (const address of pod.hosts) this.#node(address, pod.node);
    if (pod.hostNetwork) return;
    const isOver = pod.phase === 'Succeeded' || pod.phase === 'Failed';
    for (const address of pod.addresses) {
      // Its address may be another one's by now.
      if (isOver && this.#byAddress.has(address)) continue;
      this.#byAddress.set(address, pod);
      this.#gone.delete(address);
      this.#names?.set(address, this.#titled(pod.namespace, pod.name));
    }
  }

  /** What it has said is told later, too: its address keeps its name. */
  dropPod({ uid }: { readonly uid: string }): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#changed();
    this.#pods.delete(uid);
    for (const address of pod.addresses)
      if (this.#byAddress.get(address)?.uid === uid) this.#gone.add(address);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= maxGone) break;
      this.#gone.delete(oldest);
      this.#byAddress.delete(oldest);
      this.#names?.delete(oldest);
    }
  }

  /** Those that there are. */
  setPods(pods: readonly Pod[]): void {
    const uids = new Set(pods.map(({ uid }) => uid));
    for (const pod of [...this.#pods.values()]) if (!uids.has(pod.uid)) this.dropPod(pod);
    for (const pod of pods) this.putPod(pod);
  }

  /** It is watched, now and again when it has changed. */
  watch(pod: Pod): void {
    const { name, namespace } = pod;
    const before = this.#watched.get(name);
    // Of several namespaces: the label does not say which.
    const isOther = before === null || (before !== undefined && before.namespace !== namespace);
    this.#watched.set(name, isOther ? null : pod);
    this.putPod(pod);
  }

  putService(one: Service): void {
    this.dropService(one);
    this.#services.set(one.uid, one);
    for (const address of one.addresses) {
      this.#served.set(address, one);
      this.#names?.set(address, this.#titled(one.namespace, `svc/${one.name}`));
    }
    const others = this.#byNamespace.get(one.namespace) ?? new Set();
    this.#byNamespace.set(one.namespace, others.add(one));
  }

  dropService({ uid }: { readonly uid: string }): void {
    this.#changed();
    const one = this.#services.get(uid);
    if (!one) return;
    this.#services.delete(uid);
    this.#byNamespace.get(one.namespace)?.delete(one);
    for (const address of one.addresses)
      if (this.#served.get(address) === one) {
        this.#served.delete(address);
        this.#names?.delete(address);
      }
  }

  setServices(all: readonly Service[]): void {
    const uids = new Set(all.map(({ uid }) => uid));
    for (const one of [...this.#services.values()]) if (!uids.has(one.uid)) this.dropService(one);
    for (const one of all) this.putService(one);
  }

  putNode({ name, addresses, podNetworks }: NodeAddresses): void {
    for (const address of addresses) this.#node(address, name);
    // A bridge has the first address of its pods' network (CNI's host-local and bridge).
    for (const network of podNetworks) this.#node(firstOf(network), name);
    this.#changed();
  }

  #changed(): void {
    this.revision++;
    this.#behind.clear();
    this.#only.clear();
  }

  #node(address: string, name: string): void {
    if (address === '' || name === '' || this.#nodes.get(address) === name) return;
    this.#nodes.set(address, name);
    this.#names?.set(address, `node/${name}`);
  }

  #titled(namespace: string, name: string): string {
    return namespace === this.#home ? name : `${namespace}/${name}`;
  }

  who(connection: Connection, side: Side): KubeEnd | undefined {
    const { address, port } = connection[side];
    const pod = this.#podOf(connection, address);
    if (pod) return endOf(pod, side === 'server' ? this.#serviceOf(pod, port) : undefined);
    const asked = this.#served.get(address);
    if (asked) return this.#throughService(asked, address);
    const node = this.#nodes.get(address);
    if (node === undefined) return undefined;
    const open = side === 'server' ? this.#openOnNodes(port) : undefined;
    return open ? { node, ...this.#throughService(open, address) } : { node };
  }

  probes(connection: Connection): readonly ProbeSpec[] {
    const { address, port } = connection.server;
    const { probes = [] } = this.#podOf(connection, address) ?? {};
    return probes.filter((probe) => probe.port === port);
  }

  isFromNode(connection: Connection): boolean {
    const { client, server } = connection;
    if (this.#byAddress.has(client.address)) return false;
    return this.#nodes.has(client.address) || client.address === firstOf(`${server.address}/24`);
  }

  learnNode(connection: Connection): void {
    const { client, server } = connection;
    const node = this.#podOf(connection, server.address)?.node ?? '';
    if (this.#byAddress.has(client.address) || this.#nodes.has(client.address) || isLoopback(client.address))
      return;
    if (this.#nodes.size >= maxNodes) return;
    this.#node(client.address, node);
    this.#changed();
  }

  proxy({ target }: Connection): string {
    return this.#labelled(target)?.proxy ?? '';
  }

  isOwn({ target }: Connection, { address }: Endpoint): boolean {
    return this.#labelled(target)?.addresses.includes(address) ?? false;
  }

  #podOf({ target }: Connection, address: string): Pod | undefined {
    return isLoopback(address) ? this.#labelled(target) : this.#byAddress.get(address);
  }

  /** Of two pods of one name the second's label has more behind it. */
  #labelled(label: string): Pod | undefined {
    return this.#watched.get(label.replace(/@.*/, '')) ?? undefined;
  }

  /** What was asked, and by whom it was answered where there is only one that could. */
  #throughService(asked: Service, address: string): KubeEnd {
    const { namespace, name: service } = asked;
    const only = this.#onlyPodOf(asked);
    return { ...(only ? endOf(only, asked) : { namespace, service }), serviceAddress: address };
  }

  #onlyPodOf(asked: Service): Pod | undefined {
    if (!asked.selector || this.#only.has(asked.uid)) return this.#only.get(asked.uid);
    let only: Pod | undefined;
    for (const pod of this.#pods.values()) {
      if (pod.phase !== 'Running' || !isSelected(asked, pod)) continue;
      if (only) {
        only = undefined;
        break;
      }
      only = pod;
    }
    this.#only.set(asked.uid, only);
    return only;
  }

  #serviceOf(pod: Pod, port: number): Service | undefined {
    const key = `${pod.uid} ${port}`;
    if (this.#behind.has(key)) return this.#behind.get(key);
    const has = ({ target }: Service['ports'][number]) =>
      (typeof target === 'number' ? target : pod.ports.get(target)) === port;
    let found: Service | undefined;
    for (const one of this.#byNamespace.get(pod.namespace) ?? [])
      if (isSelected(one, pod) && one.ports.some(has)) {
        found = one;
        break;
      }
    this.#behind.set(key, found);
    return found;
  }

  #openOnNodes(port: number): Service | undefined {
    if (port < 1024) return undefined;
    for (const one of this.#services.values())
      if (one.ports.some(({ nodePort }) => nodePort === port)) return one;
    return undefined;
  }
}

function endOf(pod: Pod, behind: Service | undefined): KubeEnd {
  return {
    namespace: pod.namespace,
    pod: pod.name,
    ...(pod.workload === '' ? {} : { workload: pod.workload }),
    ...(behind ? { service: behind.name } : {}),
    ...(pod.node === '' ? {} : { node: pod.node }),
  };
}

function isSelected({ namespace, selector }: Service, pod: Pod): boolean {
  if (!selector || pod.namespace !== namespace) return false;
  return Object.entries(selector).every(([key, value]) => pod.labels[key] === value);
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/**
 * '10.244.1.0/24' -> '10.244.1.1', which a bridge has (CNI's host-local and bridge; a node's share is a /24 by
 * default); '' of IPv6, whose gateways are link-local.
 */
function firstOf(network: string): string {
  const [, a, b, c, d, bits] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(network) ?? [];
  if (bits === undefined) return '';
  const mask = bits === '0' ? 0 : -1 << (32 - Number(bits));
  const begin = (((Number(a) << 24) | (Number(b) << 16) | (Number(c) << 8) | Number(d)) & mask) + 1;
  return `${begin >>> 24}.${(begin >>> 16) & 255}.${(begin >>> 8) & 255}.${begin & 255}`;
}
