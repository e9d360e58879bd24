import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agents } from './agents.ts';
import type { KubeApi } from './api.ts';
import { standingSelector } from './install-objects.ts';
import { agentsVia } from './standing.ts';
import type { Wire, WireListener } from './wire.ts';

interface PodItem {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName: string };
  readonly status: { readonly phase: string };
}

const nobody: WireListener = { bytes() {}, ended() {} };
const running = (name: string, more = {}): PodItem => ({
  metadata: { name, ...more },
  spec: { nodeName: 'n1' },
  status: { phase: 'Running' },
});

/** A cluster whose node has these pods, now and later. */
function start(via: 'standing' | 'auto', pods: PodItem[]) {
  const calls: string[] = [];
  const api = {
    async list(path: string, query: Record<string, string>) {
      calls.push(`list ${path} ${query['labelSelector']}`);
      return { items: pods };
    },
    async channels(path: string, query: [string, string][]) {
      calls.push(`${path} ${query.join()}`);
      return { send() {}, close() {}, buffered: 0 };
    },
  } as unknown as KubeApi;
  const jobs = {
    tokenOf: () => 'of the job',
    on: (node: string) => async (): Promise<Wire> => {
      calls.push(`job ${node}`);
      return { send() {}, close() {} };
    },
    async close() {
      calls.push('close jobs');
    },
  } as unknown as Agents;
  const agents = agentsVia(api, via, 'tools', { token: 'of the secret' }, () => jobs);
  return { agents, calls };
}

test('the agent of the node is reached by its port', async () => {
  const { agents, calls } = start('auto', [
    { metadata: { name: 'pending' }, status: { phase: 'Pending' } },
    running('going', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    { ...running('elsewhere'), spec: { nodeName: 'n2' } },
    running('there'),
  ]);
  await agents.on('n1')(nobody);
  assert.deepEqual(calls, [
    `list /api/v1/namespaces/tools/pods ${standingSelector}`,
    '/api/v1/namespaces/tools/pods/there/portforward ports,7414',
  ]);
  assert.equal(agents.tokenOf('n1'), 'of the secret');
  await agents.close();
});

test('a thousand nodes are one list', async () => {
  const pods = Array.from({ length: 1000 }, (_, i) => ({
    ...running(`agent-${i}`),
    spec: { nodeName: `n${i}` },
  }));
  const { agents, calls } = start('auto', pods);
  await Promise.all(pods.map(({ spec }) => agents.on(spec.nodeName)(nobody)));
  assert.equal(calls.filter((call) => call.startsWith('list')).length, 1);
  assert.equal(new Set(calls.filter((call) => call.includes('portforward'))).size, 1000);
  // All at once again: their way to the server has come back.
  await Promise.all(pods.map(({ spec }) => agents.on(spec.nodeName)(nobody)));
  assert.equal(calls.filter((call) => call.startsWith('list')).length, 2);
});

test('a node without one gets one on demand, unless a standing one was asked for', async () => {
  const { agents, calls } = start('auto', []);
  await agents.on('n1')(nobody);
  assert.equal(calls.at(-1), 'job n1');
  assert.equal(agents.tokenOf('n1'), 'of the job');
  assert.equal(agents.tokenOf('n2'), 'of the secret');
  await agents.close();
  assert.equal(calls.at(-1), 'close jobs');
  await assert.rejects(start('standing', []).agents.on('n1')(nobody), /n1 has no standing agent that runs/);
});

test('one that is being replaced is waited for', async () => {
  const pods = [running('there')];
  const { agents, calls } = start('auto', pods);
  await agents.on('n1')(nobody);
  pods.length = 0;
  await assert.rejects(agents.on('n1')(nobody), /no standing agent that runs/);
  assert.ok(!calls.includes('job n1'));
});
