/** A cluster of any size: the control plane's stand-in, pods that are only told of, and a fake agent on each node. */
import { FakeAgent, type FakeLoad } from './fake-agents.ts';
import { KubeApiServer, type KubeObject } from './kube-api.ts';

export interface FakeClusterOptions {
  readonly nodes: number;
  /** Of all nodes together. */
  readonly pods: number;
  readonly load: FakeLoad;
  /** Of node 0, packets a second, where it differs. */
  readonly heavy?: number;
  /** Of node i. */
  readonly aheadMs?: (index: number) => number;
  /** Of a pod's object, as a real one has annotations and managed fields. */
  readonly podBytes?: number;
}

export const namespace = 'shop';

export class FakeCluster {
  readonly api = new KubeApiServer();
  readonly agents: FakeAgent[];
  readonly #byPod = new Map<string, FakeAgent>();
  /** Jobs that are not allowed to begin: nodes by name. */
  readonly broken = new Set<string>();

  constructor({ nodes, pods, load, heavy, aheadMs = () => 0, podBytes = 0 }: FakeClusterOptions) {
    const loadOf = (i: number): FakeLoad =>
      i > 0 || heavy === undefined
        ? load
        : { ...load, packetsPerSecond: heavy, packets: (load.packets * heavy) / load.packetsPerSecond };
    this.agents = Array.from(
      { length: nodes },
      (_, i) => new FakeAgent(i, `node-${i}`, aheadMs(i), loadOf(i)),
    );
    const filler = 'x'.repeat(podBytes);
    for (let i = 0; i < pods; i++)
      this.api.put('pods', {
        metadata: {
          ...{ namespace, name: `web-${i}`, uid: `uid-${i}`, labels: { app: 'web' } },
          ...(podBytes > 0 ? { annotations: { filler: `${i}${filler}` } } : {}),
        },
        spec: { nodeName: `node-${i % nodes}`, containers: [{ name: 'app' }] },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          podIPs: [{ ip: `10.${1 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}` }],
        },
      } as KubeObject);
    this.api.created = (resource, object) => {
      if (resource === 'jobs') this.#run(object);
    };
    this.api.deleted = (resource, { metadata }) => {
      if (resource === 'jobs') this.api.remove('pods', metadata.namespace, `${metadata.name}-x`);
    };
    this.api.forward = (_namespace, pod) => this.#byPod.get(pod)?.port;
  }

  async listen(): Promise<void> {
    await Promise.all([this.api.listen(), ...this.agents.map((agent) => agent.listen())]);
  }

  close(): void {
    this.api.close();
    for (const agent of this.agents) agent.close();
  }

  #run(job: KubeObject): void {
    const { template } = job.spec as {
      template: { metadata: { labels: Record<string, string> }; spec: { nodeName: string } };
    };
    const { nodeName } = template.spec;
    const name = `${job.metadata.name}-x`;
    const state = this.broken.has(nodeName)
      ? { waiting: { reason: 'ErrImageNeverPull', message: 'there is none' } }
      : { running: { startedAt: new Date().toISOString() } };
    this.#byPod.set(name, this.agents.find(({ node }) => node === nodeName)!);
    this.api.put('pods', {
      metadata: {
        ...{ namespace: job.metadata.namespace, name, uid: job.metadata.uid },
        labels: { ...template.metadata.labels, 'batch.kubernetes.io/job-name': job.metadata.name },
      },
      spec: template.spec,
      status: { phase: 'Running', containerStatuses: [{ name: 'agent', state }] },
    });
  }
}
