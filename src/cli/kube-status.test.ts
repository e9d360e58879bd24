/** What is said of nodes: at the end, and in a line while it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeFigures } from '../kube/index.ts';
import { clusterText, nodeLines } from './kube-status.ts';

const node = (name: string, more: Partial<NodeFigures> = {}): NodeFigures => ({
  ...{ node: name, packets: 1204, dropped: 0, bytes: 250_000, seconds: 10, gapSeconds: 0, late: 0 },
  isOver: false,
  ...more,
});
const clock = { offsetMs: 312.4, uncertaintyMs: 3.2, correctedMs: 312.3 };

test('a line a node: what came, what is missing, its clock', () => {
  assert.deepEqual(nodeLines([node('n1', { clock })], true), [
    "n1: 1,204 packets, 0 dropped, 250 kB over the wire (25.0 kB/s), the clock is 312 ms ahead of this machine's (give or take 4 ms): 312.3 ms taken off its times",
  ]);
  assert.deepEqual(nodeLines([node('n1', { clock: { ...clock, correctedMs: 0 } })], false), [
    "n1: 1,204 packets, 0 dropped, 250 kB over the wire (25.0 kB/s), the clock is 312 ms ahead of this machine's (give or take 4 ms): its times are its own",
  ]);
  const agrees = { offsetMs: -1, uncertaintyMs: 3, correctedMs: 0 };
  assert.deepEqual(
    nodeLines(
      [node('n1', { packets: 1, dropped: 7, gapSeconds: 2.34, late: 1500, isOver: true, clock: agrees })],
      true,
    ),
    [
      "n1: 1 packet, 7 dropped, 250 kB over the wire (25.0 kB/s), 2.3 s not captured, 1,500 out of order: they came too late, given up, the clock agrees with this machine's (give or take 3 ms)",
    ],
  );
});

test('of many nodes those with trouble, then those that send most; the others together', () => {
  const all = Array.from({ length: 300 }, (_, i) => node(`n${i}`, { bytes: i * 1000 }));
  all[3] = node('bad', { dropped: 5 });
  const lines = nodeLines(all, true);
  assert.equal(lines.length, 20);
  assert.match(lines[0]!, /^bad: 1,204 packets, 5 dropped/);
  assert.match(lines[1]!, /^n299: /);
  assert.match(lines[18]!, /^n282: /);
  // 281 of 1,204 packets; bytes of n0 to n281 without n3: 281 * 282 / 2 - 3 thousands.
  assert.equal(lines[19], '281 more nodes: 338,324 packets, 0 dropped, 39.6 MB over the wire (3.96 MB/s)');
});

test('the line at the bottom has sums', () => {
  const figures = [
    node('n1'),
    node('n2', { dropped: 2, gapSeconds: 1.5 }),
    node('n3', { seconds: 0, packets: 0 }),
  ];
  assert.equal(
    clusterText('pods of deployment shop/web', figures, 34_200, { shown: 12, hidden: 3, shed: 1 }),
    'pods of deployment shop/web on 2 nodes (1 not reached) | 2,408 packets, 2 dropped | 34.2 kB/s over the wire | 1.5 s not captured | 12 shown, 3 hidden, 1 shed',
  );
});
