/**
 * Who watches what: told to whoever looks after the pods, as Events on them, and to the agent's log. For people, no
 * proof: it is the client that writes it. What cannot be left out is the API server's own audit log, which has the
 * Job's creation, the forwarded port and the Secret that was read.
 */
import { ApiError, type KubeApi } from './api.ts';
import type { Pod } from './selection.ts';

/** An Event a pod, up to so many: more would be a burden on the server, and one does to find out who it was. */
const podsMax = 20;
/** The end of a watch does not wait longer for its Events. */
const endMs = 3000;
/** Of a filter; validation of Events has 1024 for the whole message. */
const filterChars = 300;

/** The API server's name for us, which an impersonation changes and a kubeconfig's does not say. */
export async function whoAmI(api: KubeApi): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const answer = await api
    .post<{ status?: { userInfo?: { username?: string } } }>(
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      review,
    )
    // Before Kubernetes 1.28 there is none.
    .catch(() => undefined);
  return answer?.status?.userInfo?.username ?? (api.user || 'somebody');
}

export interface AuditSettings {
  readonly who: string;
  /** What was asked for: 'pods of deployment shop/web'. */
  readonly title: string;
  /** '' all traffic. */
  readonly filter: string;
  note(text: string): void;
}

export class Audit {
  readonly #api: KubeApi;
  readonly #settings: AuditSettings;
  readonly #began = new Map<string, { readonly pod: Pod; readonly at: number }>();
  readonly #pending = new Set<Promise<void>>();
  #isRefused = false;

  constructor(api: KubeApi, settings: AuditSettings) {
    this.#api = api;
    this.#settings = settings;
  }

  /** A pod is watched from now on; said again it is nothing new. */
  begin(pod: Pod): void {
    if (this.#began.has(pod.uid) || this.#began.size >= podsMax) return;
    this.#began.set(pod.uid, { pod, at: Date.now() });
    this.#record(
      pod,
      'PortholeWatchStarted',
      `${this.#settings.who} watches the network traffic of this pod`,
    );
  }

  /** No more pods are told. */
  get isFull(): boolean {
    return this.#began.size >= podsMax;
  }

  /** Every watch that was begun is over. */
  async end(): Promise<void> {
    for (const { pod, at } of this.#began.values()) {
      const seconds = Math.round((Date.now() - at) / 1000);
      this.#record(
        pod,
        'PortholeWatchEnded',
        `${this.#settings.who} has watched the network traffic of this pod for ${seconds} s`,
      );
    }
    this.#began.clear();
    const timeout = new Promise<void>((done) => setTimeout(done, endMs).unref());
    await Promise.race([Promise.all(this.#pending), timeout]);
  }

  #record(pod: Pod, reason: string, text: string): void {
    if (this.#isRefused) return;
    const written = this.#api
      .post(`/api/v1/namespaces/${pod.namespace}/events`, eventOf(pod, reason, `${text} (${this.#what()})`))
      .then(() => {})
      .catch((error: unknown) => this.#failed(pod, error))
      .finally(() => this.#pending.delete(written));
    this.#pending.add(written);
  }

  #failed({ namespace }: Pod, error: unknown): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    const why =
      error instanceof ApiError && error.status === 403
        ? `you may not create events in namespace ${namespace}`
        : (error as Error).message;
    this.#settings.note(`the pods' events do not say that they are watched: ${why}`);
  }

  #what(): string {
    const { title, filter } = this.#settings;
    if (filter === '') return `${title}, all traffic`;
    return `${title}, filter: ${filter.length > filterChars ? `${filter.slice(0, filterChars)}...` : filter}`;
  }
}

/** core/v1 Event, as `kubectl describe pod` and `kubectl events` show it. */
function eventOf({ namespace, name, uid }: Pod, reason: string, message: string): object {
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name.slice(0, 200)}.porthole-`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Normal',
    reason,
    message,
    source: { component: 'porthole' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
