/**
 * The Container Runtime Interface: pods of this node and the containers in them, from whatever the kubelet
 * itself asks (containerd, CRI-O, cri-dockerd); no API server is needed. Read-only.
 */
import { TargetError } from '../errors.ts';
import { GrpcClient, GrpcError, grpcStatus } from '../grpc/client.ts';
import { explain } from '../grpc/explain.ts';
import type { Field, Message } from '../grpc/protobuf.ts';
import { type PollOptions, pollEvents } from '../poll.ts';
import type { Container, ContainerEvent, Runtime, Subscription } from '../runtime.ts';
import { containerFromList, sandboxFromList, withContainerStatus, withSandboxStatus } from './messages.ts';
import { newestOfEach, pick } from './pods.ts';

/** A node under load answers in tens of ms; silent for so long it would only make us hang. */
const silenceMs = 2000;
/** containerd before 1.6 and CRI-O before 1.20 know the second name only. */
const versions = ['runtime.v1', 'runtime.v1alpha2'];

export interface CriOptions {
  readonly path: string;
  readonly silenceMs?: number;
  /** No news when there is no CRI on that socket: Docker's packages leave containerd's switched off. */
  readonly isOptional?: boolean;
  readonly poll?: PollOptions;
}

export class Cri implements Runtime {
  readonly name = 'cri';
  private readonly options: CriOptions;
  private readonly client: GrpcClient;
  private version: Promise<string | undefined> | undefined;

  constructor(options: CriOptions) {
    this.options = options;
    this.client = new GrpcClient(options.path, options.silenceMs ?? silenceMs);
  }

  async find(nameOrId: string): Promise<Container | undefined> {
    const found = pick(await this.list(), nameOrId);
    return found && this.again(found);
  }

  async again(container: Container): Promise<Container | undefined> {
    try {
      return await this.status(container);
    } catch (error) {
      if (error instanceof GrpcError && error.status === grpcStatus.notFound) return undefined;
      throw this.explain(error);
    }
  }

  async list(): Promise<Container[]> {
    try {
      return (await this.everything()) ?? [];
    } catch (error) {
      throw this.explain(error);
    }
  }

  /**
   * Lists compared. GetContainerEvents is left alone: containerd 1.7 hands each event to one of those who ask,
   * and the kubelet may be another.
   */
  watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd: (reason: Error) => void = () => {},
  ): Promise<Subscription> {
    return pollEvents(this, onEvent, onEnd, this.options.poll);
  }

  /** Is there a CRI at all? False for silence and refusals too. */
  async answers(): Promise<boolean> {
    return (await this.speaks().catch(() => undefined)) !== undefined;
  }

  private async everything(): Promise<Container[] | undefined> {
    if ((await this.speaks()) === undefined) return undefined;
    const [podAnswer, containerAnswer] = await Promise.all([
      this.ask('ListPodSandbox', []),
      this.ask('ListContainers', []),
    ]);
    const pods = podAnswer.messages(1).map(sandboxFromList);
    const byId = new Map(pods.map((pod) => [pod.id, pod]));
    const containers = containerAnswer.messages(1).map((item) => containerFromList(item, byId));
    return [...newestOfEach(pods), ...newestOfEach(containers)];
  }

  private async status(container: Container): Promise<Container> {
    const fields: Field[] = [
      [1, container.id],
      [2, true],
    ];
    if (container.pod?.container !== '')
      return withContainerStatus(container, await this.ask('ContainerStatus', fields));
    const sandbox = withSandboxStatus(container, await this.ask('PodSandboxStatus', fields));
    if (sandbox.state !== 'running' || sandbox.pid > 0) return sandbox;
    // CRI-O can do without a process for the sandbox: every container of the pod is in its namespace.
    const members = ((await this.everything()) ?? []).filter(
      (c) => c.pod?.sandboxId === sandbox.id && c.pod.container !== '' && c.state === 'running',
    );
    for (const member of members) {
      const { pid, startedAt } = await this.status(member);
      if (pid > 0) return { ...sandbox, pid, startedAt };
    }
    return sandbox;
  }

  /** The version both sides speak; undefined when there is no CRI and that is no news. */
  private speaks(): Promise<string | undefined> {
    this.version ??= this.findVersion();
    // A runtime that was down may be up when it is asked again.
    this.version.catch(() => {
      this.version = undefined;
    });
    return this.version;
  }

  private async findVersion(): Promise<string | undefined> {
    for (const version of versions) {
      try {
        await this.client.call(`/${version}.RuntimeService/Version`, []);
        return version;
      } catch (error) {
        if (!(error instanceof GrpcError) || error.status !== grpcStatus.unimplemented) throw error;
      }
    }
    if (this.options.isOptional) return undefined;
    throw new TargetError('no-runtime', `there is no CRI at ${this.options.path}: not implemented there`);
  }

  private async ask(method: string, fields: readonly Field[]): Promise<Message> {
    return this.client.call(`/${await this.speaks()}.RuntimeService/${method}`, fields);
  }

  private explain(error: unknown): Error {
    return explain(error, 'the container runtime (CRI)', this.options.path);
  }
}
