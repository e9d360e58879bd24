/** Agents in the watched pods themselves, each an ephemeral container: the way without rights on the nodes. */
import { createHash } from 'node:crypto';
import { type Agents, forwarded } from './agents.ts';
import { ApiError, type KubeApi } from './api.ts';
import {
  type EphemeralSettings,
  ephemeralContainer,
  freePort,
  type PodWithEphemeral,
  type RightsAsked,
  rightsAsked,
  stateOf,
} from './ephemeral-container.ts';
import { KubeError } from './selection.ts';
import { AgentGone, PlaceGone } from './wire.ts';

/** Each pod's spec is changed for good: so many at once were hardly meant. */
export const podsAtOnce = 20;

/** From the container's creation to its running: its image may have to be pulled. */
const startMs = 120_000;
/** An agent that ends so soon has hardly served. */
const soonMs = 5000;
/** Between two looks at the pod. */
const lookMs = 150;
/** Whoever waits longer is told what for. */
const silentMs = 3000;
/** The pod was changed between our look and our patch; its kubelet does so several times while it starts. */
const conflictsMax = 10;

/** Reasons of waiting that do not go by themselves. */
const hopeless =
  /^(ErrImageNeverPull|ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer(Config)?Error|RunContainerError)$/;

interface Agent {
  readonly name: string;
  readonly port: number;
  readonly uid: string;
  readonly since: number;
}

/** A place of `Agents` here: 'NAMESPACE/POD'. */
export function agentsInPods(
  api: KubeApi,
  given: Omit<EphemeralSettings, 'digest'>,
  note: (text: string) => void,
): Agents {
  return new PodAgents(api, given, note);
}

class PodAgents implements Agents {
  readonly #api: KubeApi;
  readonly #settings: EphemeralSettings;
  readonly #note: (text: string) => void;
  readonly #token = crypto.randomUUID() + crypto.randomUUID();
  readonly #made = new Map<string, Promise<Agent>>();
  /** What each namespace admits, once that is known. */
  readonly #asks = new Map<string, RightsAsked>();
  #isClosed = false;

  constructor(api: KubeApi, given: Omit<EphemeralSettings, 'digest'>, note: (text: string) => void) {
    this.#api = api;
    this.#note = note;
    this.#settings = { ...given, digest: createHash('sha256').update(this.#token).digest('hex') };
  }

  tokenOf(): string {
    return this.#token;
  }

  on(place: string): ReturnType<Agents['on']> {
    return async (listener) => {
      const known = this.#made.get(place);
      // Again: the connection was broken, or its container or the pod has ended.
      if (known && !(await this.#isThere(place, await known))) this.#made.delete(place);
      const { port } = await this.#agentIn(place);
      const [namespace, name] = partsOf(place);
      const channels = await this.#api.channels(
        `/api/v1/namespaces/${namespace}/pods/${name}/portforward`,
        [['ports', `${port}`]],
        forwarded(listener),
      );
      return { send: (text) => channels.send(0, Buffer.from(text)), close: () => channels.close() };
    };
  }

  /** What was added to a pod cannot be taken away; it ends with its only client. */
  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #agentIn(place: string): Promise<Agent> {
    const known = this.#made.get(place);
    if (known) return known;
    const agent = this.#make(place);
    this.#made.set(place, agent);
    agent.catch(() => {
      if (this.#made.get(place) === agent) this.#made.delete(place);
    });
    return agent;
  }

  async #make(place: string): Promise<Agent> {
    void import('ws');
    const name = `porthole-${crypto.randomUUID().slice(0, 8)}`;
    const { port, uid } = await this.#add(place, name);
    this.#note(
      `${place}: ephemeral container ${name} was added; the pod's spec lists it for as long as it lives`,
    );
    const agent = { name, port, uid, since: Date.now() };
    await this.#running(place, agent);
    return agent;
  }

  /** Two clients of one pod: who was slower looks again, and takes another port. */
  async #add(place: string, name: string): Promise<{ readonly port: number; readonly uid: string }> {
    for (let conflicts = 0; ; conflicts++) {
      if (this.#isClosed) throw new AgentGone(`${place}: the watch is over`);
      const pod = await this.#pod(place);
      const port = freePort(pod, Math.floor(Math.random() * 1000));
      if (port === undefined)
        throw new KubeError(`${place}: as many agents as there are ports for are in this pod already`);
      try {
        await this.#patch(place, name, port, pod.metadata.resourceVersion);
        return { port, uid: pod.metadata.uid };
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409 || conflicts >= conflictsMax) throw error;
      }
    }
  }

  async #patch(place: string, name: string, port: number, version: string | undefined): Promise<void> {
    const [namespace, pod] = partsOf(place);
    const known = this.#asks.get(namespace);
    for (const asks of known ? [known] : rightsAsked)
      try {
        const container = ephemeralContainer(pod, name, port, asks, this.#settings);
        await this.#api.patch(`/api/v1/namespaces/${namespace}/pods/${pod}/ephemeralcontainers`, {
          metadata: version === undefined ? {} : { resourceVersion: version },
          spec: { ephemeralContainers: [container] },
        });
        this.#asks.set(namespace, asks);
        return;
      } catch (error) {
        if (!isRefusedBySecurity(error) || asks === rightsAsked.at(-1)) throw explained(error, place);
      }
  }

  async #running(place: string, { name, uid }: Agent): Promise<void> {
    const began = Date.now();
    for (let told = ''; ; ) {
      const pod = await this.#pod(place, uid);
      const { running, waiting, terminated } = stateOf(pod, name);
      if (running) return;
      if (terminated)
        throw new KubeError(`${place}: the agent has ended: ${await this.#endOf(place, name, terminated)}`);
      const { reason = '', message = '' } = waiting ?? {};
      if (hopeless.test(reason))
        throw new KubeError(
          `${place}: the agent cannot start: ${reason}${message === '' ? '' : `: ${message}`}`,
          `is the image '${this.#settings.image}' there? --agent-image NAME names another; the pod goes on listing ${name}, which does no harm`,
        );
      const waited = Date.now() - began;
      if (waited > startMs)
        throw new KubeError(`${place}: the agent did not start within ${startMs / 1000} s: ${reason}`);
      const what = reason || `its kubelet has not begun with it`;
      if (waited > silentMs && what !== told) {
        this.#note(`${place}: the agent does not run yet: ${what}`);
        told = what;
      }
      await new Promise((done) => setTimeout(done, lookMs));
    }
  }

  /** false: its container has ended, and another may be made. Throws AgentGone: none may. */
  async #isThere(place: string, { name, uid, since }: Agent): Promise<boolean> {
    const pod = await this.#pod(place, uid);
    const { terminated } = stateOf(pod, name);
    if (!terminated) return true;
    const { deadlineSeconds } = this.#settings;
    if (Date.now() - since >= deadlineSeconds * 1000)
      throw new AgentGone(
        `${place}: the agent has reached its deadline of ${deadlineSeconds} s`,
        '--deadline SECONDS gives it more',
      );
    const why = `${place}: the agent has ended: ${await this.#endOf(place, name, terminated)}`;
    // Whatever ended it would end the next one, and each would be listed.
    if (Date.now() - since < soonMs) throw new AgentGone(why);
    this.#note(why);
    return false;
  }

  /** Throws PlaceGone: it is no more, or another has its name. */
  async #pod(place: string, uid?: string): Promise<PodWithEphemeral> {
    const [namespace, name] = partsOf(place);
    const { items } = await this.#api.list(`/api/v1/namespaces/${namespace}/pods`, {
      fieldSelector: `metadata.name=${name}`,
    });
    const pod = items[0] as PodWithEphemeral | undefined;
    const over = (why: string) => {
      this.#made.delete(place);
      return new PlaceGone(`${place}: ${why}`);
    };
    if (!pod) throw over('the pod is gone');
    const { metadata, status } = pod;
    if (uid !== undefined && uid !== metadata.uid) throw over('the pod is gone, another has its name');
    if (metadata.deletionTimestamp !== undefined) throw over('the pod is being deleted');
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') throw over(`the pod is ${status.phase}`);
    return pod;
  }

  /** In its own last words where they may be read, else in the kubelet's. */
  async #endOf(
    place: string,
    container: string,
    { exitCode, reason = '' }: { readonly exitCode?: number; readonly reason?: string },
  ): Promise<string> {
    if (reason === 'OOMKilled') return 'it was killed: out of memory';
    if (exitCode === 137) return 'it was killed';
    const [namespace, name] = partsOf(place);
    const text = await this.#api
      .text(`/api/v1/namespaces/${namespace}/pods/${name}/log`, { container, tailLines: '3' })
      .catch(() => '');
    return text.trim().replace(/^porthole: /gm, '') || reason || 'no reason is known';
  }
}

function partsOf(place: string): [namespace: string, pod: string] {
  const [namespace = '', pod = ''] = place.split('/');
  return [namespace, pod];
}

const isRefusedBySecurity = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.status === 403 && /PodSecurity|violates/.test(error.message);

function explained(error: unknown, place: string): unknown {
  if (isRefusedBySecurity(error))
    return new KubeError(
      `${place}: the cluster does not admit the container in this pod: ${error.message}`,
      'a packet socket needs the capability NET_RAW, which the PodSecurity level restricted gives to nobody',
    );
  if (error instanceof ApiError && error.status === 403)
    return new KubeError(
      `${place}: you may not add a container to this pod: ${error.message}`,
      'deploy/rbac/ephemeral.yaml has the role; docs/kubernetes.md lists the rights of each way, least first',
    );
  return error;
}
