/** `container NAME` and `pod NAME`: addresses from the runtimes, from namespaces, and from a file's own names. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { packetsOf } from '../../src/bpf/testing/packets.ts';
import { Direction, LinkType } from '../../src/model/index.ts';
import { PcapngWriter } from '../../src/pcap/index.ts';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, ip, join as joinNetns, removeNetns, startInNetns } from '../support/netns.ts';
import { porthole, start, stopAll } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { run } from '../support/tools.ts';
import { until } from '../support/wait.ts';
import { captureFile, numbersIn } from './filter/capture-file.ts';

const noDocker = need('linux', 'root', 'docker', 'cc');
/** No runtime answers there. */
const nobody = { env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' } };

let docker: Docker;
before(async () => {
  if (!noDocker) docker = await startDocker();
});
after(async () => {
  stopAll();
  await docker?.stop();
});

test('containers of the runtime', { skip: noDocker }, async () => {
  for (const name of ['web', 'db']) docker.start(name, [], 'serve', '80');
  docker.start('bare', ['--network', 'none'], 'idle');
  docker.start('guest', ['--network', 'host'], 'idle');
  const address = (name: string) =>
    docker.run(
      'inspect',
      '--format',
      `{{(index .NetworkSettings.Networks "${docker.network}").IPAddress}}`,
      name,
    );
  const [web, db] = [address('web'), address('db')];
  const filter = (...args: string[]) =>
    porthole(['filter', '--runtime', 'docker', ...args], { env: docker.env });

  const explained = await filter('--explain', 'src container web or db');
  assert.equal(
    explained.stdout,
    `any of\n  from container web = ${web} (IPv4, ARP, RARP, IPv6)\n  from container db = ${db} (IPv4, ARP, RARP, IPv6)\n`,
  );
  assert.equal(
    (await filter('-d', 'container web')).stdout,
    run('tcpdump', ['-y', 'EN10MB', '-d', `host ${web}`]),
  );

  const mistakes: [expression: string, told: RegExp][] = [
    [
      'tcp or container wbe',
      /^porthole: filter: no container 'wbe'\n {2}tcp or container wbe\n {19}\^\^\^\ndid you mean web\?/,
    ],
    ['container bare', /the container 'bare' has no address\n {2}container bare\n {12}\^{4}\n/],
    ['not container guest', /'guest' uses the network of the host and has no address of its own/],
    ['pod web', /no pod 'web'/],
  ];
  for (const [expression, told] of mistakes) {
    const { code, stderr, stdout } = await filter(expression);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, told);
  }
  const stopped = await porthole(['dump', 'web', 'container nope'], { env: docker.env });
  assert.match(stopped.stderr, /no container 'nope'\n {2}container nope\n/);

  const dump = start(['dump', '-n', '--runtime', 'docker', 'web,db', 'src container web and payload'], {
    env: docker.env,
  });
  await dump.listening();
  for (const host of [db, web]) await ask(host);
  await dump.saw(/length/);
  const { stdout } = await dump.stop();
  const sources = new Set([...stdout.matchAll(/ IP (\d+\.\d+\.\d+\.\d+)\./g)].map(([, source]) => source));
  assert.deepEqual([...sources], [web], stdout);
});

function ask(host: string): Promise<void> {
  return new Promise((done, reject) => {
    const socket = connect({ host, port: 80 }, () => socket.write('GET /file.txt HTTP/1.0\r\n\r\n'));
    socket
      .on('error', reject)
      .on('close', () => done())
      .resume();
  });
}

test('a namespace without a runtime, in a live filter', { skip: need('linux', 'root', 'ip') }, async () => {
  const [one, two] = [addNetns('wa'), addNetns('wb')] as const;
  try {
    joinNetns([one, '10.89.7.1/24'], [two, '10.89.7.2/24']);
    await until(() => ip('-n', two, 'link', 'show', 'eth0').includes('state UP'), 'a carrier');
    const dump = start(['dump', '-n', `netns:${one}`, `src container netns:${two} and udp`], nobody);
    await dump.listening();
    const say = "require('dgram').createSocket('udp4').send('x', 9, process.argv[1], () => process.exit())";
    const children = (
      [
        [two, '10.89.7.1'],
        [one, '10.89.7.2'],
        [two, '10.89.7.1'],
      ] as const
    ).map(([from, to]) => startInNetns(from, process.execPath, '-e', say, to));
    await until(() => children.every(({ exitCode }) => exitCode !== null), 'the datagrams');
    await until(() => (dump.stdout().match(/ IP /g) ?? []).length >= 2, 'what they said');
    const { stdout } = await dump.stop();
    assert.doesNotMatch(stdout, / IP 10\.89\.7\.1\./);
    assert.match(stdout, / IP 10\.89\.7\.2\./);
  } finally {
    for (const name of [one, two]) removeNetns(name);
  }
});

/** The file as `watch -w` leaves it: names of containers at its end. */
function namedFile(packets: ReturnType<typeof packetsOf>, names: readonly [string, string][]): Uint8Array {
  const iface = { id: 0, name: 'web/eth0', linktype: LinkType.ethernet, snaplen: 0, netns: 1, target: 'web' };
  const writer = new PcapngWriter();
  writer.section({});
  writer.interface(iface);
  for (const [i, { bytes, length }] of packets.entries()) {
    const frame = { buf: bytes, start: 0, capLen: bytes.length, origLen: length, sec: i, nsec: 0 };
    const rest = { iface, direction: Direction.unknown, number: i + 1, checksumNotReady: false };
    writer.frame({ ...frame, ...rest }, 0);
  }
  writer.names(names);
  return writer.chunk.view();
}

test('names of a file that is read', { skip: need('tcpdump') }, async () => {
  const directory = scratch();
  chmodSync(directory, 0o755);
  const path = (name: string) => join(directory, name);
  const packets = packetsOf(LinkType.ethernet, 400);
  const named = namedFile(packets, [
    ['10.0.0.1', 'web+sidecar'],
    ['2001:db8::1', 'web+sidecar'],
    ['10.0.0.2', 'shop/db-0'],
    ['127.0.0.1', 'web'],
  ]);
  const write = (name: string, bytes: Uint8Array) => writeFileSync(path(name), bytes, { mode: 0o644 });
  write('all.pcap', captureFile(LinkType.ethernet, packets));
  write('named.pcapng', named);
  write('named.pcapng.gz', gzipSync(named));
  const counted = (expression: string): number => {
    run('tcpdump', ['-r', path('all.pcap'), '-w', path('kept.pcap'), expression]);
    return numbersIn(readFileSync(path('kept.pcap'))).length;
  };
  const table: [expression: string, same: string][] = [
    ['container web', 'host 10.0.0.1 or host 2001:db8::1'],
    ['src container sidecar and not ip6', 'src host 10.0.0.1 and not ip6'],
    ['pod db-0 or pod shop/db-0', 'host 10.0.0.2'],
    ['container docker:web and tcp', '(host 10.0.0.1 or host 2001:db8::1) and tcp'],
  ];
  for (const [expression, same] of table) {
    const expected = counted(same);
    assert.ok(expected > 0);
    const { stdout } = await porthole(['filter', '--test', path('named.pcapng'), expression], nobody);
    assert.equal(stdout, `${expected} of 400 packets pass\n`, expression);
  }
  const lines = (text: string) => text.split('\n').filter(Boolean).length;
  const words = ['container', 'web', 'and', 'udp', 'port', '53'];
  const dumped = await porthole(['dump', '-n', '-r', path('named.pcapng'), ...words], nobody);
  const udp = '(host 10.0.0.1 or host 2001:db8::1) and udp port 53';
  assert.equal(lines(dumped.stdout), lines(run('tcpdump', ['-n', '-r', path('all.pcap'), udp])));

  // It is not in the file, or the file cannot be looked through: nobody else knows it here.
  for (const [name, expression] of [
    ['named.pcapng', 'container web or container shop'],
    ['named.pcapng.gz', 'container web'],
    ['all.pcap', 'container web'],
  ] as const) {
    const { code, stderr } = await porthole(['filter', '--test', path(name), expression], nobody);
    assert.equal(code, 1);
    assert.match(stderr, /^porthole: filter: no container '(web|shop)'.*\n {2}container web.*\n {2} *\^+\n/);
  }
});
