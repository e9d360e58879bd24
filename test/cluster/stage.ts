/**
 * What the tests on a real cluster begin with: namespaces of their own, a workload that speaks, and a way to the API
 * server that can be cut. The workload is the agent's image with another command, so that nothing else is pulled.
 *
 *     KUBECONFIG                    which cluster: whoever it names may make namespaces, pods and roles
 *     PORTHOLE_TEST_IMAGE_HOOK      a command that puts the image, a tar that is its argument, where the nodes find it;
 *                                   without it the image is expected there already
 *     PORTHOLE_TEST_AGENT_IMAGE     another name for it
 *     PORTHOLE_TEST_AGENT_SOCKET    the nodes' runtime, where it is not found by itself
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { makeImage } from '../../scripts/image.ts';
import { agentImage } from '../../src/cli/kube-options.ts';
import { ApiError, KubeApi } from '../../src/kube/index.ts';
import { kubeConfig } from '../../src/kube/kubeconfig.ts';
import { type Running, start, stopAll } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const { KUBECONFIG, PORTHOLE_TEST_IMAGE_HOOK: hook, PORTHOLE_TEST_AGENT_SOCKET: socket } = process.env;
const image = process.env['PORTHOLE_TEST_AGENT_IMAGE'] ?? agentImage();
export const without: string | false = KUBECONFIG ? false : 'needs KUBECONFIG: the cluster to be tested on';

/** Clusters take their time. */
export const clusterMs = 120_000;

/** Says what its name is. */
export const server = `
const name = require('node:os').hostname();
require('node:http').createServer((_, answer) => answer.end(name)).listen(8080);
process.on('SIGTERM', () => process.exit());
`;
/** Asks /tick/1, /tick/2 ... of a service, a connection each; only once the node's rules for it are there. */
const client = `
const http = require('node:http');
const ask = (path, answered) =>
  http.get({ host: process.argv[1], port: 80, path, agent: false, timeout: 500 }, (answer) => {
    answer.resume();
    answered(true);
  }).on('timeout', function () { this.destroy(); }).on('error', () => answered(false));
let n = 0;
const begin = (inRow) => {
  if (inRow < 20) ask('/ready', (isAnswered) => setTimeout(begin, 20, isAnswered ? inRow + 1 : 0));
  else setInterval(() => ask('/tick/' + ++n, () => {}), 100);
};
begin(0);
process.on('SIGTERM', () => process.exit());
`;

export class Cluster {
  readonly name = `porthole-test-${process.pid}`;
  /** Pods are watched there; its PodSecurity lets agents in. */
  readonly shop = this.name;
  /** PodSecurity's baseline. */
  readonly strict = `${this.name}-strict`;
  readonly directory = temporaryDirectory('cluster');
  #api: KubeApi | undefined;

  get api(): KubeApi {
    return this.#api!;
  }

  async make(): Promise<void> {
    this.#api = await KubeApi.load({});
    if (hook !== undefined) {
      const tar = join(this.directory, 'agent.tar');
      makeImage(tar);
      execFileSync('sh', ['-c', `${hook} "$1"`, 'sh', tar], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    await this.#namespace(this.shop, 'privileged');
    await this.#namespace(this.strict, 'baseline');
    await this.scale(2);
    const { spec } = await this.api.post<{ spec: { clusterIP: string } }>(
      `/api/v1/namespaces/${this.shop}/services`,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    );
    await this.api.post(this.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'client', labels: { app: 'client', part: 'shop' } },
      spec: podSpec(client, [spec.clusterIP]),
    });
    await this.ready('app in (web,client)', 3);
  }

  get pods(): string {
    return `/api/v1/namespaces/${this.shop}/pods`;
  }

  get jobs(): string {
    return `/apis/batch/v1/namespaces/${this.shop}/jobs`;
  }

  async #namespace(name: string, level: string): Promise<void> {
    await this.api.post('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': level } },
    });
  }

  async scale(replicas: number): Promise<void> {
    const labels = { app: 'web', part: 'shop' };
    await this.api.apply(`/apis/apps/v1/namespaces/${this.shop}/deployments/web`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels }, spec: podSpec(server, [], probes) },
      },
    });
  }

  async names(labels: string): Promise<string[]> {
    const { items } = await this.api.list(this.pods, { labelSelector: labels });
    return (items as { metadata: { name: string; deletionTimestamp?: string } }[])
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  async ready(labels: string, count: number): Promise<void> {
    await until(
      async () => {
        const { items } = await this.api.list(this.pods, { labelSelector: labels });
        const ready = items.filter((item) =>
          (item as { status: { conditions?: { type: string; status: string }[] } }).status.conditions?.some(
            ({ type, status }) => type === 'Ready' && status === 'True',
          ),
        );
        return ready.length >= count;
      },
      `${count} pods with ${labels} that are ready: is the image ${image} on the nodes?`,
      clusterMs,
    );
  }

  /** Jobs of agents, and their pods. */
  async left(): Promise<string[]> {
    const labels = { labelSelector: 'app.kubernetes.io/name=porthole-agent' };
    const all = await Promise.all([this.api.list(this.jobs, labels), this.api.list(this.pods, labels)]);
    return all.flatMap(({ items }) => items.map((i) => (i as { metadata: { name: string } }).metadata.name));
  }

  async remove(): Promise<void> {
    for (const name of [this.shop, this.strict])
      await this.api.delete(`/api/v1/namespaces/${name}`).catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
      });
  }
}

/** Of the server, one by what it says, one by being let in. */
const probes = {
  livenessProbe: { httpGet: { path: '/well', port: 8080 }, periodSeconds: 1 },
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
};

export function podSpec(script: string, args: readonly string[], more: object = {}): object {
  return {
    terminationGracePeriodSeconds: 1,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'app',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/bin/node', '-e', script, ...args],
        ...more,
        // As much as PodSecurity's level restricted asks for.
        securityContext: {
          allowPrivilegeEscalation: false,
          runAsNonRoot: true,
          runAsUser: 65534,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
    ],
  };
}

/** The cluster of a test file, made before its tests and taken away after them; each test leaves nothing. */
export function cluster(): Cluster {
  const made = new Cluster();
  before(async () => {
    if (!without) await made.make();
  });
  afterEach(async () => {
    if (without) return;
    stopAll();
    await until(
      async () => (await made.left()).length === 0,
      () => 'nothing left of agents',
      200_000,
    );
  });
  after(async () => {
    stopAll();
    if (!without) await made.remove();
  });
  return made;
}

/** `-k` and where, in front of the test's own words. */
export const kube = (at: Cluster, ...words: string[]): string[] => [
  ...['-k', '--via', 'job', '--namespace', at.shop, '--agent-image', image],
  ...(socket ? ['--agent-socket', socket] : []),
  ...words,
];

export const watch = (at: Cluster, ...words: string[]): Running =>
  start(['watch', '--no-status', ...kube(at, ...words)]);

/** Ticks that are shown, in order. */
export function ticks(run: Running): number[] {
  return [...run.stdout().matchAll(/\/tick\/(\d+)/g)].map(([, n]) => Number(n));
}

export async function sawTicks(run: Running, count: number): Promise<void> {
  await until(
    () => ticks(run).length >= count,
    () => `${count} ticks in:\n${run.stdout()}\n${run.stderr()}`,
    clusterMs,
  );
}

/** Those between the first and the last that are not shown. */
export function missing(run: Running): number[] {
  const seen = new Set(ticks(run));
  const [first, last] = [Math.min(...seen), Math.max(...seen)];
  return Array.from({ length: last - first }, (_, i) => first + i).filter((n) => !seen.has(n));
}

/** Between clients and the API server: cut, or away for a while. TLS goes through it untouched. */
export class Relay {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly kubeconfig: string;
  isDown = false;

  static async start(at: Cluster): Promise<Relay> {
    const url = new URL(at.api.server);
    const target = { host: url.hostname, port: Number(url.port || 443) };
    const relay = new Relay(join(at.directory, 'relay'), target);
    await new Promise<void>((done) => relay.#server.listen(0, '127.0.0.1', done));
    const { port } = relay.#server.address() as { port: number };
    const Config = await kubeConfig();
    const config = new Config();
    config.loadFromDefault();
    const object = JSON.parse(config.exportConfig()) as { clusters: { cluster: Record<string, unknown> }[] };
    for (const { cluster } of object.clusters) {
      if (cluster['server'] !== at.api.server) continue;
      cluster['server'] = `${url.protocol}//127.0.0.1:${port}`;
      cluster['tls-server-name'] ??= url.hostname;
    }
    writeFileSync(relay.kubeconfig, JSON.stringify(object), { mode: 0o600 });
    return relay;
  }

  private constructor(kubeconfig: string, target: { host: string; port: number }) {
    this.kubeconfig = kubeconfig;
    this.#server = createServer((socket) => {
      if (this.isDown) {
        socket.destroy();
        return;
      }
      const far = dial(target);
      for (const [from, to] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
