/**
 * Ephemeral containers of the cluster that kube-api.ts stands in for: each is a real `porthole agent` in the network
 * namespace of a pod of a real containerd. What admission says is as a real cluster said it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { resolve } from '../../src/target/index.ts';
import type { EphemeralContainer, KubeObject } from './kube-api.ts';
import type { KubeNodes } from './kube-nodes.ts';
import { launcher } from './porthole.ts';

/** Connects what it is given on stdin and stdout to a port of the namespace it runs in. */
const pipe = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
process.stdin.pipe(socket).pipe(process.stdout);
socket.on('error', () => process.exit(1)).on('close', () => process.exit());`;

interface Status {
  readonly name: string;
  readonly state: object;
}

export class EphemeralContainers {
  readonly #nodes: KubeNodes;
  readonly #socketOf: (node: string) => string;
  readonly #running = new Set<ChildProcess>();
  /** PodSecurity's level of all namespaces. */
  level: 'privileged' | 'baseline' | 'restricted' = 'privileged';
  readonly missingImages = new Set<string>();

  /** @param socketOf of a node's runtime */
  constructor(nodes: KubeNodes, socketOf: (node: string) => string) {
    this.#nodes = nodes;
    this.#socketOf = socketOf;
    const { api } = nodes;
    api.admits = (_pod, containers) => containers.map((one) => this.#refusal(one)).find(Boolean) ?? '';
    api.added = (pod, containers) => {
      for (const container of containers) void this.#start(pod, container);
    };
    const forward = api.forward;
    const pids = this.#pids;
    api.forward = (namespace, pod, port) => {
      const pid = pids.get(`${namespace}/${pod}`);
      if (pid === undefined) return forward(namespace, pod, port);
      const child = this.#inside(pid, process.execPath, ['-e', pipe, `${port}`]);
      return Duplex.from({ readable: child.stdout!, writable: child.stdin! });
    };
  }

  /** Of pods that have one. */
  readonly #pids = new Map<string, number>();

  statuses(namespace: string, pod: string): readonly Status[] {
    const status = this.#nodes.api.get('pods', namespace, pod)?.status;
    return (status as { ephemeralContainerStatuses?: readonly Status[] }).ephemeralContainerStatuses ?? [];
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #refusal({ name, securityContext: { capabilities } }: EphemeralContainer): string {
    const added = capabilities?.add ?? [];
    if (this.level === 'baseline' && added.includes('NET_RAW'))
      return `violates PodSecurity "baseline:latest": non-default capabilities (container "${name}" must not include "NET_RAW" in securityContext.capabilities.add)`;
    if (this.level === 'restricted')
      return `violates PodSecurity "restricted:latest": unrestricted capabilities (container "${name}" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (container "${name}" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "${name}" must not set runAsUser=0)`;
    return '';
  }

  async #start({ metadata: { namespace, name: pod }, spec }: KubeObject, container: EphemeralContainer) {
    const { name, image, args, env } = container;
    if (this.missingImages.has(image)) {
      const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
      return this.#report(namespace, pod, name, { waiting: { reason: 'ErrImagePull', message } });
    }
    const { nodeName } = spec as { nodeName: string };
    const [target] = await resolve(`pod:${namespace}/${pod}`, {
      runtime: 'cri',
      socket: this.#socketOf(nodeName),
    });
    this.#pids.set(`${namespace}/${pod}`, target!.pid);
    const own = Object.fromEntries(env.map(({ name: key, value }) => [key, value]));
    const child = this.#inside(target!.pid, launcher, args, own);
    this.#report(namespace, pod, name, { running: { startedAt: new Date().toISOString() } });
    child.once('close', (code) => {
      const exitCode = code ?? 137;
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      this.#report(namespace, pod, name, { terminated: { exitCode, reason } });
    });
  }

  #inside(pid: number, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, '--', command, ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    this.#running.add(child);
    child.stdin!.on('error', () => {});
    child.once('close', () => this.#running.delete(child));
    return child;
  }

  #report(namespace: string, pod: string, name: string, state: object): void {
    const object = this.#nodes.api.get('pods', namespace, pod);
    if (!object) return;
    const others = this.statuses(namespace, pod).filter((status) => status.name !== name);
    const ephemeralContainerStatuses = [...others, { name, state }];
    this.#nodes.api.put('pods', {
      ...object,
      status: { ...(object.status as object), ephemeralContainerStatuses },
    });
  }
}
