/** Agents on demand: one Job on each node that is concerned, reached by a forwarded port. */
import { createHash } from 'node:crypto';
import { type AgentSettings, agentJob, agentLabel, agentName, agentPort, sessionLabel } from './agent-job.ts';
import { ApiError, type KubeApi } from './api.ts';
import type { Connect } from './remote-source.ts';
import { KubeError } from './selection.ts';

/** From the Job's creation to its container running: an image of 45 MB compressed may have to be pulled. */
const startMs = 120_000;
/** A Job whose agent ended and that nobody has deleted is swept by the next run. */
const lookMs = 150;

export interface Agents {
  /** Makes the agent there when there is none yet. */
  on(node: string): Connect;
  /** What lets a client in there; asked for once a connection is made. */
  tokenOf(node: string): string;
  /** Deletes all of them. */
  close(): Promise<void>;
}

interface PodStatus {
  readonly metadata?: { readonly name?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly containerStatuses?: readonly {
      readonly state?: {
        readonly running?: object;
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly terminated?: {
          readonly exitCode?: number;
          readonly reason?: string;
          readonly message?: string;
        };
      };
    }[];
  };
}

/** Reasons of waiting that do not go by themselves. */
const hopeless =
  /^(ErrImageNeverPull|ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer(Config)?Error|RunContainerError|CrashLoopBackOff)$/;

export function agentsOnDemand(
  api: KubeApi,
  given: Omit<AgentSettings, 'session' | 'digest'>,
  note: (text: string) => void,
): Agents {
  const token = crypto.randomUUID() + crypto.randomUUID();
  const session = crypto.randomUUID();
  const settings: AgentSettings = {
    ...given,
    session,
    digest: createHash('sha256').update(token).digest('hex'),
  };
  const jobs = `/apis/batch/v1/namespaces/${settings.namespace}/jobs`;
  const pods = `/api/v1/namespaces/${settings.namespace}/pods`;
  const made = new Map<string, Promise<{ job: string; pod: string }>>();
  /** Jobs that are known to be there: for who may not list them. */
  const named = new Set<string>();

  async function make(node: string): Promise<{ job: string; pod: string }> {
    note(`starting an agent on ${node}, in namespace ${settings.namespace}`);
    const job = await api
      .post<{ metadata: { name: string } }>(jobs, agentJob(node, settings))
      .catch((error: unknown) => {
        throw explained(error, node, settings);
      });
    const { name } = job.metadata;
    named.add(name);
    return { job: name, pod: await running(node, name) };
  }

  /** Name of the Job's pod, once its container runs. */
  async function running(node: string, job: string): Promise<string> {
    const until = Date.now() + startMs;
    for (let last = 'it has no pod yet'; ; ) {
      const { items } = await api.list(pods, { labelSelector: `batch.kubernetes.io/job-name=${job}` });
      const pod = items[0] as PodStatus | undefined;
      const state = pod?.status?.containerStatuses?.[0]?.state;
      if (state?.running) return pod!.metadata!.name!;
      const waiting = state?.waiting;
      if (waiting?.reason) last = `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`;
      const { terminated } = state ?? {};
      if (terminated || pod?.status?.phase === 'Failed')
        throw new KubeError(
          `${node}: the agent has ended: ${(await logs(pod!)) || terminated?.reason || pod?.status?.message || pod?.status?.reason || 'no reason is known'}`,
        );
      if (!pod) await refusedPod(node, job);
      if (waiting?.reason && hopeless.test(waiting.reason))
        throw new KubeError(
          `${node}: the agent cannot start: ${last}`,
          `is the image '${settings.image}' there? --agent-image NAME names another, 'npm run image' makes it`,
        );
      if (Date.now() > until)
        throw new KubeError(`${node}: the agent did not start within ${startMs / 1000} s: ${last}`);
      await new Promise((done) => setTimeout(done, lookMs));
    }
  }

  /** Admission refuses a Job's pod later than the Job: only an event tells. */
  async function refusedPod(node: string, job: string): Promise<void> {
    const { status } = await api.get<{ status?: { conditions?: { type: string; message?: string }[] } }>(
      `${jobs}/${job}`,
    );
    const failed = status?.conditions?.find((c) => c.type === 'Failed');
    const { items } = await api
      .list(`/api/v1/namespaces/${settings.namespace}/events`, {
        fieldSelector: `involvedObject.name=${job},reason=FailedCreate`,
      })
      .catch(() => ({ items: [] as object[] }));
    const message = failed?.message ?? (items[0] as { message?: string } | undefined)?.message;
    if (message !== undefined) throw explained(new ApiError(message, 403), node, settings);
  }

  async function logs({ metadata }: PodStatus): Promise<string> {
    const text = await api.text(`${pods}/${metadata?.name}/log`, { tailLines: '3' }).catch(() => '');
    return text.trim().replace(/^porthole: /gm, '');
  }

  return {
    tokenOf: () => token,
    on: (node) => async (listener) => {
      let agent = made.get(node);
      if (!agent) {
        agent = make(node);
        made.set(node, agent);
      }
      const { pod } = await agent;
      const channels = await api.channels(
        `${pods}/${pod}/portforward`,
        [['ports', `${agentPort}`]],
        forwarded(listener),
      );
      return {
        send: (text) => channels.send(0, Buffer.from(text)),
        close: () => channels.close(),
      };
    },
    async close() {
      // By their label: one that is still being started has no name here.
      if (made.size > 0) await Promise.all((await own()).map(remove));
    },
  };

  async function own(): Promise<string[]> {
    try {
      const { items } = await api.list(jobs, {
        labelSelector: `${agentLabel}=${agentName},${sessionLabel}=${session}`,
      });
      return items.map((item) => (item as { metadata: { name: string } }).metadata.name);
    } catch {
      return [...named];
    }
  }

  async function remove(job: string): Promise<void> {
    try {
      await api.delete(`${jobs}/${job}`, { propagationPolicy: 'Background' });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404)
        note(
          `job ${settings.namespace}/${job} could not be deleted (${(error as Error).message}): it ends by itself`,
        );
    }
  }
}

/** Channel 0 carries the data, 1 what went wrong; each begins with the port's number, two bytes. */
export function forwarded(listener: Parameters<Connect>[0]): Parameters<KubeApi['channels']>[2] {
  const skipped = [0, 0];
  let wrong = '';
  return {
    data(channel, bytes) {
      const skip = Math.min(bytes.length, 2 - (skipped[channel] ?? 2));
      if (skipped[channel] !== undefined) skipped[channel] += skip;
      const rest = bytes.subarray(skip);
      if (rest.length === 0) return;
      if (channel === 0) listener.bytes(rest);
      else wrong += Buffer.from(rest).toString('utf8');
    },
    ended: (why) => listener.ended(wrong.trim() || why),
  };
}

function explained(error: unknown, node: string, { namespace }: AgentSettings): unknown {
  if (!(error instanceof ApiError) || error.status !== 403) return error;
  if (/PodSecurity|violates/.test(error.message))
    return new KubeError(
      `${node}: the cluster does not admit the agent's pod in namespace ${namespace}: ${error.message}`,
      'it needs hostPID and five capabilities: --agent-namespace NAME names one that may (label pod-security.kubernetes.io/enforce=privileged)',
    );
  return new KubeError(
    `${node}: you may not start an agent in namespace ${namespace}: ${error.message}`,
    'docs/kubernetes.md lists the rights it needs, least first',
  );
}
