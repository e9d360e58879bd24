/** Two nodes, pods on them, and the control plane's stand-in: what the tests of `-k` begin with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { type ContainerdDaemon, startContainerd } from './containerd.ts';
import { KubeNodes } from './kube-nodes.ts';
import { askInPod } from './kube-pods.ts';
import { type Running, start, stopAll } from './porthole.ts';
import { temporaryDirectory } from './upbeat.ts';
import { until } from './wait.ts';

export const port = 8080;

export interface KubeStage {
  readonly nodes: KubeNodes;
  /** By node. */
  readonly containerds: ReadonlyMap<string, ContainerdDaemon>;
  readonly directory: string;
  readonly kubeconfig: string;
  /** Namespace of the pods: web-1 on n1; web-2 and other on n2. */
  readonly shop: string;
  /** Options of -k. */
  kube(...args: string[]): string[];
  watch(...args: string[]): Running;
  ask(node: string, name: string, path: string): Promise<void>;
  /** Waits until interfaces on these nodes are open. */
  listening(run: Running, ...on: string[]): Promise<void>;
}

/**
 * Makes it before the file's tests and takes it down after them; after each test no Job and no agent may be left.
 * @param without why there is none
 */
export function kubeStage(without: string | false): KubeStage {
  const shop = `shop${process.pid}`;
  const containerds = new Map<string, ContainerdDaemon>();
  const nodes = new KubeNodes(containerds);
  const directory = temporaryDirectory('kube');
  const kubeconfig = join(directory, 'config');

  before(async () => {
    if (without) return;
    await Promise.all(
      ['n1', 'n2'].map(async (node, i) => {
        const subnet = `10.${215 + i}.${process.pid % 250}.0/24`;
        containerds.set(node, await startContainerd('containerd.sock', subnet));
      }),
    );
    await nodes.api.listen();
    writeFileSync(kubeconfig, JSON.stringify(nodes.api.kubeconfig(shop)));
    const selector = { app: 'web' };
    nodes.api.put('deployments', {
      metadata: { namespace: shop, name: 'web', uid: 'd1' },
      spec: { selector: { matchLabels: selector } },
    });
    nodes.api.put('services', {
      metadata: { namespace: shop, name: 'cart', uid: 's1' },
      spec: { selector, clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
    });
    await nodes.run('n1', { namespace: shop, name: 'web-1', labels: selector }, port);
    await nodes.run('n2', { namespace: shop, name: 'web-2', labels: selector }, port);
    await nodes.run('n2', { namespace: shop, name: 'other', labels: { app: 'other' } }, port);
  });

  afterEach(async () => {
    if (without) return;
    nodes.api.forbidden.clear();
    nodes.api.isDown = false;
    nodes.isPulling = false;
    stopAll();
    const agents = () => [...nodes.agents.values()].filter(({ isOver }) => !isOver);
    try {
      await until(
        () => nodes.jobs().length === 0 && agents().length === 0,
        () => `nothing left: jobs on ${nodes.jobs()}; ${agents().map(({ log }) => log)}`,
      );
    } finally {
      // What one test leaves is not the next one's failure.
      for (const { metadata } of nodes.api.list('jobs'))
        nodes.api.remove('jobs', metadata.namespace, metadata.name);
      nodes.agents.clear();
    }
  });

  after(async () => {
    stopAll();
    nodes.close();
    for (const containerd of containerds.values()) await containerd.stop();
  });

  const kube = (...args: string[]) => ['-k', '--kubeconfig', kubeconfig, '--via', 'job', ...args];
  return {
    nodes,
    containerds,
    directory,
    kubeconfig,
    shop,
    kube,
    watch: (...args) => start(['watch', ...kube(...args)]),
    ask: (node, name, path) => askInPod(containerds.get(node)!.socket, `${shop}/${name}`, port, path),
    async listening(run, ...on) {
      for (const node of on) await run.saw(new RegExp(`listening to .* on ${node}\\b`));
    },
  };
}
