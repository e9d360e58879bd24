/**
 * containerd's own API: every namespace of it (nerdctl's `default`, `buildkit` ...), containers and their
 * tasks. Pods are the CRI's to tell and `moby` is Docker's, as long as those answer. Read-only.
 * Field numbers: github.com/containerd/containerd/api
 */
import { kubeletLabels, nameInPod, pick } from '../cri/pods.ts';
import { type CallOptions, GrpcClient, GrpcError, grpcStatus } from '../grpc/client.ts';
import { explain } from '../grpc/explain.ts';
import type { Message } from '../grpc/protobuf.ts';
import type { Container, ContainerEvent, PodPlace, Runtime, Subscription } from '../runtime.ts';

const silenceMs = 2000;

export interface ContainerdOptions {
  readonly path: string;
  readonly silenceMs?: number;
  /** Namespaces that somebody else tells about, better. */
  readonly leaves?: (namespace: string) => boolean | Promise<boolean>;
}

/** containerd.v1.types.Status */
const states = ['unknown', 'created', 'running', 'stopped', 'paused', 'paused'];

interface Task {
  readonly pid: number;
  readonly state: string;
  readonly exitCode: number;
}

export class Containerd implements Runtime {
  readonly name = 'containerd';
  private readonly options: ContainerdOptions;
  private readonly client: GrpcClient;

  constructor(options: ContainerdOptions) {
    this.options = options;
    this.client = new GrpcClient(options.path, options.silenceMs ?? silenceMs);
  }

  async find(nameOrId: string): Promise<Container | undefined> {
    return pick(await this.list(), nameOrId);
  }

  async again({ id, realm = '' }: Container): Promise<Container | undefined> {
    try {
      const headers = { 'containerd-namespace': realm };
      const [answer, tasks] = await Promise.all([
        this.client.call('/containerd.services.containers.v1.Containers/Get', [[1, id]], { headers }),
        this.tasks({ headers }),
      ]);
      return describe(answer.message(1), realm, tasks);
    } catch (error) {
      if (error instanceof GrpcError && error.status === grpcStatus.notFound) return undefined;
      throw this.explain(error);
    }
  }

  async list(): Promise<Container[]> {
    try {
      const answer = await this.client.call('/containerd.services.namespaces.v1.Namespaces/List', []);
      const names = answer.messages(1).map((namespace) => namespace.string(1));
      const left = await Promise.all(names.map((name) => this.options.leaves?.(name) ?? false));
      const wanted = names.filter((_, i) => !left[i]);
      return (await Promise.all(wanted.map((name) => this.listOf(name)))).flat();
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** TaskStart and TaskExit of every namespace that is ours to tell. */
  async watchEvents(
    onEvent: (event: ContainerEvent) => void,
    onEnd: (reason: Error) => void = () => {},
  ): Promise<Subscription> {
    let isClosed = false;
    const take = async (envelope: Message) => {
      const event = parseEvent(envelope);
      if (!event || (await this.options.leaves?.(event.realm))) return;
      // The event has no name; a container that is gone by now is called by its id.
      const container = await this.again(event as unknown as Container).catch(() => undefined);
      if (isClosed) return;
      const { realm: _, ...rest } = event;
      onEvent({ ...rest, name: container?.name ?? event.id, labels: container?.labels ?? {} });
    };
    // One after the other: a start must not be told after the end it came before.
    let queue = Promise.resolve();
    try {
      const streaming = await this.client.stream(
        '/containerd.services.events.v1.Events/Subscribe',
        [],
        (envelope) => {
          queue = queue.then(() => take(envelope)).catch(() => {});
        },
        (reason) => onEnd(this.explain(reason)),
      );
      return {
        close() {
          isClosed = true;
          streaming.close();
        },
      };
    } catch (error) {
      throw this.explain(error);
    }
  }

  private async listOf(realm: string): Promise<Container[]> {
    const options = { headers: { 'containerd-namespace': realm } };
    const [answer, tasks] = await Promise.all([
      this.client.call('/containerd.services.containers.v1.Containers/List', [], options),
      this.tasks(options),
    ]);
    return answer.messages(1).map((container) => describe(container, realm, tasks));
  }

  /** ListTasksResponse: tasks 1; Process: container_id 1, id 2, pid 3, status 4, exit_status 9. */
  private async tasks(options: CallOptions): Promise<Map<string, Task>> {
    const answer = await this.client.call('/containerd.services.tasks.v1.Tasks/List', [], options);
    return new Map(
      answer.messages(1).map((task) => {
        const state = states[task.number(4)] ?? 'unknown';
        const isUp = state === 'running' || state === 'paused';
        return [
          task.string(1) || task.string(2),
          { state, pid: isUp ? task.number(3) : 0, exitCode: state === 'stopped' ? task.number(9) : -1 },
        ];
      }),
    );
  }

  private explain(error: unknown): Error {
    return explain(error, 'containerd', this.options.path);
  }
}

/** Container: id 1, labels 2, image 3, created_at 8, sandbox 11. */
function describe(container: Message, realm: string, tasks: ReadonlyMap<string, Task>): Container {
  const id = container.string(1);
  const labels = container.map(2);
  const task = tasks.get(id);
  const pod = podOf(id, labels, container.string(11));
  return {
    runtime: 'containerd',
    id,
    // nerdctl/pkg/labels
    name: (pod && nameInPod(pod)) || labels['nerdctl/name'] || id,
    image: container.string(3),
    state: task?.state ?? 'stopped',
    pid: task?.pid ?? 0,
    exitCode: task?.exitCode ?? -1,
    labels,
    addresses: [],
    startedAt: container.timestamp(8),
    ...(pod ? { pod } : {}),
    realm,
  };
}

function podOf(id: string, labels: Readonly<Record<string, string>>, sandbox: string): PodPlace | undefined {
  const name = labels[kubeletLabels.pod];
  if (name === undefined) return undefined;
  const namespace = labels[kubeletLabels.namespace] ?? '';
  const container = labels[kubeletLabels.container] ?? '';
  return { name, namespace, container, sandboxId: container === '' ? id : sandbox };
}

/**
 * Envelope: timestamp 1, namespace 2, topic 3, event 4 (Any: value 2). TaskStart: container_id 1, pid 2.
 * TaskExit: container_id 1, id 2, pid 3, exit_status 4; processes started by exec have an id of their own.
 */
function parseEvent(envelope: Message): (ContainerEvent & { readonly realm: string }) | undefined {
  const topic = envelope.string(3);
  const action = { '/tasks/start': 'start', '/tasks/exit': 'die' }[topic];
  if (action === undefined) return undefined;
  const event = envelope.message(4).message(2);
  const id = event.string(1);
  if (action === 'die' && event.string(2) !== id) return undefined;
  return {
    runtime: 'containerd',
    action,
    id,
    name: id,
    labels: {},
    exitCode: action === 'die' ? event.number(4) : -1,
    at: envelope.timestamp(1),
    realm: envelope.string(2),
  };
}
