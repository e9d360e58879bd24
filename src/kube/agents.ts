/** Agents on demand: one Job on each node that is concerned, reached by a forwarded port. */
import { createHash } from 'node:crypto';
import { type AgentSettings, agentJob, agentLabel, agentName, agentPort, sessionLabel } from './agent-job.ts';
import { AgentStart, explained } from './agent-start.ts';
import { ApiError, type Channels, type KubeApi } from './api.ts';
import { Crowd } from './crowd.ts';
import { AgentGone, type Connect, type Wire } from './wire.ts';

export interface Agents {
  /** Makes the agent there when there is none yet, and another when the pod of the first has ended. */
  on(node: string): Connect;
  /** What lets a client in there; asked for once a connection is made. */
  tokenOf(node: string): string;
  /** Deletes all of them. */
  close(): Promise<void>;
}

interface Agent {
  readonly job: string;
  readonly pod: string;
}

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
  const start = new AgentStart(api, settings, note);
  const made = new Map<string, Promise<Agent>>();
  /** Jobs that are being made: the server may have one before we know its name. */
  const posted = new Set<Promise<unknown>>();
  /** Jobs that are known to be there: for who may not list them. */
  const named = new Set<string>();
  /** Nodes whose agent was reached once. */
  const reached = new Set<string>();
  const starting = new Crowd(
    note,
    (node) => `starting an agent on ${node}, in namespace ${settings.namespace}`,
    (count, all) => `starting agents on ${count} more nodes (${all} in all)`,
  );
  let hasPosted = false;
  let isClosed = false;

  async function make(node: string): Promise<Agent> {
    if (isClosed) throw new AgentGone(`${node}: the watch is over`);
    starting.add(node);
    const post = api.post<{ metadata: { name: string } }>(jobs, agentJob(node, settings));
    posted.add(post);
    hasPosted = true;
    // Time that the server needs is free: it is used to load what comes next.
    void import('ws');
    try {
      const { name } = (await post).metadata;
      named.add(name);
      return { job: name, pod: await start.running(node, name) };
    } catch (error) {
      throw explained(error, node, settings);
    } finally {
      posted.delete(post);
    }
  }

  /** The one that is there, or a new one; a failure is not kept. */
  function agentOn(node: string): Promise<Agent> {
    const known = made.get(node);
    if (known) return known;
    const agent = make(node);
    made.set(node, agent);
    agent.catch(() => {
      if (made.get(node) === agent) made.delete(node);
    });
    return agent;
  }

  return {
    tokenOf: () => token,
    on: (node) => async (listener) => {
      let agent = await agentOn(node);
      // Again: the connection was broken, or the agent's pod is gone.
      if (reached.has(node)) {
        const why = await start.ended(node, agent.job, agent.pod);
        if (why !== '') {
          note(`${node}: ${why}`);
          await remove(agent.job);
          made.delete(node);
          agent = await agentOn(node);
        }
      }
      const channels = await api.channels(
        `${pods}/${agent.pod}/portforward`,
        [['ports', `${agentPort}`]],
        forwarded(listener),
      );
      reached.add(node);
      return wireOver(channels);
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(posted);
      await Promise.all((await own()).map(remove));
    },
  };

  /** By their label: one whose making was answered with an error may be there all the same. */
  async function own(): Promise<string[]> {
    if (!hasPosted) return [];
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
      named.delete(job);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404)
        note(
          `job ${settings.namespace}/${job} could not be deleted (${(error as Error).message}): it ends by itself`,
        );
    }
  }
}

export function wireOver(channels: Channels): Wire {
  return {
    send: (text) => channels.send(0, Buffer.from(text)),
    pause: () => channels.pause(),
    resume: () => channels.resume(),
    close: () => channels.close(),
  };
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
