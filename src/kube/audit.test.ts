import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, type KubeApi } from './api.ts';
import { Audit, whoAmI } from './audit.ts';
import { podOf } from './selection.ts';

interface Event {
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly uid: string };
}

const pod = (n: number) => podOf({ metadata: { namespace: 'shop', name: `web-${n}`, uid: `u${n}` } });

function start(refuse: boolean, filter = 'tcp port 80') {
  const events: Event[] = [];
  const notes: string[] = [];
  const api = {
    user: 'of the kubeconfig',
    async post(path: string, body: object) {
      if (refuse) throw new ApiError('forbidden', 403);
      assert.equal(path, '/api/v1/namespaces/shop/events');
      events.push(body as Event);
      return {};
    },
  } as unknown as KubeApi;
  const audit = new Audit(api, {
    who: 'ann',
    title: 'pods of deployment shop/web',
    filter,
    note: (t) => notes.push(t),
  });
  return { audit, events, notes, api };
}

test('a pod is told who begins and who ends, with what and for how long', async () => {
  const { audit, events } = start(false);
  audit.begin(pod(1));
  audit.begin(pod(1));
  await audit.end();
  await audit.end();
  assert.deepEqual(
    events.map(({ reason, message, involvedObject: { uid } }) => [reason, message, uid]),
    [
      [
        'PortholeWatchStarted',
        'ann watches the network traffic of this pod (pods of deployment shop/web, filter: tcp port 80)',
        'u1',
      ],
      [
        'PortholeWatchEnded',
        'ann has watched the network traffic of this pod for 0 s (pods of deployment shop/web, filter: tcp port 80)',
        'u1',
      ],
    ],
  );
});

test('many pods are no flood, a long filter no long event', async () => {
  const { audit, events } = start(false, `host 10.0.0.1${' or host 10.0.0.2'.repeat(1000)}`);
  for (let n = 0; n < 100; n++) audit.begin(pod(n));
  await audit.end();
  assert.equal(events.length, 40);
  // validation.ValidateEvent: NoteLengthLimit
  assert.ok(events.every(({ message }) => message.length <= 1024));
});

test('who may not write events is told so once, and nothing else happens', async () => {
  const { audit, notes, api } = start(true);
  for (let n = 0; n < 3; n++) audit.begin(pod(n));
  await audit.end();
  assert.deepEqual(notes, [
    "the pods' events do not say that they are watched: you may not create events in namespace shop",
  ]);
  assert.equal(await whoAmI(api), 'of the kubeconfig');
});
