/**
 * Nodes of the cluster that kube-api.ts stands in for: a Job's pod is a real `porthole agent` here, and the pods it
 * captures are pods of a real containerd. What admission, the Job controller and the kubelet say is as a real cluster
 * said it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ContainerdDaemon, Pod } from './containerd.ts';
import { KubeApiServer, type KubeObject } from './kube-api.ts';
import { launcher } from './porthole.ts';

interface JobSpec {
  readonly activeDeadlineSeconds: number;
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly nodeName: string;
      readonly containers: readonly {
        readonly image: string;
        readonly args: readonly string[];
        readonly env: readonly { readonly name: string; readonly value: string }[];
      }[];
    };
  };
}

interface Agent {
  readonly child: ChildProcess;
  log: string;
  port: number;
  isOver: boolean;
}

export class KubeNodes {
  readonly api = new KubeApiServer();
  readonly #containerds: ReadonlyMap<string, ContainerdDaemon>;
  /** By the names of their pods. */
  readonly agents = new Map<string, Agent>();
  readonly #pods = new Map<string, Pod>();
  readonly #deadlines = new Set<NodeJS.Timeout>();
  /** Namespaces whose pods must be of PodSecurity's baseline. */
  readonly baseline = new Set<string>();
  readonly missingImages = new Set<string>();
  /** Agents' pods wait for their image. */
  isPulling = false;

  /** @param containerds by node */
  constructor(containerds: ReadonlyMap<string, ContainerdDaemon>) {
    this.#containerds = containerds;
    this.api.created = (resource, object) => {
      if (resource === 'jobs') this.#admit(object);
    };
    this.api.deleted = (resource, object) => {
      if (resource === 'jobs') this.#deletePodOf(object.metadata.name);
    };
    this.api.forward = (_namespace, pod) => this.agents.get(pod)?.port;
    this.api.log = (pod) => this.agents.get(pod.metadata.name)?.log ?? '';
  }

  close(): void {
    this.api.close();
    for (const deadline of this.#deadlines) clearTimeout(deadline);
    for (const { child, isOver } of this.agents.values()) if (!isOver) child.kill('SIGKILL');
  }

  /** A pod of containerd, as the API server tells of it. */
  async run(
    node: string,
    spec: { namespace: string; name: string; labels: Record<string, string> },
    port: number,
  ) {
    const containerd = this.#containerds.get(node)!;
    const pod = await containerd.runPod(spec);
    await containerd.runInPod(pod, 'app', ['serve', `${port}`]);
    this.#report(node, pod, spec.labels);
    this.#pods.set(`${spec.namespace}/${spec.name}`, pod);
  }

  async end(node: string, namespace: string, name: string): Promise<void> {
    await this.#containerds.get(node)!.stopPod(this.#pods.get(`${namespace}/${name}`)!);
    this.api.remove('pods', namespace, name);
  }

  #report(node: string, { namespace, name }: Pod, labels: Record<string, string>): void {
    this.api.put('pods', {
      metadata: { namespace, name, labels, uid: `uid-${namespace}-${name}` },
      spec: { nodeName: node, containers: [{ name: 'app' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        podIPs: [{ ip: '192.0.2.1' }],
      },
    });
  }

  /** Jobs that are there, by node. */
  jobs(): string[] {
    return this.api.list('jobs').map((job) => (job.spec as JobSpec).template.spec.nodeName);
  }

  #admit(job: KubeObject): void {
    const { namespace, name } = job.metadata;
    if (!this.baseline.has(namespace)) {
      this.#start(job);
      return;
    }
    this.api.put('events', {
      metadata: { namespace, name: `${name}.18eb2f`, uid: crypto.randomUUID() },
      involvedObject: { kind: 'Job', namespace, name, apiVersion: 'batch/v1' },
      reason: 'FailedCreate',
      message: `Error creating: pods "${name}-wc2sw" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "agent" must not include "NET_RAW", "SYS_ADMIN", "SYS_PTRACE" in securityContext.capabilities.add), host namespaces (hostPID=true)`,
      source: { component: 'job-controller' },
      type: 'Warning',
    } as KubeObject);
  }

  #start(job: KubeObject): void {
    const { namespace, name } = job.metadata;
    const { template, activeDeadlineSeconds } = job.spec as JobSpec;
    const pod = `${name}-x`;
    const labels = { ...template.metadata.labels, 'batch.kubernetes.io/job-name': name };
    const [container] = template.spec.containers;
    const { image } = container!;
    const report = (phase: string, state: object, more: object = {}) =>
      this.api.put('pods', {
        metadata: { namespace, name: pod, uid: job.metadata.uid, labels },
        spec: { ...template.spec },
        status: { phase, containerStatuses: [{ name: 'agent', image, state }], ...more },
      });
    report('Pending', { waiting: { reason: 'ContainerCreating' } });
    if (this.missingImages.has(image)) {
      const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
      report('Pending', { waiting: { reason: 'ErrImagePull', message } });
      return;
    }
    if (this.isPulling) {
      this.api.put('events', {
        metadata: { namespace, name: `${pod}.18eb2f`, uid: crypto.randomUUID() },
        involvedObject: { kind: 'Pod', namespace, name: pod, apiVersion: 'v1' },
        reason: 'Pulling',
        message: `Pulling image "${image}"`,
        lastTimestamp: new Date().toISOString(),
        type: 'Normal',
      } as KubeObject);
      return;
    }
    const agent = this.#spawn(template.spec.nodeName, container!);
    this.agents.set(pod, agent);
    const deadline = setTimeout(() => {
      this.api.put('jobs', {
        ...job,
        status: {
          conditions: [
            {
              type: 'Failed',
              status: 'True',
              reason: 'DeadlineExceeded',
              message: 'Job was active longer than specified deadline',
            },
          ],
        },
      });
      this.#deletePodOf(name);
    }, activeDeadlineSeconds * 1000);
    this.#deadlines.add(deadline);
    agent.child.once('close', (code, signal) => {
      agent.isOver = true;
      clearTimeout(deadline);
      if (!this.api.get('pods', namespace, pod)) return;
      const exitCode = code ?? 137;
      report(code === 0 ? 'Succeeded' : 'Failed', {
        terminated: { exitCode, reason: signal || code !== 0 ? 'Error' : 'Completed' },
      });
    });
    report('Running', { running: { startedAt: new Date().toISOString() } });
  }

  #spawn(node: string, { args, env }: JobSpec['template']['spec']['containers'][number]): Agent {
    const given = args.filter((arg, i) => arg !== '--socket' && args[i - 1] !== '--socket');
    const own = ['--listen', '0', '--runtime', 'cri', '--socket', this.#containerds.get(node)!.socket];
    const child = spawn(launcher, [...given, ...own], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) },
    });
    const agent: Agent = { child, log: '', port: 0, isOver: false };
    child.stderr.on('data', (bytes: Buffer) => {
      agent.log += bytes.toString();
      agent.port = Number(/agent on 127\.0\.0\.1:(\d+)/.exec(agent.log)?.[1] ?? 0);
    });
    return agent;
  }

  #deletePodOf(job: string): void {
    for (const { metadata } of this.api.list('pods')) {
      if (metadata.labels?.['batch.kubernetes.io/job-name'] !== job) continue;
      const agent = this.agents.get(metadata.name);
      this.api.remove('pods', metadata.namespace, metadata.name);
      if (agent && !agent.isOver) {
        agent.child.kill('SIGTERM');
        // terminationGracePeriodSeconds
        setTimeout(() => agent.isOver || agent.child.kill('SIGKILL'), 2000).unref();
      }
    }
  }
}
