/** The doctor names the true cause first: each trouble is a real one, on real parts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Facts, Finding } from '../../src/doctor/index.ts';
import { mismatches } from '../../src/sinks/testing/schema.ts';
import { type Docker, startDocker } from '../support/docker.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, ip, join as joinNetns } from '../support/netns.ts';
import { launch, porthole, type RunOptions, stopAll } from '../support/porthole.ts';
import * as stage from '../support/stages.ts';
import { temporaryDirectory, upbeat } from '../support/upbeat.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'cc');
const skipDocker = need('linux', 'root', 'ip', 'cc', 'docker');
const schema = JSON.parse(readFileSync(new URL('../../docs/doctor.schema.json', import.meta.url), 'utf8'));

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
  readonly facts: Facts;
}

/** Runs it; what it says is held against the schema, its exit status against what it says. */
async function doctor(args: readonly string[], options: RunOptions = {}): Promise<Report> {
  const { code, stdout, stderr } = await porthole(['doctor', '--for', '0.4s', '--json', ...args], options);
  assert.ok(stdout !== '', stderr);
  const report = JSON.parse(stdout) as Report;
  assert.deepEqual(mismatches(report, schema), []);
  assert.equal(code, report.healthy ? 0 : 1);
  return report;
}

interface Case {
  readonly what: string;
  /** What comes first. */
  readonly code: string;
  readonly says: RegExp;
  readonly advises?: RegExp;
  readonly skip?: string | false;
  stage():
    | Promise<readonly [args: readonly string[], options?: RunOptions]>
    | readonly [args: readonly string[], options?: RunOptions];
}

const inBox = (box: string, ...args: string[]) => [[`netns:${box}`, ...args]] as const;
/** Whatever else runs on this machine. */
const onlyDocker = ['--runtime', 'docker'];
const withDocker = (path: string, ...args: string[]) =>
  [[...onlyDocker, ...args], { env: { DOCKER_HOST: `unix://${path}` } }] as const;
/** Root without some of its rights. */
const without = (...capabilities: string[]) => ({
  through: ['setpriv', '--bounding-set', capabilities.map((name) => `-${name}`).join(','), '--'],
});

let docker: Docker | undefined;
let plain: stage.Pair;
before(async () => {
  if (skip) return;
  plain = stage.pair('dp');
  stage.talk(plain.box, plain.peer, '10.96.0.1', 8081);
  if (skipDocker) return;
  docker = await startDocker();
  docker.start('web', [], 'serve', '80');
  docker.start('side', ['--network', 'container:web'], 'call', '127.0.0.1', '80', '/file.txt', '20');
  docker.start('frozen', [], 'idle');
  docker.run('pause', 'frozen');
  docker.start('onhost', ['--network', 'host'], 'idle');
  docker.start('done', [], 'exit', '0', '3');
  docker.run('create', '--name', 'fresh', 'porthole-upbeat', 'idle');
  await until(
    () => docker!.run('inspect', '--format', '{{.State.Status}}', 'done') === 'exited',
    'the end of done',
  );
});
after(async () => {
  stopAll();
  // The daemon does not end what is frozen.
  docker?.run('unpause', 'frozen');
  await docker?.stop();
});

const byDocker = (...args: string[]) => [[...onlyDocker, ...args], { env: docker!.env }] as const;

const cases: readonly Case[] = [
  {
    what: 'a filter on the wrong port',
    code: 'filter-port',
    says: /^your filter keeps 0 of [\d,]+ packets: traffic is on port 8081$/,
    advises: /^'port 8081' would have kept (all|[\d,]+) of/,
    stage: () => inBox(plain.box, 'port', '8080'),
  },
  {
    what: 'a filter on the wrong host',
    code: 'filter-host',
    says: /^your filter keeps 0 of [\d,]+ packets: traffic is between 10\.96\.0\.1 and 10\.96\.0\.2$/,
    stage: () => inBox(plain.box, 'host', '10.96.0.9'),
  },
  {
    what: 'a filter for what is not there at all',
    code: 'filter',
    says: /^your filter keeps 0 of [\d,]+ packets: traffic is tcp to port 8081 of 10\.96\.0\.1$/,
    stage: () => inBox(plain.box, 'sctp'),
  },
  {
    what: 'vlan in the filter, where the packets have no tag',
    code: 'filter-vlan',
    says: /none of them has a VLAN tag here$/,
    advises: /^'port 8081' would have kept/,
    stage: () => inBox(plain.box, 'vlan', 'and', 'port', '8081'),
  },
  {
    what: 'packets with two VLAN tags and a filter that says nothing of them',
    code: 'filter-vlan',
    says: /^your filter keeps 0 of [\d,]+ packets: they are tagged \(VLAN 10, twice\) and the filter does not say vlan$/,
    stage() {
      const two = stage.pair('dv');
      stage.sayTagged(two.peer);
      return inBox(two.box, 'udp', 'port', '53');
    },
  },
  {
    what: 'IPv6 only, and a filter that says ip',
    code: 'filter-ip-version',
    says: /^your filter keeps 0 of [\d,]+ packets: all its traffic is IPv6$/,
    advises: /^'ip6 and tcp port 8081' would have kept/,
    async stage() {
      const six = stage.pair6('d6');
      await stage.speak(six.box, stage.http6Server(8081));
      await stage.speak(six.peer, stage.http6Client('fd00:96::1', 8081));
      return inBox(six.box, 'ip', 'and', 'tcp', 'port', '8081');
    },
  },
  {
    what: 'an interface on which nothing passes',
    code: 'other-interface',
    says: /^-i lo keeps 0 of [\d,]+ packets: they are on eth0$/,
    stage: () => inBox(plain.box, '-i', 'lo'),
  },
  {
    what: 'eth0, where all is loopback',
    code: 'other-interface',
    says: /^-i eth0 keeps 0 of [\d,]+ packets: all its traffic is loopback inside the pod$/,
    stage() {
      const { box } = stage.pair('dl');
      stage.talk(box, box, '127.0.0.1', 8081);
      return inBox(box, '-i', 'eth0');
    },
  },
  {
    what: 'loopback only',
    code: 'loopback-only',
    says: /^all its traffic is loopback inside the pod: [\d,]+ packets on lo$/,
    stage() {
      const { box } = stage.pair('do');
      stage.talk(box, box, '127.0.0.1', 8081);
      return inBox(box);
    },
  },
  {
    what: 'a direction in which nothing goes',
    code: 'direction',
    says: /^-Q out keeps 0 of [\d,]+ packets: all of them come in$/,
    stage() {
      const { box, peer } = stage.pair('dd');
      stage.run(box, 'hold', '53');
      launch('ip', [
        'netns',
        'exec',
        peer,
        'sh',
        '-c',
        `while ${upbeat()} say 10.96.0.1 53 hello; do sleep 0.02; done`,
      ]);
      return inBox(box, '-Q', 'out', 'udp');
    },
  },
  {
    what: 'an interface that is not there',
    code: 'interface-unknown',
    says: /^there is no interface eth9 in .*: it has lo and eth0$/,
    stage: () => inBox(plain.box, '-i', 'eth9'),
  },
  {
    what: 'an interface that is down',
    code: 'interface-down',
    says: /^eth0 is down: nothing comes in or goes out$/,
    stage() {
      const { box } = stage.pair('di');
      ip('-n', box, 'link', 'set', 'eth0', 'down');
      return inBox(box);
    },
  },
  {
    what: 'the other end of eth0 is down',
    code: 'no-carrier',
    says: /^eth0 has no carrier: the other end/,
    stage() {
      const { box, peer } = stage.pair('dc');
      ip('-n', peer, 'link', 'set', 'eth0', 'down');
      return inBox(box);
    },
  },
  {
    what: 'no interface is up',
    code: 'interface-down',
    says: /has no interface that is up: it has lo$/,
    stage() {
      const box = addNetns('dn');
      ip('-n', box, 'link', 'set', 'lo', 'down');
      return inBox(box);
    },
  },
  {
    what: 'nothing is said',
    code: 'idle',
    says: /^it is idle: no packet in [\d.]+ s on lo and eth0( \(but .*\))?$/,
    stage() {
      const { box } = stage.pair('ds');
      stage.run(box, 'serve', '80');
      return inBox(box);
    },
  },
  {
    what: 'nobody is there',
    code: 'no-process',
    says: /no process is in the namespace/,
    stage: () => inBox(stage.pair('de').box),
  },
  {
    what: 'a unix socket',
    code: 'unix-only',
    says: /^the connection is to a unix socket, which no packet capture sees: \/.*\/app\.sock$/,
    async stage() {
      const path = join(temporaryDirectory('unix'), 'app.sock');
      const { box } = stage.pair('du');
      await stage.speak(box, stage.unixServer(path));
      await stage.speak(box, stage.unixClient(path));
      return inBox(box);
    },
  },
  {
    what: 'a unix socket that another container listens on',
    code: 'unix-only',
    says: /which no packet capture sees: \/.*\/shared\.sock$/,
    async stage() {
      const path = join(temporaryDirectory('unix'), 'shared.sock');
      const { box, peer } = stage.pair('dx');
      await stage.speak(peer, stage.unixServer(path));
      await stage.speak(box, stage.unixClient(path));
      return inBox(box);
    },
  },
  {
    what: 'connections that are refused',
    code: 'refused',
    says: /^all [\d,]+ connections to 10\.96\.0\.1:81 are refused \(RST\): nothing listens there$/,
    stage() {
      const { box, peer } = stage.pair('dr');
      stage.run(peer, 'call', '10.96.0.1', '81', '/', '20');
      return inBox(box);
    },
  },
  {
    what: 'connections that nobody answers',
    code: 'unanswered',
    says: /^all [\d,]+ connections? to 10\.99\.0\.1:80 (is|are) not answered/,
    async stage() {
      const { box, peer } = stage.pair('dq');
      ip('-n', peer, 'route', 'add', '10.99.0.0/24', 'via', '10.96.0.1');
      await stage.speak(peer, stage.knockOn('10.99.0.1', 80));
      return inBox(box, '--for', '1.5s');
    },
  },
  {
    what: 'a snap length that cuts',
    code: 'snaplen',
    says: /^-s 60 cuts [\d,]+ of [\d,]+ packets: what is decoded has holes$/,
    stage: () => inBox(plain.box, '-s', '60'),
  },
  {
    what: 'TLS',
    code: 'tls',
    says: /^all of the [\d.]+ k?B it says is TLS \(port 8443\): \S+ \(pid \d+\) uses (OpenSSL|BoringSSL)/,
    async stage() {
      const { box, peer } = stage.pair('dt');
      await stage.speak(box, stage.tlsServer(8443));
      await stage.speak(peer, stage.tlsClient('10.96.0.1', 8443));
      return inBox(box);
    },
  },
  {
    what: 'an HTTP/2 connection that was open before',
    code: 'joined',
    says: /^1 of 1 TCP connection was open before: HTTP\/2 on port 8080, joined in the middle$/,
    async stage() {
      const { box, peer } = stage.pair('dh');
      await stage.speak(box, stage.http2Server(8080));
      await stage.speak(peer, stage.http2Client('10.96.0.1', 8080));
      return inBox(box);
    },
  },
  {
    what: 'a protocol that nobody knows',
    code: 'undecoded',
    says: /^all of the [\d.]+ k?B it says is of no protocol that is decoded: tcp port 9000/,
    async stage() {
      const { box, peer } = stage.pair('dz');
      await stage.speak(box, stage.oddServer(9000));
      await stage.speak(peer, stage.oddClient('10.96.0.1', 9000));
      return inBox(box);
    },
  },
  {
    what: 'a sidecar proxy',
    code: 'sidecar',
    says: /^a sidecar proxy \(\S+, ports 15001 and 15006\) takes its connections/,
    async stage() {
      const { box, peer } = stage.pair('dm');
      await stage.speak(box, stage.listenOn(15_001, 15_006));
      stage.talk(box, peer, '10.96.0.1', 8081);
      return inBox(box);
    },
  },
  {
    what: 'a process that is stopped',
    code: 'stopped',
    says: /^its only process is stopped: upbeat \(pid \d+\)$/,
    async stage() {
      const { box } = stage.pair('dg');
      const { child } = stage.run(box, 'idle');
      await until(() => readFileSync(`/proc/${child.pid}/comm`, 'latin1') === 'upbeat\n', 'upbeat');
      child.kill('SIGSTOP');
      return inBox(box);
    },
  },
  {
    what: 'the process of a namespace ends meanwhile',
    code: 'target-ended',
    says: /^upbeat has ended \(process \d+ exited\) while it was looked at$/,
    async stage() {
      const { box } = stage.pair('dk');
      const { child } = stage.run(box, 'idle');
      await until(() => readFileSync(`/proc/${child.pid}/comm`, 'latin1') === 'upbeat\n', 'upbeat');
      // When packet sockets are there, the look-up is over.
      void until(
        () => inNetns(box, 'cat', '/proc/net/packet').trim().split('\n').length > 1,
        'the capture',
      ).then(() => child.kill());
      return [[`pid:${child.pid}`, '--for', '20s']];
    },
  },
  {
    what: 'the file of a namespace that is gone',
    code: 'netns-file',
    says: /^\/run\/netns\/\S+ is an empty file: the namespace that was mounted there is gone$/,
    stage() {
      const name = addNetns('df');
      execFileSync('umount', [`/run/netns/${name}`]);
      return inBox(name);
    },
  },
  {
    what: 'no such namespace',
    code: 'target-unknown',
    says: /^no network namespace named/,
    stage: () => inBox(`${plain.box}x`),
  },
  {
    what: 'CAP_NET_RAW is missing',
    code: 'capability',
    says: /^cannot watch live as this user: CAP_NET_RAW is missing \(to open a packet socket\)$/,
    stage: () => [[`netns:${plain.box}`], without('net_raw')],
  },
  {
    what: 'CAP_SYS_ADMIN is missing',
    code: 'capability',
    says: /^cannot watch live as this user: CAP_SYS_ADMIN is missing \(to enter the network namespace\)$/,
    stage: () => [[`netns:${plain.box}`], without('sys_admin')],
  },
  {
    what: 'CAP_SETUID is missing',
    code: 'capability',
    says: /^cannot watch live as this user: CAP_SETUID is missing \(to parse as another user\)$/,
    stage: () => [[`netns:${plain.box}`], without('setuid')],
  },
  {
    what: 'somebody who is not root',
    code: 'capability',
    says: /CAP_SYS_ADMIN is missing .*CAP_NET_RAW is missing/,
    stage: () => [
      [`netns:${plain.box}`],
      { through: ['setpriv', '--reuid', 'nobody', '--clear-groups', '--'] },
    ],
  },
  {
    what: 'no Docker socket',
    code: 'runtime-missing',
    says: /^no Docker socket: tried unix:\/\/\/nowhere\/docker\.sock/,
    stage: () => withDocker('/nowhere/docker.sock', 'web'),
  },
  {
    what: 'a Docker socket nobody listens on any more',
    code: 'runtime-missing',
    says: /^nothing listens on the Docker socket .*ECONNREFUSED/,
    async stage() {
      const path = join(temporaryDirectory('left'), 'docker.sock');
      // Killed, it does not remove its socket.
      const left = launch(process.execPath, ['-e', stage.unixServer(path)]);
      await left.saw('ready');
      await left.stop('SIGKILL');
      return withDocker(path, 'web');
    },
  },
  {
    what: 'no permission on the Docker socket',
    code: 'runtime-permission',
    says: /^no permission on the Docker socket /,
    async stage() {
      const path = await stage.impostor(stage.asDocker({}));
      chownSync(path, 65_534, 65_534);
      chmodSync(path, 0o600);
      const [args, options] = withDocker(path, 'web');
      return [args, { ...options, ...without('dac_override', 'dac_read_search') }];
    },
  },
  {
    what: 'a daemon that hangs',
    code: 'runtime-no-answer',
    says: /does not answer: silent for 2 s$/,
    stage: async () => withDocker(await stage.impostor(() => {}), 'web'),
  },
  {
    what: 'a daemon that answers garbage',
    code: 'runtime-no-answer',
    says: /does not answer as it should: not an HTTP answer$/,
    stage: async () =>
      withDocker(await stage.impostor((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n\r\n')), 'web'),
  },
  {
    what: "the daemon's number is another process's here",
    code: 'target-elsewhere',
    says: /^docker says that web is pid \d+, but pid \d+ here is another process \(upbeat\)$/,
    async stage() {
      const { child } = stage.run(plain.box, 'idle');
      await until(() => readFileSync(`/proc/${child.pid}/comm`, 'latin1') === 'upbeat\n', 'upbeat');
      const Id = 'ab'.repeat(32);
      const State = {
        Status: 'running',
        Running: true,
        Pid: child.pid,
        StartedAt: '2020-01-01T00:00:00Z',
        ExitCode: 0,
      };
      const path = await stage.impostor(
        stage.asDocker({
          '/_ping': 'OK',
          '/containers/json': [{ Id, Names: ['/web'], Image: 'x', State: 'running', Labels: {}, Created: 0 }],
          '/containers/': {
            Id,
            Name: '/web',
            State,
            Config: { Image: 'x', Labels: {} },
            NetworkSettings: { Networks: {} },
          },
        }),
      );
      return withDocker(path, 'web');
    },
  },
  {
    what: 'a container that has ended',
    skip: skipDocker,
    code: 'target-not-running',
    says: /^done is not running: exited with exit code 3$/,
    stage: () => byDocker('done'),
  },
  {
    what: 'a container that was never started',
    skip: skipDocker,
    code: 'target-not-running',
    says: /^fresh is not running: created$/,
    stage: () => byDocker('fresh'),
  },
  {
    what: 'a paused container',
    skip: skipDocker,
    code: 'paused',
    says: /^frozen is paused: its processes are frozen and say nothing$/,
    advises: /^docker unpause frozen$/,
    stage: () => byDocker('frozen'),
  },
  {
    what: 'a name that is not quite right',
    skip: skipDocker,
    code: 'target-unknown',
    says: /^no container 'wbe'$/,
    advises: /did you mean web/,
    stage: () => byDocker('wbe'),
  },
  {
    what: 'the network of the host',
    skip: skipDocker,
    code: 'host-network',
    says: /^host network: its traffic is on the host's interfaces, use --host$/,
    stage: () => byDocker('onhost'),
  },
  {
    what: 'a filter for eth0 of a pod that talks to itself',
    skip: skipDocker,
    code: 'filter-port',
    says: /traffic is on port 80, all of it loopback inside the pod$/,
    stage: () => byDocker('web', 'port', '8080'),
  },
];

describe('the true cause comes first', { concurrency: 3 }, () => {
  for (const { what, code, says, advises, ...rest } of cases)
    test(what, { skip: skip || rest.skip || false }, async () => {
      const [args, options] = await rest.stage();
      const { findings, facts } = await doctor(args, options);
      const [first] = findings;
      assert.equal(first?.code, code, JSON.stringify([findings, facts.sample], undefined, 1));
      assert.match(first.sentence, says);
      if (advises) assert.match(first.advice, advises);
    });
});

test('a ring that is too small', { skip }, async () => {
  const { box, peer } = stage.pair('dB');
  stage.run(box, 'hold', '9');
  const flood = launch('ip', [
    'netns',
    'exec',
    peer,
    'sh',
    '-c',
    `while ${upbeat()} flood 10.96.0.1 9 1400 200000; do :; done`,
  ]);
  const { findings } = await doctor([`netns:${box}`, '-B', '1']);
  await flood.stop('SIGKILL');
  assert.equal(findings[0]!.code, 'dropped', JSON.stringify(findings));
  assert.match(
    findings[0]!.sentence,
    /^the kernel dropped [\d,]+ of [\d,]+ packets: the ring of 1 KiB was full/,
  );
});

test('nothing is wrong: exit status 0 and what was seen', { skip }, async () => {
  const { code, stdout, stderr } = await porthole([
    'doctor',
    `netns:${plain.box}`,
    '--for',
    '0.4s',
    'port',
    '8081',
  ]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^netns:\S+ can be watched: [\d,]+ packets and \d+ exchanges in [\d.]+ s\n/);
  assert.match(stdout, /^listening: {2}tcp 8081$/m);
  assert.match(stdout, /^bytes: {6}HTTP\/1 [\d.]+ k?B$/m);
});

test('what the doctor advises is what helps', { skip }, async () => {
  const two = stage.pair('dw');
  stage.sayTagged(two.peer);
  const { findings } = await doctor([`netns:${two.box}`, 'udp port 53']);
  const instead = String(findings[0]!.evidence['instead']);
  const again = await doctor([`netns:${two.box}`, instead]);
  assert.ok(again.facts.sample!.kept > 0, instead);
});

test('the machine alone; containers that share a namespace; unix sockets beside packets', {
  skip: skipDocker,
}, async () => {
  const machine = await doctor([], { env: docker!.env });
  // Other daemons on this machine may be ill.
  const place = docker!.host.replace('unix://', '');
  const ills = machine.findings.filter((f) => f.severity === 'error' && f.evidence['place'] === place);
  assert.deepEqual(ills, []);
  const known = machine.facts.runtimes.find((r) => r.place === place)!;
  assert.deepEqual([known.containers, known.running], [6, 3]);
  assert.ok(machine.facts.watchable!.enterable >= 4);
  const pod = await doctor([...onlyDocker, 'web'], { env: docker!.env });
  assert.equal(pod.healthy, true);
  assert.match(
    pod.findings.find((f) => f.code === 'shared-namespace')!.sentence,
    /^web and side share one network namespace/,
  );
  const path = join(temporaryDirectory('unix'), 'both.sock');
  const { box, peer } = stage.pair('dy');
  joinNetns([box, '10.95.0.1/24'], [peer, '10.95.0.2/24'], 'eth1');
  stage.talk(box, peer, '10.95.0.1', 8081);
  await stage.speak(box, stage.unixServer(path));
  await stage.speak(box, stage.unixClient(path));
  const both = await doctor([`netns:${box}`]);
  assert.equal(both.healthy, true);
  assert.match(
    both.findings.find((f) => f.code === 'unix-sockets')!.sentence,
    /both\.sock \(1 connection[,)]/,
  );
});

test('what is wrong on the command line: exit status 2', async () => {
  for (const args of [['web', '--for', 'never'], ['web', '--color', 'blue'], ['--nonsense']]) {
    const { code, stdout } = await porthole(['doctor', ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
  }
});
