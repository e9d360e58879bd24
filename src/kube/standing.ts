/** Standing agents for a client: the one of each node, reached by a forwarded port with the token of their Secret. */
import { agentPort } from './agent-job.ts';
import { type Agents, forwarded, wireOver } from './agents.ts';
import type { KubeApi } from './api.ts';
import type { TokenRead } from './install.ts';
import { standingSelector } from './install-objects.ts';
import { KubeError } from './selection.ts';
import type { Connect } from './wire.ts';

export type Via = 'standing' | 'job' | 'ephemeral' | 'auto';

export interface PodItem {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

/** Agents of so few nodes are known with one question that is asked ahead; of more, each when it is needed. */
const fewAgents = 16;

/** Undefined: there are more, or they may not be listed. */
export type Listed = Promise<readonly PodItem[] | undefined>;

/** Asked before it is known on which nodes the pods are: one round trip less. */
export function fewStandingPods(api: KubeApi, namespace: string): Listed {
  return api
    .get<{ items?: PodItem[]; metadata?: { continue?: string } }>(`/api/v1/namespaces/${namespace}/pods`, {
      labelSelector: standingSelector,
      limit: `${fewAgents}`,
    })
    .then(
      ({ items = [], metadata }) => (metadata?.continue ? undefined : items),
      () => undefined,
    );
}

/**
 * Agents by the way that is asked for. 'auto': standing ones where there are any and their token may be read; a node
 * that has none gets one on demand. Throws KubeError: there are none to be used.
 * @param namespace of standing agents
 * @param read what readToken says; undefined for 'job'
 * @param onDemand makes the others
 * @param listed the agents' pods, if they were asked for ahead
 */
export function agentsVia(
  api: KubeApi,
  via: Via,
  namespace: string,
  read: TokenRead | undefined,
  onDemand: () => Agents,
  listed?: Listed,
): Agents {
  if (via === 'job' || read === undefined) return onDemand();
  if ('token' in read)
    return new StandingAgents(api, namespace, read.token, via === 'auto' ? onDemand : undefined, listed);
  if (via === 'auto') return onDemand();
  throw new KubeError(
    `${read.why}: no standing agent can be used`,
    'porthole kube install makes them; --via job makes one for this watch alone',
  );
}

/** So long a list of the agents is what there is, for nodes that are reached for the first time. */
const lookMs = 500;

class StandingAgents implements Agents {
  readonly #api: KubeApi;
  readonly #pods: string;
  readonly #token: string;
  readonly #onDemand: (() => Agents) | undefined;
  #others: Agents | undefined;
  /** Nodes that have no standing agent: theirs is of `others`. */
  readonly #without = new Set<string>();
  /** Nodes whose standing agent was there: it comes back, after an upgrade say. */
  readonly #reached = new Set<string>();

  /** As it was at first: whoever comes back asks again. */
  readonly #listed: Listed | undefined;

  /** The latest list. */
  #look:
    | {
        readonly at: number;
        readonly pods: Promise<{ readonly items: readonly object[] }>;
        readonly isDone: boolean;
      }
    | undefined;

  constructor(
    api: KubeApi,
    namespace: string,
    token: string,
    onDemand: (() => Agents) | undefined,
    listed: Listed | undefined,
  ) {
    this.#api = api;
    this.#pods = `/api/v1/namespaces/${namespace}/pods`;
    this.#token = token;
    this.#onDemand = onDemand;
    this.#listed = listed;
  }

  tokenOf(node: string): string {
    return this.#without.has(node) ? this.#others!.tokenOf(node) : this.#token;
  }

  on(node: string): Connect {
    return async (listener) => {
      if (this.#without.has(node)) return this.#others!.on(node)(listener);
      const pod = await this.#running(node);
      if (pod === undefined) {
        if (!this.#onDemand || this.#reached.has(node))
          throw new KubeError(
            `${node} has no standing agent that runs`,
            'porthole kube status tells why; --via job makes one for this watch alone',
          );
        this.#others ??= this.#onDemand();
        this.#without.add(node);
        return this.#others.on(node)(listener);
      }
      const channels = await this.#api.channels(
        `${this.#pods}/${pod}/portforward`,
        [['ports', `${agentPort}`]],
        forwarded(listener),
      );
      this.#reached.add(node);
      return wireOver(channels);
    };
  }

  async close(): Promise<void> {
    await this.#others?.close();
  }

  async #running(node: string): Promise<string | undefined> {
    const known = this.#reached.has(node) ? undefined : await this.#listed;
    const found = known && runningOf(known.filter(({ spec }) => spec?.nodeName === node));
    if (found !== undefined) return found;
    const { items } = await this.#lookFor(node);
    return runningOf((items as PodItem[]).filter(({ spec }) => spec?.nodeName === node));
  }

  /** One list for all that ask at once, which are many when a way to the server comes back. */
  async #lookFor(node: string): Promise<{ readonly items: readonly object[] }> {
    const last = this.#look;
    const isNew = last && (!last.isDone || (!this.#reached.has(node) && Date.now() - last.at < lookMs));
    if (isNew) return last.pods;
    const pods = this.#api.list(this.#pods, { labelSelector: standingSelector });
    const look = { at: Date.now(), pods, isDone: false };
    this.#look = look;
    const done = () => {
      look.isDone = true;
    };
    pods.then(done, done);
    return pods;
  }
}

/** Name of the first that runs. */
function runningOf(pods: readonly PodItem[]): string | undefined {
  return pods.find(
    ({ metadata, status }) => status?.phase === 'Running' && metadata.deletionTimestamp === undefined,
  )?.metadata.name;
}
