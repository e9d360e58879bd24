/** What a redirected connection looks like on lo, as tcpdump shows it in the namespace of one (see test/e2e/mesh.test.ts). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpFlag } from '../model/index.ts';
import type { Endpoints } from '../wire/testing/build.ts';
import { record } from './testing/record.ts';

const { syn, ack, fin, rst } = TcpFlag;
const own = [10, 0, 0, 1];
const led: Endpoints = { src: own, dst: [127, 0, 0, 1], srcPort: 40_000, dstPort: 15_001 };
const answer: Endpoints = { src: [10, 0, 0, 2], dst: own, srcPort: 9000, dstPort: 40_000 };

test('what is led to loopback and its answers from the address that was asked are one connection', () => {
  const r = record({}, undefined, true);
  r.send(led, { seq: 100, flags: syn });
  r.send(answer, { seq: 500, ack: 101, flags: syn | ack });
  r.send(led, { seq: 101, ack: 501, flags: ack, payload: 'ask' });
  r.send(answer, { seq: 501, ack: 104, flags: ack, payload: 'answer' });
  r.send(led, { seq: 104, ack: 507, flags: fin | ack });
  r.send(answer, { seq: 507, ack: 105, flags: fin | ack });
  assert.deepEqual(r.events, [
    'open 40000>15001',
    'client "ask"',
    'server "answer"',
    'client end fin',
    'server end fin',
    'closed fin',
  ]);
  r.streams.each(({ answersFrom }) => assert.equal(answersFrom?.port, 9000));
  r.streams.finish();
  assert.equal(r.streams.size, 0);
});

test('refused by who was asked', () => {
  const r = record();
  r.send(led, { seq: 100, flags: syn });
  r.send(answer, { seq: 0, ack: 101, flags: rst | ack });
  assert.deepEqual(r.events.at(-1), 'closed refused');
});

test('others that only look alike stay two: another number, another port, not to loopback', () => {
  const opened = (first: Endpoints, seq: number, second: Endpoints) => {
    const r = record();
    r.send(first, { seq, flags: syn });
    r.send(second, { seq: 500, ack: 101, flags: syn | ack });
    return r.events.filter((event) => event.startsWith('open')).length;
  };
  assert.equal(opened(led, 100, answer), 1);
  assert.equal(opened(led, 99, answer), 2);
  assert.equal(opened(led, 100, { ...answer, dstPort: 40_001 }), 2);
  assert.equal(opened(led, 100, { ...answer, dst: [10, 0, 0, 3] }), 2);
  assert.equal(opened({ ...led, dst: [10, 0, 0, 9] }, 100, answer), 2);
  assert.equal(opened({ ...led, src: [127, 0, 0, 1] }, 100, { ...answer, dst: [127, 0, 0, 1] }), 2);
});

test('the ports used again are a connection of their own', () => {
  const r = record();
  for (const seq of [100, 90_000]) {
    r.send(led, { seq, flags: syn });
    r.send(answer, { seq: 500, ack: seq + 1, flags: syn | ack });
    r.send(answer, { seq: 501, ack: seq + 1, flags: ack, payload: `to ${seq}` });
    r.send(answer, { seq: 507, ack: seq + 1, flags: rst });
  }
  assert.deepEqual(
    r.events.filter((event) => /^(open|server ")/.test(event)),
    ['open 40000>15001', 'server "to 100"', 'open 40000>15001', 'server "to 90000"'],
  );
});
