/** Whatever is wrong with what was asked: one clear line, a hint at most, no stack, a status that is not 0. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { need } from '../support/need.ts';
import { addNetns, removeNetns } from '../support/netns.ts';
import { type Ended, porthole, type RunOptions } from '../support/porthole.ts';
import { temporaryDirectory } from '../support/upbeat.ts';

const skip = need('linux', 'root', 'ip');
const noDocker = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };

let box: string;
let directory: string;
const file = (name: string) => join(directory, name);

/** Classic pcap: `count` UDP packets 10.0.0.1:5 > 10.0.0.2:6 that hold their number. */
function capture(count: number, linktype = 1): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(linktype, 20);
  const records = Array.from({ length: count }, (_, i) => {
    const frame = Buffer.from(
      '02000000000202000000000108004500002000000000401166cb0a0000010a00000200050006000c00000000000' +
        '000000000',
      'hex',
    );
    frame.writeUInt32BE(i, frame.length - 4);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + i, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...records]);
}

const recordBytes = capture(1).length - 24;

before(() => {
  if (skip) return;
  box = addNetns('b');
  directory = temporaryDirectory('bad');
  const good = capture(5);
  writeFileSync(file('good.pcap'), good);
  writeFileSync(file('cut.pcap'), good.subarray(0, good.length - 10));
  writeFileSync(file('cut.gz'), gzipSync(good).subarray(0, -12));
  const corrupt = capture(5);
  corrupt.writeUInt32LE(0x7fffffff, 24 + 2 * recordBytes + 8);
  writeFileSync(file('corrupt.pcap'), corrupt);
  writeFileSync(file('strange.pcap'), capture(5, 147));
  writeFileSync(file('text.pcap'), 'GET / HTTP/1.1\r\n\r\n');
  writeFileSync(file('empty.pcap'), '');
  writeFileSync(file('filter'), 'prt 80\n');
});
after(() => {
  if (box) removeNetns(box);
});

function assertClear(ended: Ended, said: RegExp, status: number, what: string): void {
  const { stderr, code } = ended;
  assert.match(stderr, said, `${what}\n${stderr}`);
  assert.equal(code, status, `${what}\n${stderr}`);
  assert.doesNotMatch(stderr, /this is a bug|\n {4}at |\.ts:\d/, what);
  assert.match(stderr, /^porthole: [^\n]+\n( {2}[^\n]+\n)?$/, `${what}\n${stderr}`);
}

interface Case {
  readonly args: string[];
  readonly said: RegExp;
  readonly status?: number;
  readonly options?: RunOptions;
}

const mistakes: Record<string, () => Case[]> = {
  'targets that are not there': () => [
    {
      args: ['watch', '--runtime', 'docker', 'upbeat'],
      said: /no container 'upbeat': no Docker socket: tried \S+ \(from DOCKER_HOST\)\n/,
    },
    {
      args: ['dump', `netns:${box}x`],
      said: new RegExp(`no network namespace named '${box}x'\n {2}did you mean .*${box}`),
    },
    { args: ['watch', 'pid:4194303'], said: /there is no process 4194303 here/ },
    { args: ['watch', '/proc/4194303/ns/net'], said: /there is no namespace file \/proc\/4194303\/ns\/net/ },
    { args: ['watch', ','], said: /empty target in ','/ },
    { args: ['watch', 'rkt:web'], said: /no kind of target is called 'rkt:'/ },
    { args: ['watch'], said: /which container\?/, status: 2 },
    { args: ['watch', `netns:${box}`, '-i', 'eth9'], said: /no interface eth9 there; it has lo/ },
  ],
  numbers: () =>
    (
      [
        [['-c', '0'], /-c 0: a whole number of at least 1 is needed/],
        [['-c', '1e3'], /-c 1e3: a whole number/],
        [['-c', '-1'], /-c/],
        [['-s', '262145'], /-s 262145: a whole number from 0 to 262144/],
        [['-B', '0'], /-B 0: a whole number from 1/],
        [['-Q', 'up'], /-Q up: one of in, out, inout/],
        [['-w', '/tmp/x', '-C', '1x'], /-C 1x: a size is needed/],
        [['-w', '/tmp/x', '-G', '0'], /-G 0: a whole number of at least 1/],
        [['-C', '1'], /-C, -G and -W rotate the file of -w/],
        [['--frob'], /unknown option --frob/],
        [['-c'], /option -c needs a value/],
      ] as const
    ).map(([args, said]) => ({ args: ['dump', `netns:${box}`, ...args], said, status: 2 })),
  'letters that mean something else to kubectl': () => [
    {
      args: ['watch', '-l', 'app=web'],
      said: /no container 'app=web'.*\n {2}-l takes no value here .* label=app=web as the target\n/,
    },
    {
      args: ['watch', '-A', 'web'],
      said: /unknown option -A\n {2}-A is about printed packets: porthole dump -A/,
      status: 2,
    },
    {
      args: ['watch', '-n', 'prod'],
      said: /no container 'prod'.*\n {2}-n takes no value here .*: 'prod' was read as the next word\n/,
    },
  ],
  'files that are not there or no captures': () => [
    { args: ['watch', '-r', file('none')], said: /cannot read \S+none: there is no such file/ },
    { args: ['dump', '-r', directory], said: /cannot read \S+: it is a directory/ },
    { args: ['watch', '-r', file('text.pcap')], said: /text\.pcap is no capture file: it is text/ },
    { args: ['watch', '-r', file('empty.pcap')], said: /empty\.pcap is no capture file: it is empty/ },
    {
      args: ['watch', '-r', file('good.pcap'), '-w', file('good.pcap')],
      said: /that is the file that is read/,
      status: 2,
    },
    { args: ['watch', '-r', file('good.pcap'), '-i', 'eth0'], said: /-i is for live captures/, status: 2 },
    {
      args: ['dump', `netns:${box}`, '-F', file('none')],
      said: /cannot read the filter file \S+none: ENOENT/,
    },
  ],
};

for (const [name, cases] of Object.entries(mistakes))
  test(name, { skip }, async () => {
    await Promise.all(
      cases().map(async ({ args, said, status = 1, options = {} }) => {
        const ended = await porthole(args, { ...options, env: { ...noDocker, ...options.env } });
        assertClear(ended, said, status, args.join(' '));
        assert.equal(ended.stdout, '', args.join(' '));
      }),
    );
  });

test('a wrong filter shows where it is wrong', { skip }, async () => {
  for (const args of [
    ['dump', `netns:${box}`, 'tcp prt 80'],
    ['dump', '-r', file('good.pcap'), 'tcp', 'prt', '80'],
    ['filter', 'tcp prt 80'],
  ]) {
    const { code, stderr } = await porthole(args, { env: noDocker });
    assert.equal(code, 1);
    assert.match(stderr, /^porthole: filter: unexpected 'prt'\n {2}tcp prt 80\n {6}\^\^\^\nexpected /);
  }
  const { stderr } = await porthole(['dump', `netns:${box}`, '-F', file('filter')]);
  assert.match(stderr, /^porthole: filter: unexpected 'prt'\n {2}prt 80\n {2}\^\^\^\n/);
});

test('a damaged file: everything before is shown, then where and what; status 1', { skip }, async () => {
  const cases = [
    [
      'cut.pcap',
      4,
      new RegExp(
        `cut\\.pcap is damaged at byte ${24 + 4 * recordBytes}: cut off .*; everything before it was read`,
      ),
    ],
    [
      'corrupt.pcap',
      2,
      new RegExp(
        `corrupt\\.pcap is damaged at byte ${24 + 2 * recordBytes}: .*; everything before it was read`,
      ),
    ],
    ['cut.gz', 4, /cut\.gz is damaged or cut off in its compression .*; everything before it was read/],
  ] as const;
  for (const [name, whole, said] of cases) {
    const dump = await porthole(['dump', '-nn', '-r', file(name)]);
    assertClear(dump, said, 1, name);
    assert.ok(dump.stdout.split('\n').length - 1 >= whole, `${name}:\n${dump.stdout}`);
    const watch = await porthole(['watch', '-nn', '-r', file(name)]);
    assert.equal(watch.code, 1);
    assert.match(watch.stdout, /10\.0\.0\.1 -> 10\.0\.0\.2:6 udp \d packets/);
    assert.match(watch.stderr, said);
  }
});

test('an unknown link type: dump shows bytes as tcpdump does, watch says that it cannot', {
  skip,
}, async () => {
  const watch = await porthole(['watch', '-r', file('strange.pcap')]);
  assert.equal(watch.code, 1);
  assert.match(watch.stderr, /^link type 147 is not known: its packets were not decoded/m);
  const dump = await porthole(['dump', '-r', file('strange.pcap')]);
  assert.equal(dump.code, 0);
  assert.match(dump.stdout, /UNSUPPORTED/);
  const filtered = await porthole(['watch', '-r', file('strange.pcap'), 'port', '80']);
  assert.match(filtered.stderr, /^porthole: filter: .* link type 147\n {2}port 80\n/);
});

test('no permission on the Docker socket; another program behind it', { skip }, async () => {
  const path = file('docker.sock');
  const server = createServer((socket) => void socket.end('220 mail.example.org ESMTP\r\n'));
  await new Promise<void>((done) => server.listen(path, done));
  const env = { DOCKER_HOST: `unix://${path}` };
  try {
    assertClear(
      await porthole(['watch', '--runtime', 'docker', 'web'], { env }),
      /does not answer as it should: not an HTTP answer\n/,
      1,
      'mail',
    );
    chownSync(path, 1234, 1234);
    chmodSync(path, 0o600);
    // Root without the capability to override permissions: as any other user.
    const through = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all'];
    assertClear(
      await porthole(['watch', '--runtime', 'docker', 'web'], { env, through }),
      /no permission on the Docker socket .*\n {2}run it with sudo, or become a member of the group 'docker'\n/,
      1,
      'permission',
    );
  } finally {
    server.close();
  }
});

test('without rights: which capability is missing; files can be read all the same', { skip }, async () => {
  const without = (capability: string) => ['setpriv', `--bounding-set=-${capability}`, '--inh-caps=-all'];
  const cases = [
    ['all', /CAP_SYS_ADMIN is missing \(to enter the network namespace\), CAP_NET_RAW is missing .*/],
    ['net_raw', /CAP_NET_RAW is missing \(to open a packet socket\)/],
    ['sys_admin', /CAP_SYS_ADMIN is missing \(to enter the network namespace\)/],
  ] as const;
  for (const [capability, said] of cases) {
    const ended = await porthole(['watch', `netns:${box}`], { through: without(capability) });
    assertClear(
      ended,
      new RegExp(`cannot watch live as this user: ${said.source}.*\n {2}run it as root`),
      1,
      capability,
    );
  }
  const { code, stdout } = await porthole(['dump', '-nn', '-r', file('good.pcap')], {
    through: without('all'),
  });
  assert.equal(code, 0);
  assert.equal(stdout.split('\n').length - 1, 5);
});
