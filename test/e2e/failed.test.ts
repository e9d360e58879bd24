/**
 * Connections that fail against the real kernel: what is told of them, beside what the client's own kernel told the
 * client, and tshark's fields of the same packets.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { largeBody, ports } from '../support/failing.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join as joinNetns, startInNetns } from '../support/netns.ts';
import { porthole, start } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { tsharkFields } from '../support/tools.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'tshark');
const program = join(import.meta.dirname, '../support/failing.ts');
const directory = scratch();
/** Behind the router, by a link on which large packets do not fit. */
const [host, host6, router, router6] = ['10.97.2.2', 'fd97:2::2', '10.97.1.2', 'fd97:1::2'];
const mtu = 1300;
let box: string;
let server: ReturnType<typeof startInNetns>;

before(async () => {
  if (skip) return;
  box = addNetns('f1');
  const way = addNetns('f2');
  const far = addNetns('f3');
  joinNetns([box, '10.97.1.1/24'], [way, `${router}/24`]);
  joinNetns([way, '10.97.2.1/24'], [far, `${host}/24`], 'eth1');
  const add6 = (name: string, address: string, device: string) =>
    ip('-n', name, 'addr', 'add', `${address}/64`, 'dev', device, 'nodad');
  add6(box, 'fd97:1::1', 'eth0');
  add6(way, router6, 'eth0');
  add6(way, 'fd97:2::1', 'eth1');
  add6(far, host6, 'eth1');
  ip('-n', way, 'link', 'set', 'eth1', 'mtu', String(mtu));
  for (const key of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
    inNetns(way, 'sysctl', '-qw', `${key}=1`);
  ip('-n', box, 'route', 'add', 'default', 'via', router);
  ip('-n', box, '-6', 'route', 'add', 'default', 'via', router6);
  ip('-n', far, 'route', 'add', 'default', 'via', '10.97.2.1');
  ip('-n', far, '-6', 'route', 'add', 'default', 'via', 'fd97:2::1');
  for (const [kind, network] of [
    ['blackhole', '10.98.1.0/24'],
    ['unreachable', '10.98.2.0/24'],
    ['prohibit', '10.98.3.0/24'],
    ['prohibit', 'fd98:3::/64'],
  ] as const)
    ip('-n', way, ...(network.includes(':') ? ['-6'] : []), 'route', 'add', kind, network);
  server = startInNetns(far, process.execPath, program, 'serve');
  await until(() => inNetns(far, 'ss', '-tln').includes(`:${ports.deaf}`), 'the server to listen');
});
after(() => {
  if (!skip) server.kill();
});

const run = promisify(execFile);

/** What the client says came of it. */
async function client(kind: string, address: string, port: number): Promise<string> {
  const { stdout } = await run('ip', [
    'netns',
    'exec',
    box,
    process.execPath,
    program,
    kind,
    address,
    String(port),
  ]);
  return stdout;
}

interface Entry {
  readonly type: string;
  readonly protocol: string;
  readonly outcome: string;
  readonly error?: { readonly kind: string; readonly text: string };
  readonly fields: Readonly<Record<string, unknown>>;
  readonly connection: { readonly server: { readonly address: string; readonly port: number } };
  readonly ended?: string;
}

const entriesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ type }) => type === 'exchange' || type === 'conversation');

let captures = 0;

/** What is told of it, live and of the file, and the file. */
async function watched(act: () => Promise<void>): Promise<{ entries: Entry[]; file: string }> {
  const file = join(directory, `${++captures}.pcapng`);
  const watching = start(['watch', `netns:${box}`, '-n', '--json', '-w', file]);
  await watching.listening();
  await act();
  const { code, stdout, stderr } = await watching.stop();
  assert.equal(code, 0, stderr);
  const entries = entriesOf(stdout);
  const read = await porthole(['watch', '-r', file, '-n', '--json']);
  // Live it is known for how long was waited behind the last packet.
  const brief = (list: readonly Entry[]) =>
    list.map(({ protocol, outcome, error, fields }) => ({ protocol, outcome, kind: error?.kind, fields }));
  assert.deepEqual(brief(entriesOf(read.stdout)), brief(entries), 'the file says what was told live');
  return { entries, file };
}

const told = ({ type, protocol, outcome, error, ended }: Entry) =>
  type === 'conversation' ? `conversation ${ended}` : `${protocol} ${outcome}: ${error?.text ?? ''}`.trim();

/** The type, code and MTU of every error. */
const icmpOf = (file: string) =>
  tsharkFields(
    file,
    ['icmp.type', 'icmp.code', 'icmp.mtu', 'icmpv6.type', 'icmpv6.code', 'icmpv6.mtu'],
    [...['-Y', '(icmp.type in {3,11,12}) or (icmpv6.type in {1,2,3,4})']],
  ).map((row) => row.map(Number));

const distinct = (rows: readonly number[][]) => [...new Map(rows.map((row) => [row.join(), row])).values()];

test('refused: by a RST, by ICMP over UDP, either version', { skip }, async () => {
  const { entries, file } = await watched(async () => {
    assert.equal(await client('tcp', host, ports.closed), 'ECONNREFUSED');
    assert.equal(await client('tcp', host6, ports.closed), 'ECONNREFUSED');
    assert.equal(await client('udp', host, ports.closedUdp), 'ECONNREFUSED');
    assert.equal(await client('dns', host, ports.dns), 'ECONNREFUSED');
    assert.equal(await client('dns', host6, ports.dns), 'ECONNREFUSED');
  });
  assert.deepEqual(entries.map(told), [
    'tcp failed: connection refused',
    'tcp failed: connection refused',
    `udp failed: port unreachable from ${host}`,
    `dns failed: port unreachable from ${host}`,
    `dns failed: port unreachable from ${host6}`,
  ]);
  const ours = entries.map(({ fields: f }) =>
    ['icmp.type', 'icmp.code', 'icmpv6.type', 'icmpv6.code'].map((name) => f[name] ?? 0),
  );
  const theirs = icmpOf(file).map(([type, code, , type6, code6]) => [type, code, type6, code6]);
  assert.deepEqual(ours.slice(2), theirs);
  // A SYN that was sent again is refused again.
  const refused = tsharkFields(file, ['tcp.stream'], ['-Y', 'tcp.flags.reset == 1']).flat();
  assert.equal(
    entries.filter(({ fields }) => fields['tcp.flags.reset'] === true).length,
    new Set(refused).size,
  );
});

test('routers that say no, and one that says nothing', { skip }, async () => {
  const { entries, file } = await watched(async () => {
    assert.equal(await client('tcp', '10.98.2.9', 80), 'EHOSTUNREACH');
    assert.equal(await client('tcp', '10.98.3.9', 80), 'EHOSTUNREACH');
    assert.equal(await client('tcp', 'fd98:3::9', 80), 'EACCES');
    assert.equal(await client('tcp', '10.98.1.9', 80), 'timeout');
  });
  const [unreachable, prohibited, prohibited6, silent] = entries as [Entry, Entry, Entry, Entry];
  assert.equal(entries.length, 4);
  assert.equal(told(unreachable), `tcp failed: host unreachable from ${router}`);
  assert.equal(told(prohibited), `tcp failed: communication administratively prohibited from ${router}`);
  assert.equal(told(prohibited6), `tcp failed: communication administratively prohibited from ${router6}`);
  const syns = tsharkFields(
    file,
    ['frame.number'],
    ['-Y', 'ip.dst == 10.98.1.9 and tcp.flags.syn == 1'],
  ).length;
  assert.equal(silent.error?.kind, 'no answer to SYN');
  assert.match(silent.error!.text, new RegExp(`^no answer to ${syns} SYNs in \\d`));
  assert.equal(silent.fields['tcp.syns'], syns);
  const ours = [unreachable, prohibited, prohibited6].map(({ fields: f }) =>
    ['icmp.type', 'icmp.code', 'icmp.mtu', 'icmpv6.type', 'icmpv6.code', 'icmpv6.mtu'].map(
      (name) => f[name] ?? 0,
    ),
  );
  // What a busy socket is told first is told again.
  assert.deepEqual(ours, distinct(icmpOf(file)));
});

test('reset and closed in the middle', { skip }, async () => {
  const { entries } = await watched(async () => {
    assert.equal(await client('tcp', host, ports.resets), 'ECONNRESET');
    assert.equal(await client('half', host, ports.http), 'ECONNRESET');
    assert.equal(await client('reset', host, ports.http), 'ECONNRESET');
    assert.equal(await client('hangUp', host6, ports.http), 'ECONNRESET');
    assert.equal(await client('get', host, ports.http), '200');
  });
  const lines = entries.map(told);
  assert.match(lines[1]!, /^http failed: reset by server in the middle of the response after \d+ B$/);
  assert.deepEqual(lines.toSpliced(1, 1), [
    'tcp failed: reset by server after 10 B up, 0 B down',
    'http failed: reset by server without an answer',
    'http unanswered: closed by server without an answer',
    'http ok:',
  ]);
});

test('a server that accepts and never says a word', { skip }, async () => {
  const code = `require('net').connect(${ports.deaf}, '${host}', function () { this.write('\\x01\\x02question'); });`;
  let waiting: ReturnType<typeof startInNetns> | undefined;
  try {
    const { entries } = await watched(async () => {
      waiting = startInNetns(box, process.execPath, '-e', code);
      const isOpen = () => inNetns(box, 'ss', '-tnH', 'state', 'established').includes(`:${ports.deaf}`);
      await until(isOpen, 'the connection');
      assert.equal(await client('silence', host, ports.deaf), 'timeout');
    });
    const lines = entries.map(told);
    assert.equal(lines.length, 2);
    // Closed in order by who had sent it: not all that goes one way is a question.
    assert.equal(lines[0], 'conversation fin');
    assert.match(lines[1]!, /^tcp unanswered: no answer to 10 bytes in \d/);
  } finally {
    waiting?.kill('SIGKILL');
  }
});

test('packets too big for a link further on: what they hit goes on, and has the MTU', { skip }, async () => {
  const { entries, file } = await watched(async () => {
    assert.equal(await client('post', host, ports.http), '200');
    assert.equal(await client('post', host6, ports.http), '200');
  });
  assert.deepEqual(entries.map(told), ['http ok:', 'http ok:']);
  const sizes = icmpOf(file);
  assert.deepEqual(
    entries.map(({ fields }) => fields['icmp.mtu'] ?? fields['icmpv6.mtu']),
    [mtu, mtu],
    `of a body of ${largeBody} bytes`,
  );
  assert.ok(sizes.some(([type, code, size]) => type === 3 && code === 4 && size === mtu));
  assert.ok(sizes.some(([, , , type, , size]) => type === 2 && size === mtu));
});

test('as text, as statistics, and asked for', { skip }, async () => {
  const { file } = await watched(async () => {
    await client('tcp', host, ports.closed);
    await client('tcp', host, ports.closed);
    await client('dns', host, ports.dns);
    await client('get', host, ports.http);
  });
  const text = async (...args: string[]) =>
    (await porthole(['watch', '-r', file, '-n', '-t', ...args])).stdout;
  const lines = (await text()).trimEnd().split('\n');
  const to = `10.97.1.1 -> ${host}`;
  assert.match(lines[0]!, new RegExp(`^${to}:${ports.closed} connect -> connection refused \\d+ .s$`));
  assert.match(
    lines[2]!,
    new RegExp(`^${to}:53 A nowhere.example -> port unreachable from ${host} \\d+ B/-`),
  );
  assert.equal((await text('-Y', 'error contains "refused"')).trimEnd().split('\n').length, 2);
  assert.equal((await text('-Y', 'icmp')).trimEnd().split('\n').length, 1);
  assert.equal(
    (await text('-Y', 'tcp.flags.reset == true and port == 8009')).trimEnd().split('\n').length,
    2,
  );
  assert.match(await text('-v', '-Y', 'dns'), /ICMP port unreachable from 10\.97\.2\.2/);
  const { stdout } = await porthole(['stats', '-r', file, '-n', '--json']);
  const report = JSON.parse(stdout);
  assert.deepEqual(
    report.errors.map((row: Record<string, unknown>) => [
      row['protocol'],
      row['operation'],
      row['result'],
      row['count'],
    ]),
    [
      ['tcp', 'connect', 'connection refused', 2],
      ['DNS', 'A', 'port unreachable', 1],
    ],
  );
  assert.deepEqual(report.total.outcomes, { ok: 1, failed: 3 });
});
