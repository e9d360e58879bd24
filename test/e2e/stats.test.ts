/** `porthole stats` of a namespace whose server refuses, resets, does not listen and answers nonsense. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/sinks/stats/index.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join as joinNetns, startInNetns } from '../support/netns.ts';
import { launcher, porthole, start } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { openTerminal } from '../support/terminal.ts';
import { tsharkFields } from '../support/tools.ts';
import { ports, slowMs, visits } from '../support/troubled.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'tshark', 'tmux');
const program = join(import.meta.dirname, '../support/troubled.ts');
const host = '10.96.0.2';
const nobody = '10.99.0.9';
const directory = scratch();
let box: string;
let server: ReturnType<typeof startInNetns>;

before(async () => {
  if (skip) return;
  box = addNetns('s1');
  const peer = addNetns('s2');
  joinNetns([box, '10.96.0.1/24'], [peer, `${host}/24`]);
  // What goes there is dropped without a word.
  ip('-n', box, 'route', 'add', '10.99.0.0/24', 'via', host);
  ip('-n', peer, 'route', 'add', 'blackhole', '10.99.0.0/24');
  server = startInNetns(peer, process.execPath, program, 'serve');
  await until(() => inNetns(peer, 'ss', '-tln').includes(`:${ports.resets}`), 'the server to listen');
});
after(() => {
  if (!skip) server.kill();
});

const visit = (rounds = 1) => inNetns(box, process.execPath, program, 'visit', host, nobody, String(rounds));

const bare = { NO_COLOR: '1' };

/** A segment sent again on a busy machine is one of these to tshark, by the time since the one before. */
const otherwiseCalled = [
  'tcp.analysis.out_of_order',
  'tcp.analysis.fast_retransmission',
  'tcp.analysis.spurious_retransmission',
  'tcp.analysis.zero_window_probe',
];

test('what went on, in figures; beside tshark on the same packets', { skip }, async () => {
  const file = join(directory, 'troubled.pcapng');
  const running = start(['stats', `netns:${box}`, '-n', '--json', '-w', file]);
  await running.listening();
  visit();
  const { code, stdout } = await running.stop();
  assert.equal(code, 0);
  assert.equal(stdout.split('\n').length, 2, 'one object, one line');
  const report = JSON.parse(stdout) as Report;
  assert.equal(report.final, true);

  const endpoint = (operation: string, subject: string) =>
    report.endpoints.find((row) => row.operation === operation && row.subject === subject)!;
  assert.equal(endpoint('GET', '/items/{id}').exchanges, visits.items);
  assert.deepEqual(endpoint('GET', '/fail').outcomes, { serverError: visits.fails });
  assert.deepEqual(endpoint('A', '').outcomes, { clientError: visits.lookups });
  // A timer may fire a millisecond early, and percentiles are told within a hundredth.
  assert.ok(endpoint('GET', '/slow').latency!.p50Ns >= slowMs * 0.9e6);
  assert.equal(report.slowest[0]!.subject, '/slow');
  assert.ok(report.slowest.some((slow) => slow.subject.endsWith('?token=***')) && !stdout.includes('s3cret'));
  assert.deepEqual(
    report.errors.map(({ operation, subject, result, count }) => [operation, subject, result, count]),
    [
      ['A', 'nowhere.example', 'NXDOMAIN', visits.lookups],
      ['GET', '/fail', '500 Internal Server Error', visits.fails],
      ['connect', '', 'connection refused', 1],
      ['tcp', '', 'reset by server', 1],
      ['connect', '', 'no answer to SYN', 1],
    ],
  );

  const tcp = (port: number) => report.tcpServers.find((row) => row.server.port === port)!;
  assert.equal(tcp(ports.refuses).refused, 1);
  assert.equal(tcp(ports.resets).resetByServer, 1);
  assert.deepEqual([tcp(9).unanswered, tcp(9).clientSent.repeatedSyns], [1, 1]);
  assert.ok(tcp(ports.deaf).serverSent.zeroWindows > 0 && tcp(ports.deaf).serverSent.shutNs > 100e6);
  assert.ok(tcp(ports.http).serverHandshake!.count >= visits.items);
  assert.ok(tcp(ports.http).clientHandshake!.p50Ns > 0);

  const again = tsharkFields(
    file,
    [
      'tcp.analysis.retransmission',
      'tcp.analysis.zero_window',
      ...otherwiseCalled,
      'tcp.stream',
      'frame.number',
    ],
    ['-Y', 'tcp'],
  );
  const { clientSent, serverSent } = report.tcp;
  const sentAgain = clientSent.retransmitted + serverSent.retransmitted;
  const rows = again.filter(([r, , ...others]) => r || others.slice(0, otherwiseCalled.length).some(Boolean));
  const certain = again.filter(([r]) => r).length;
  assert.ok(sentAgain >= certain && sentAgain <= rows.length, `${sentAgain}: ${JSON.stringify(rows)}`);
  assert.equal(clientSent.zeroWindows + serverSent.zeroWindows, again.filter(([, z]) => z).length);
  const lengths = tsharkFields(file, ['frame.len']).map(([length]) => Number(length));
  assert.equal(report.total.packets, lengths.length);
  assert.equal(
    report.total.bytes,
    lengths.reduce((sum, length) => sum + length, 0),
  );

  // The file says the same, and -Y counts what it matches.
  const read = await porthole(['stats', '-r', file, '-n', '--json']);
  const { endpoints, tcpServers } = JSON.parse(read.stdout) as Report;
  assert.deepEqual([endpoints, tcpServers], [report.endpoints, report.tcpServers]);
  const asked = await porthole(['stats', '-r', file, '--json', '-Y', 'http.response.code == 500']);
  assert.equal((JSON.parse(asked.stdout) as Report).total.exchanges, visits.fails);
});

test('a report each period, then the last', { skip }, async () => {
  const running = start(['stats', `netns:${box}`, '--every', '300ms', '--json']);
  await running.listening();
  visit();
  const reports = () =>
    running
      .stdout()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Report);
  await until(() => reports().length >= 3, 'three reports');
  const { code } = await running.stop();
  assert.equal(code, 0);
  const all = reports();
  assert.deepEqual(
    all.map((report) => report.final),
    all.map((_, i) => i === all.length - 1),
  );
  const counts = all.map((report) => report.total.exchanges);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    'sums only grow',
  );
  assert.ok(all[1]!.rates.recent !== undefined);
});

test('on a terminal it is kept up to date in place, and stays there in the end', { skip }, async () => {
  const terminal = openTerminal(bare, { columns: 80, rows: 40 });
  try {
    terminal.type(`${launcher} stats netns:${box}`, 'Enter');
    await terminal.sees('listening on');
    visit();
    const live = await terminal.sees(/GET \/items\/\{id\}/);
    assert.match(live, /^\d{4}-\d\d-\d\d /, 'from the first line on');
    assert.ok(!live.includes('listening on'), 'a screen of its own');
    assert.ok(live.split('\n').length <= 40);
    terminal.type('C-c');
    const last = await terminal.sees(/exchanges in \d+ connections/);
    assert.match(last, /SLOWEST[\s\S]*packets captured/);
  } finally {
    terminal.close();
  }
});

test('mistakes are told', async () => {
  for (const [args, text] of [
    [['stats', 'x', '--every', '5parsecs'], /--every 5parsecs: a time from 200ms to 24h is needed/],
    [['stats', '-r', 'x', '--every', '5s'], /--every is for live captures/],
    [['stats', 'x', '--sort', 'names'], /--sort names: one of bytes, packets, connections/],
    [['stats', 'x', '--top', '0'], /--top 0: a whole number from 1 to 1000/],
    [['stats', 'x', '-w', '-'], /-w - and the report both go to stdout/],
    [['stats', '-r', 'x', '-Y', 'http.nothing'], /http\.nothing/],
  ] as const) {
    const { code, stderr, stdout } = await porthole(args);
    assert.notEqual(code, 0);
    assert.match(stderr, text);
    assert.equal(stdout, '');
  }
});
