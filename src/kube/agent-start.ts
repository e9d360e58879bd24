/** From a Job to its running pod, and what keeps it from running, in a line. */
import { type AgentSettings, agentLabel, agentName, sessionLabel } from './agent-job.ts';
import { ApiError, type KubeApi } from './api.ts';
import { KubeError } from './selection.ts';
import { AgentGone } from './wire.ts';

/** From the Job's creation to its container running: an image of 45 MB compressed may have to be pulled. */
const startMs = 120_000;
/** Between two looks at the pods: one list for all nodes, however many wait. */
const lookMs = 150;
/** Between two questions why there is no pod yet. */
const refusedMs = 1000;
/** Whoever waits longer is told what for. */
const silentMs = 3000;

interface State {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly exitCode?: number; readonly reason?: string; readonly message?: string };
}

interface PodStatus {
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly { readonly state?: State }[];
  };
}

interface JobStatus {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

const jobLabel = 'batch.kubernetes.io/job-name';

/** Reasons of waiting that do not go by themselves. */
const hopeless =
  /^(ErrImageNeverPull|ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer(Config)?Error|RunContainerError|CrashLoopBackOff)$/;

export class AgentStart {
  readonly #api: KubeApi;
  readonly #settings: AgentSettings;
  readonly #note: (text: string) => void;
  readonly #jobs: string;
  readonly #pods: string;
  readonly #events: string;
  /** The latest list of the session's pods. */
  #look: { readonly at: number; readonly pods: Promise<Map<string, PodStatus>> } | undefined;

  constructor(api: KubeApi, settings: AgentSettings, note: (text: string) => void) {
    this.#api = api;
    this.#settings = settings;
    this.#note = note;
    this.#jobs = `/apis/batch/v1/namespaces/${settings.namespace}/jobs`;
    this.#pods = `/api/v1/namespaces/${settings.namespace}/pods`;
    this.#events = `/api/v1/namespaces/${settings.namespace}/events`;
  }

  /** Name of the Job's pod, once its container runs. Throws KubeError: it will not. */
  async running(node: string, job: string): Promise<string> {
    const began = Date.now();
    let asked = began;
    for (let told = ''; ; ) {
      const pod = await this.#podOf(job);
      const state = pod?.status?.containerStatuses?.[0]?.state;
      if (state?.running) return pod!.metadata!.name!;
      if (pod && isOver(pod)) throw new KubeError(`${node}: the agent has ended: ${await this.#endOf(pod)}`);
      if (!pod && Date.now() - asked > refusedMs) {
        await this.#refused(node, job);
        asked = Date.now();
      }
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (hopeless.test(reason))
        throw new KubeError(
          `${node}: the agent cannot start: ${reason}${message === '' ? '' : `: ${message}`}`,
          `is the image '${this.#settings.image}' there? --agent-image NAME names another, 'npm run image' makes it`,
        );
      const waited = Date.now() - began;
      if (waited > silentMs) {
        const what = await this.#whatFor(pod);
        if (waited > startMs)
          throw new KubeError(`${node}: the agent did not start within ${startMs / 1000} s: ${what}`);
        if (what !== told) this.#note(`${node}: the agent does not run yet: ${what}`);
        told = what;
      }
      await new Promise((done) => setTimeout(done, lookMs));
    }
  }

  /**
   * An agent that ran cannot be reached. Returns why its pod has ended, '' when it runs as before.
   * Throws AgentGone when none may be made in its place: it was ended on purpose.
   */
  async ended(node: string, job: string, name: string): Promise<string> {
    const { items } = await this.#api.list(this.#pods, { fieldSelector: `metadata.name=${name}` });
    const pod = items[0] as PodStatus | undefined;
    if (pod && !isOver(pod) && pod.metadata?.deletionTimestamp === undefined) return '';
    const found = await this.#api.get<JobStatus>(`${this.#jobs}/${job}`).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      // Whether it was ended on purpose cannot be known: no other is made.
      if (error instanceof ApiError && error.status === 403)
        throw new AgentGone(`${node}: the agent's pod has ended; why may not be asked: ${error.message}`);
      throw error;
    });
    if (!found) throw new AgentGone(`${node}: somebody has deleted the agent's job`);
    if (found.status?.conditions?.some(({ reason }) => reason === 'DeadlineExceeded'))
      throw new AgentGone(
        `${node}: the agent has reached its deadline of ${this.#settings.deadlineSeconds} s`,
        '--deadline SECONDS gives it more',
      );
    return pod ? `the agent has ended: ${await this.#endOf(pod)}` : "the agent's pod was deleted";
  }

  async #podOf(job: string): Promise<PodStatus | undefined> {
    if (!this.#look || Date.now() - this.#look.at >= lookMs)
      this.#look = { at: Date.now(), pods: this.#podsByJob() };
    return (await this.#look.pods).get(job);
  }

  async #podsByJob(): Promise<Map<string, PodStatus>> {
    const { items } = await this.#api.list(this.#pods, {
      labelSelector: `${agentLabel}=${agentName},${sessionLabel}=${this.#settings.session}`,
    });
    return new Map((items as PodStatus[]).map((pod) => [pod.metadata?.labels?.[jobLabel] ?? '', pod]));
  }

  /** Admission refuses a Job's pod later than the Job: only an event tells. */
  async #refused(node: string, job: string): Promise<void> {
    const { status } = await this.#api.get<JobStatus>(`${this.#jobs}/${job}`);
    const failed = status?.conditions?.find((c) => c.type === 'Failed');
    const message = failed?.message ?? (await this.#lastEvent(job, 'FailedCreate'));
    if (message !== '') throw explained(new ApiError(message, 403), node, this.#settings);
  }

  async #whatFor(pod: PodStatus | undefined): Promise<string> {
    if (!pod) return 'it has no pod';
    const unscheduled = pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status !== 'True');
    if (unscheduled?.message) return unscheduled.message;
    const reason = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason;
    const event = await this.#lastEvent(pod.metadata?.name ?? '', '');
    return event || reason || `its pod is ${pod.status?.phase ?? 'new'}`;
  }

  /** @param reason '' any */
  async #lastEvent(name: string, reason: string): Promise<string> {
    const { items } = await this.#api
      .list(this.#events, {
        fieldSelector: `involvedObject.name=${name}${reason === '' ? '' : `,reason=${reason}`}`,
      })
      // Nothing depends on them, and not everybody may read them.
      .catch(() => ({ items: [] as object[] }));
    const at = (event: object) => (event as { lastTimestamp?: string | null }).lastTimestamp ?? '';
    const last = items.toSorted((a, b) => (at(a) < at(b) ? -1 : 1)).at(-1);
    return (last as { message?: string } | undefined)?.message ?? '';
  }

  /** In its own last words, else in the kubelet's. */
  async #endOf({ metadata, status }: PodStatus): Promise<string> {
    const text = await this.#api
      .text(`${this.#pods}/${metadata?.name}/log`, { tailLines: '3' })
      .catch(() => '');
    const { terminated } = status?.containerStatuses?.[0]?.state ?? {};
    const killed = terminated?.exitCode === 137 ? 'it was killed' : '';
    return (
      (terminated?.reason === 'OOMKilled' ? 'it was killed: out of memory' : killed) ||
      text.trim().replace(/^porthole: /gm, '') ||
      terminated?.reason ||
      status?.message ||
      status?.reason ||
      'no reason is known'
    );
  }
}

function isOver({ status }: PodStatus): boolean {
  return (
    status?.containerStatuses?.[0]?.state?.terminated !== undefined ||
    status?.phase === 'Failed' ||
    status?.phase === 'Succeeded'
  );
}

export function explained(error: unknown, node: string, { namespace }: AgentSettings): unknown {
  if (!(error instanceof ApiError) || error.status !== 403) return error;
  if (/PodSecurity|violates/.test(error.message))
    return new KubeError(
      `${node}: the cluster does not admit the agent's pod in namespace ${namespace}: ${error.message}`,
      'it needs hostPID and five capabilities: --agent-namespace NAME names one that may (label pod-security.kubernetes.io/enforce=privileged); without any, --via ephemeral',
    );
  return new KubeError(
    `${node}: you may not start an agent in namespace ${namespace}: ${error.message}`,
    'docs/kubernetes.md lists the rights it needs, least first',
  );
}
