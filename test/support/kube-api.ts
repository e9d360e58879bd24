/**
 * Stands in for a cluster's control plane, which no package installs: an API server that speaks the wire's protocol to
 * the client (JSON lists in pages, watches as lines, Status errors, WebSocket port-forward). Its answers have the
 * shapes that a real one's had (Kubernetes 1.35, kubectl get --raw). What runs on its nodes is real: kube-nodes.ts.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { fitsFields, fitsLabels } from './kube-selectors.ts';

export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Of core/v1, what is looked at. */
export interface EphemeralContainer {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: { readonly capabilities?: { readonly add?: readonly string[] } };
}

/** One path of the API, taken apart. */
interface Place {
  /** '' core. */
  readonly group: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly object: KubeObject;
}

interface Watch {
  readonly place: Place;
  readonly query: URLSearchParams;
  readonly answer: ServerResponse;
}

export const user = 'ann';
const token = 'a token of the test';

const kinds: Readonly<Record<string, string>> = {
  pods: 'Pod',
  services: 'Service',
  events: 'Event',
  jobs: 'Job',
  deployments: 'Deployment',
};

export class KubeApiServer {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<Watch>();
  readonly #tunnels = new Set<WebSocket>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, answer) => void this.#answer(request, answer));
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    // A real one chooses this of the two that are offered.
    handleProtocols: () => 'v4.channel.k8s.io',
  });
  #listed: { readonly key: string; readonly items: KubeObject[] } | undefined;
  #version = 1000;
  #oldest = 0;
  #port = 0;
  /** "verb resource", with a subresource "create pods/portforward": what the user may not do. */
  readonly forbidden = new Set<string>();
  /** Connections are refused while it is set. */
  isDown = false;
  /** Items of a page at most, whatever `limit` says: clients must follow `continue`. */
  pageItems = 2;
  /** So many pages are asked for in vain: the version of their list is forgotten (410). */
  forgotten = 0;
  /** So many requests are answered that it is too much, when to come again is said. */
  tooMany = 0;
  /** "verb resource" of every request. */
  readonly asked: string[] = [];
  readonly urls: string[] = [];
  /** What is behind a port of a pod: a port of 127.0.0.1 here, or a connection; undefined: nothing listens there. */
  forward: (namespace: string, pod: string, port: number) => number | Duplex | undefined = () => undefined;
  /** What a client's bytes become on their way to a pod: an old client is made of a new one. */
  rewrite = (bytes: Buffer): Buffer => bytes;
  created: (resource: string, object: KubeObject) => void = () => {};
  deleted: (resource: string, object: KubeObject) => void = () => {};

  async listen(): Promise<void> {
    this.#server.on('connection', (socket) => {
      if (this.isDown) socket.destroy();
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.cut();
    this.#server.close();
    this.#upgrades.close();
  }

  /** Every connection breaks at once, without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const tunnel of this.#tunnels) tunnel.terminate();
  }

  /** Forwarded ports alone. */
  cutTunnels(): void {
    for (const tunnel of this.#tunnels) tunnel.terminate();
  }

  /** @param as whose token it has */
  kubeconfig(namespace: string, as: string = token): object {
    return {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user, namespace } }],
      // Plain HTTP is spoken only where certificates are not looked at (client-node).
      clusters: [
        {
          name: 'test',
          cluster: { server: `http://127.0.0.1:${this.#port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: user, user: { token: as } }],
    };
  }

  put(resource: string, object: KubeObject): KubeObject {
    const all = this.#of(resource);
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    return this.#change(resource, all.has(key) ? 'MODIFIED' : 'ADDED', object);
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#of(resource).get(`${namespace}/${name}`);
  }

  list(resource: string): KubeObject[] {
    return [...this.#of(resource).values()];
  }

  remove(resource: string, namespace: string, name: string): void {
    const object = this.get(resource, namespace, name);
    if (!object) return;
    this.#change(resource, 'DELETED', object);
    this.deleted(resource, object);
  }

  /** What a real one does by itself about once a minute. */
  bookmark(): void {
    for (const { answer, place } of this.#watches)
      send(answer, 'BOOKMARK', {
        kind: kinds[place.resource],
        apiVersion: 'v1',
        metadata: { resourceVersion: `${this.#version}`, creationTimestamp: null },
        spec: { containers: null },
        status: {},
      });
  }

  /** Forgets what was: watches end with 410, as etcd's compaction makes them. */
  compact(): void {
    this.#oldest = ++this.#version;
    for (const { answer } of this.#watches) {
      send(answer, 'ERROR', gone(this.#version - 1, this.#oldest));
      answer.end();
    }
  }

  #of(resource: string): Map<string, KubeObject> {
    const all = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, all);
    return all;
  }

  #change(resource: string, type: Change['type'], given: KubeObject): KubeObject {
    const version = ++this.#version;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: `${version}` } };
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    if (type === 'DELETED') this.#of(resource).delete(key);
    else this.#of(resource).set(key, object);
    const change = { version, type, resource, object };
    this.#changes.push(change);
    for (const watch of this.#watches) tell(watch, change);
    return object;
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://localhost');
    const place = placeOf(url.pathname);
    const { searchParams: query } = url;
    if (!place) return json(answer, 404, { paths: [] });
    const verb = verbOf(request.method!, place, query);
    const refusal = this.#refusal(request, verb, place);
    if (refusal) return json(answer, refusal.code, refusal);
    if (this.tooMany > 0) {
      this.tooMany--;
      answer.writeHead(429, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '1' });
      answer.end('Too many requests, please try again later.\n');
      return;
    }
    const { resource, namespace, name } = place;
    if (resource === 'selfsubjectreviews')
      return json(answer, 201, {
        kind: 'SelfSubjectReview',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: new Date().toISOString() },
        status: { userInfo: { username: user, uid: '4', groups: ['system:authenticated'] } },
      });
    if (verb === 'create')
      return this.#create(place, JSON.parse(await textOf(request)) as KubeObject, answer);
    if (verb === 'watch') return this.#watch({ place, query, answer });
    if (verb === 'list') return this.#list(place, query, answer);
    const object = this.get(resource, namespace, name);
    if (!object) return json(answer, 404, notFound(place));
    if (place.subresource === 'ephemeralcontainers')
      return this.#addContainers(request, query, object, answer);
    if (place.subresource === 'log') {
      answer.writeHead(200, { 'content-type': 'text/plain' });
      answer.end(this.log(object));
    } else if (verb === 'delete') {
      this.remove(resource, namespace, name);
      json(answer, 200, {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name, group: place.group, kind: resource, uid: object.metadata.uid },
      });
    } else json(answer, 200, object);
  }

  /** Admission's word on ephemeral containers: why not; '' they are admitted. */
  admits: (pod: KubeObject, containers: readonly EphemeralContainer[]) => string = () => '';
  added: (pod: KubeObject, containers: readonly EphemeralContainer[]) => void = () => {};

  /** A strategic merge patch: lists are joined by name, and what is there once stays. */
  async #addContainers(
    request: IncomingMessage,
    query: URLSearchParams,
    pod: KubeObject,
    answer: ServerResponse,
  ): Promise<void> {
    const type = request.headers['content-type'];
    if (type !== 'application/strategic-merge-patch+json')
      return json(answer, 415, status(415, 'UnsupportedMediaType', `the body of the request was ${type}`));
    const patch = JSON.parse(await textOf(request)) as {
      metadata?: { resourceVersion?: string };
      spec: { ephemeralContainers: EphemeralContainer[] };
    };
    const { name } = pod.metadata;
    const at = patch.metadata?.resourceVersion;
    if (at !== undefined && at !== pod.metadata.resourceVersion) {
      const why = `Operation cannot be fulfilled on pods "${name}": the object has been modified; please apply your changes to the latest version and try again`;
      return json(answer, 409, status(409, 'Conflict', why, { name, kind: 'pods' }));
    }
    const { ephemeralContainers: more } = patch.spec;
    const refused = this.admits(pod, more);
    if (refused !== '') {
      const why = `pods "${name}" is forbidden: ${refused}`;
      return json(answer, 403, status(403, 'Forbidden', why, { name, kind: 'pods' }));
    }
    const spec = pod.spec as { ephemeralContainers?: EphemeralContainer[] };
    const changed = {
      ...pod,
      spec: { ...spec, ephemeralContainers: [...(spec.ephemeralContainers ?? []), ...more] },
    };
    if (query.get('dryRun') === 'All') return json(answer, 200, changed);
    json(answer, 200, this.put('pods', changed));
    this.added(changed, more);
  }

  /** What a pod's container has printed. */
  log: (pod: KubeObject) => string = () => '';

  #refusal(request: IncomingMessage, verb: string, place: Place): { code: number } | undefined {
    const full = place.subresource === '' ? place.resource : `${place.resource}/${place.subresource}`;
    this.asked.push(`${verb} ${full}`);
    this.urls.push(request.url!);
    if (request.headers.authorization !== `Bearer ${token}`)
      return status(401, 'Unauthorized', 'Unauthorized');
    if (!this.forbidden.has(`${verb} ${full}`)) return undefined;
    const { group, namespace, name } = place;
    const what = `${place.resource}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` "${name}"`}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    return status(
      403,
      'Forbidden',
      `${what} is forbidden: User "${user}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`,
      detailsOf(place),
    );
  }

  #create({ resource, namespace }: Place, given: KubeObject, answer: ServerResponse): void {
    const { metadata } = given as { metadata: { name?: string; generateName?: string } };
    const uid = crypto.randomUUID();
    const name = metadata.name ?? `${metadata.generateName}${uid.slice(0, 5)}`;
    const made = this.put(resource, {
      ...given,
      metadata: { ...given.metadata, namespace, name, uid },
      status: {},
    });
    json(answer, 201, made);
    this.created(resource, made);
  }

  #matching({ resource, namespace }: Place, query: URLSearchParams): KubeObject[] {
    return this.list(resource).filter((object) => fits(namespace, query, object));
  }

  /** What the pages of a list are of: what it was when it began. */
  #pages(place: Place, query: URLSearchParams): KubeObject[] {
    const { labelSelector, fieldSelector } = Object.fromEntries(query);
    const key = JSON.stringify([place, labelSelector, fieldSelector]);
    const known = this.#listed;
    if (known?.key === key && query.has('continue')) return known.items;
    this.#listed = { key, items: this.#matching(place, query) };
    return this.#listed.items;
  }

  #list(place: Place, query: URLSearchParams, answer: ServerResponse): void {
    const from = Number(Buffer.from(query.get('continue') ?? '', 'base64').toString() || '0');
    if (query.has('continue') && this.forgotten > 0) {
      this.forgotten--;
      return json(answer, 410, status(410, 'Expired', 'The provided continue parameter is too old'));
    }
    const all = this.#pages(place, query);
    const until = from + Math.min(this.pageItems, Number(query.get('limit') ?? this.pageItems));
    const left = all.length - until;
    json(answer, 200, {
      kind: `${kinds[place.resource]}List`,
      apiVersion: place.group === '' ? 'v1' : `${place.group}/v1`,
      metadata: {
        resourceVersion: `${this.#version}`,
        ...(left > 0
          ? { continue: Buffer.from(`${until}`).toString('base64'), remainingItemCount: left }
          : {}),
      },
      items: all.slice(from, until),
    });
  }

  #watch(watch: Watch): void {
    const { answer, query } = watch;
    const from = Number(query.get('resourceVersion') ?? '0');
    answer.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    answer.flushHeaders();
    if (from < this.#oldest) {
      send(answer, 'ERROR', gone(from, this.#oldest));
      answer.end();
      return;
    }
    for (const change of this.#changes) if (change.version > from) tell(watch, change);
    this.#watches.add(watch);
    answer.once('close', () => this.#watches.delete(watch));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url!, 'http://localhost');
    const place = placeOf(url.pathname)!;
    const { namespace, name } = place;
    const refuse = (refusal: { code: number }) => {
      const text = JSON.stringify(refusal);
      socket.end(
        `HTTP/1.1 ${refusal.code} Refused\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
      );
    };
    // Of a WebSocket the verb is get; 1.35 asks for create besides.
    const refusal = this.#refusal(request, 'create', place);
    if (refusal) return refuse(refusal);
    if (!this.get('pods', namespace, name)) return refuse(notFound({ ...place, subresource: '' }));
    const port = Number(url.searchParams.get('ports'));
    this.#upgrades.handleUpgrade(request, socket, head, (tunnel) => this.#tunnel(tunnel, place, port));
  }

  /** Channel 0 data, 1 errors; the first message of each is the port's number, two bytes, little end first. */
  #tunnel(tunnel: WebSocket, { namespace, name }: Place, port: number): void {
    const number = [port & 255, port >> 8];
    tunnel.send(Buffer.from([0, ...number]));
    tunnel.send(Buffer.from([1, ...number]));
    this.#tunnels.add(tunnel);
    tunnel.once('close', () => this.#tunnels.delete(tunnel));
    const fail = () => {
      const why = `error forwarding port ${port} to pod ${name}, uid : failed to execute portforward in network namespace: dial tcp4 127.0.0.1:${port}: connect: connection refused`;
      if (tunnel.readyState === tunnel.OPEN) tunnel.send(Buffer.from(`\x01${why}`));
      tunnel.close(1000);
    };
    const behind = this.forward(namespace, name, port);
    if (behind === undefined) return fail();
    const socket = typeof behind === 'number' ? connect(behind, '127.0.0.1') : behind;
    socket.once('error', fail);
    socket.once('close', () => tunnel.close(1000));
    socket.on('data', (bytes) => tunnel.send(Buffer.concat([Buffer.from([0]), bytes])));
    tunnel.on('message', (bytes: Buffer) => {
      if (bytes[0] === 0) socket.write(this.rewrite(bytes.subarray(1)));
    });
    tunnel.once('close', () => socket.end());
    tunnel.on('error', () => socket.destroy());
  }
}

function placeOf(path: string): Place | undefined {
  const found =
    /^\/(?:api|apis\/([^/]+))\/v1\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path);
  if (!found) return undefined;
  const [, group = '', namespace = '', resource = '', name = '', subresource = ''] = found;
  return { group, namespace, resource, name, subresource };
}

function verbOf(method: string, { name }: Place, query: URLSearchParams): string {
  if (method === 'POST') return 'create';
  if (method === 'DELETE') return 'delete';
  if (method === 'PATCH') return 'patch';
  if (name !== '') return 'get';
  return query.get('watch') === 'true' ? 'watch' : 'list';
}

function fits(namespace: string, query: URLSearchParams, object: KubeObject): boolean {
  return (
    (namespace === '' || object.metadata.namespace === namespace) &&
    fitsLabels(query.get('labelSelector') ?? '', object) &&
    fitsFields(query.get('fieldSelector') ?? '', object)
  );
}

function tell({ place, query, answer }: Watch, { type, resource, object }: Change): void {
  if (resource === place.resource && fits(place.namespace, query, object)) send(answer, type, object);
}

/** One line; in two parts: a client must not take what comes for whole lines. */
function send(answer: ServerResponse, type: string, object: object): void {
  const line = `${JSON.stringify({ type, object })}\n`;
  answer.write(line.slice(0, 20));
  answer.write(line.slice(20));
}

function status(code: number, reason: string, message: string, details?: object) {
  const text = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason };
  return { ...text, ...(details ? { details } : {}), code };
}

const gone = (asked: number, oldest: number) =>
  status(410, 'Expired', `too old resource version: ${asked} (${oldest})`);

const detailsOf = ({ name, group, resource }: Place) => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: resource,
});

function notFound(place: Place) {
  const { resource, group, name } = place;
  return status(
    404,
    'NotFound',
    `${resource}${group === '' ? '' : `.${group}`} "${name}" not found`,
    detailsOf(place),
  );
}

function json(answer: ServerResponse, code: number, value: object): void {
  answer.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  answer.end(JSON.stringify(value));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
