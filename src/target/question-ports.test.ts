import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonAddress } from './docker/endpoint.ts';
import { boundPorts, nextPort, questionPorts, usePorts } from './question-ports.ts';

test('a block that nobody uses, each half for one of our processes', () => {
  assert.equal(nextPort(), undefined, 'any port while nothing is captured');
  const { first, last } = questionPorts();
  assert.ok(first >= 20_000 && last < 32_768);
  const mine = new Set(Array.from({ length: 100 }, nextPort));
  usePorts(first);
  const theirs = new Set(Array.from({ length: 100 }, nextPort));
  assert.deepEqual([mine.size, theirs.size], [32, 32]);
  for (const port of [...mine, ...theirs]) assert.ok(port! >= first && port! <= last);
  assert.deepEqual(
    [...mine].filter((port) => theirs.has(port)),
    [],
  );
});

test('ports that are bound, as proc_pid_net(5) lists them', () => {
  const table = `  sl  local_address rem_address   st tx_queue
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
  12: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A
`;
  assert.deepEqual([...boundPorts([table, ''])], [8080, 80]);
});

test('only a daemon that is asked over TCP has an address', () => {
  assert.deepEqual(daemonAddress({ DOCKER_HOST: 'tcp://[::1]:99' }), { host: '::1', port: 99 });
  assert.equal(daemonAddress({ DOCKER_HOST: 'unix:///run/docker.sock' }), undefined);
  assert.equal(daemonAddress({ DOCKER_HOST: 'ssh://there' }), undefined);
});
