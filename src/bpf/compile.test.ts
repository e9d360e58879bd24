import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkType } from '../model/index.ts';
import { type CompileOptions, compile, createMatcher, disassemble, FilterError } from './index.ts';
import { JA, JMP } from './opcodes.ts';
import { findFault } from './vm.ts';

const ethernet = { linktype: LinkType.ethernet };

/** Ethernet, IPv4 without options, TCP or UDP. */
function packet({ source = '10.0.0.1', destination = '10.0.0.2', protocol = 6, ports = [1024, 80] } = {}) {
  const address = (text: string) => text.split('.').map(Number);
  const port = (n: number) => [n >> 8, n & 255];
  const ip = [0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, ...address(source), ...address(destination)];
  const transport = [...port(ports[0]!), ...port(ports[1]!), ...new Array<number>(16).fill(0)];
  return Uint8Array.from([...new Array<number>(12).fill(0), 8, 0, ...ip, ...transport]);
}

function matches(expression: string, bytes: Uint8Array, options: Partial<CompileOptions> = {}): boolean {
  return createMatcher(compile(expression, { ...ethernet, ...options }))(
    bytes,
    0,
    bytes.length,
    bytes.length,
  );
}

function limit(expression: string): string {
  try {
    compile(expression, ethernet);
  } catch (error) {
    assert.ok(error instanceof FilterError && error.reason === 'limit', `${error}`);
    return error.message;
  }
  return assert.fail('accepted');
}

test('an empty filter accepts everything', () => {
  for (const expression of ['', '  \n'])
    assert.deepEqual(compile(expression, { linktype: 147, snaplen: 96 }).instructions, [
      { code: 6, jt: 0, jf: 0, k: 96 },
    ]);
  assert.equal(matches('', new Uint8Array(0)), true);
});

test('what tcpdump -d prints', () => {
  // tcpdump 4.99.3, libpcap 1.10.3
  const printed = `(000) ldh      [12]
(001) jeq      #0x86dd          jt 2	jf 8
(002) ldb      [20]
(003) jeq      #0x6             jt 4	jf 19
(004) ldh      [54]
(005) jeq      #0x50            jt 18	jf 6
(006) ldh      [56]
(007) jeq      #0x50            jt 18	jf 19
(008) jeq      #0x800           jt 9	jf 19
(009) ldb      [23]
(010) jeq      #0x6             jt 11	jf 19
(011) ldh      [20]
(012) jset     #0x1fff          jt 19	jf 13
(013) ldxb     4*([14]&0xf)
(014) ldh      [x + 14]
(015) jeq      #0x50            jt 18	jf 16
(016) ldh      [x + 16]
(017) jeq      #0x50            jt 18	jf 19
(018) ret      #262144
(019) ret      #0
`;
  assert.equal(disassemble(compile('tcp port 80', ethernet), 'd'), printed);
});

test('the classic filter for segments with data', () => {
  const expression = '(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)';
  const bytes = packet();
  bytes[14 + 20 + 12] = 0x50;
  assert.equal(matches(expression, bytes), false);
  bytes[14 + 3] = 41;
  assert.equal(matches(expression, bytes), true);
});

test('packets that end early match nothing that lies beyond', () => {
  const whole = packet();
  for (let length = 0; length < 14 + 20 + 4; length++)
    assert.equal(matches('tcp dst port 80', whole.slice(0, length)), false, `${length}`);
  assert.equal(matches('tcp dst port 80', whole.slice(0, 14 + 20 + 4)), true);
});

test('names come from the resolver', () => {
  const resolver = {
    host: (name: string) => (name === 'web' ? ['10.0.0.2', '2001:db8::2'] : undefined),
    service: (name: string, transport: string) => (name === 'app' && transport === 'tcp' ? 80 : undefined),
    protocol: (name: string) => (name === 'six' ? 6 : undefined),
    network: (name: string) => (name === 'lan' ? '10' : undefined),
    ether: (name: string) => (name === 'gate' ? '0:0:0:0:0:0' : undefined),
  };
  const all = [
    'dst host web',
    'host web and 10.0.0.1',
    'port app',
    'ip proto six',
    'net lan',
    'ether host gate',
  ];
  for (const expression of all) assert.equal(matches(expression, packet(), { resolver }), true, expression);
  assert.equal(matches('port app', packet({ protocol: 17 }), { resolver }), false);
  assert.equal(matches('src host web', packet(), { resolver }), false);
});

test('the netmask tells broadcasts', () => {
  const bytes = packet({ destination: '10.0.0.255' });
  assert.equal(matches('ip broadcast', bytes), false);
  assert.equal(matches('ip broadcast', bytes, { netmask: 0xffffff00 }), true);
  assert.equal(matches('ip broadcast', packet({ destination: '255.255.255.255' })), true);
});

test('without the optimizer the verdicts are the same', () => {
  const expressions = [
    'tcp port 80 or 443 and not host 10.0.0.3',
    'ip[8] * 2 > ip[9] + 100 or udp',
    'not (src net 10.0.0.0/8 and dst portrange 1-100)',
  ];
  const packets = [6, 17].flatMap((protocol) =>
    ['10.0.0.2', '10.0.0.3', '192.0.2.1'].flatMap((destination) =>
      [80, 443, 5000].map((port) => packet({ protocol, destination, ports: [1024, port] })),
    ),
  );
  for (const expression of expressions) {
    const [short, long] = [true, false].map((optimize) => compile(expression, { ...ethernet, optimize }));
    assert.ok(short!.instructions.length < long!.instructions.length);
    const [a, b] = [createMatcher(short!), createMatcher(long!)];
    for (const bytes of packets)
      assert.equal(
        a(bytes, 0, bytes.length, bytes.length),
        b(bytes, 0, bytes.length, bytes.length),
        expression,
      );
  }
});

test('live, the outer VLAN tag is metadata; further ones and those in files are in the packet', () => {
  const live = disassemble(compile('vlan 5', { ...ethernet, live: true }));
  assert.match(live, /\[vlanp\]/);
  assert.match(live, /\[vlan_tci\]/);
  const stacked = disassemble(compile('vlan and vlan 7 and ip', { ...ethernet, live: true }));
  assert.match(stacked, /\[x \+ 14\]/);
  assert.doesNotMatch(disassemble(compile('vlan 5', ethernet)), /vlan/);
});

test('jumps farther than 255 instructions go by ja', () => {
  const hosts = Array.from({ length: 600 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  const program = compile(`tcp and (dst host ${hosts.join(' or dst host ')}) and dst port 80`, ethernet);
  assert.ok(program.instructions.some(({ code }) => code === (JMP | JA)));
  assert.equal(findFault(program.instructions), '');
  const matcher = createMatcher(program);
  const verdict = (bytes: Uint8Array) => matcher(bytes, 0, bytes.length, bytes.length);
  for (const destination of [hosts[0]!, hosts[300]!, hosts[599]!]) {
    assert.equal(verdict(packet({ destination })), true);
    assert.equal(verdict(packet({ destination, ports: [80, 81] })), false);
  }
  assert.equal(verdict(packet({ destination: '10.2.0.0' })), false);
});

test('too much is refused, and told', () => {
  assert.match(limit('('.repeat(10_000)), /200 levels/);
  assert.match(limit('not '.repeat(10_000)), /200 levels/);
  assert.match(limit(`${'ip['.repeat(500)}0`), /200 levels/);
  assert.match(limit(`len > ${'-'.repeat(1000)}1`), /200 arithmetic operators/);
  assert.match(limit(`len > ${'1 + '.repeat(1000)}1`), /200 arithmetic operators/);
  assert.match(limit(' '.repeat(100_000)), /characters/);
  const ports = Array.from({ length: 3000 }, (_, i) => `port ${i}`).join(' or ');
  assert.match(limit(ports), /tests/);
  const hosts = Array.from({ length: 1500 }, (_, i) => `host 10.0.${i >> 8}.${i & 255}`).join(' or ');
  assert.match(limit(hosts), /\d+ instructions/);
});

test('up to there it goes', () => {
  const lists = [
    Array.from({ length: 1300 }, (_, i) => `host 10.1.${i >> 8}.${i & 255}`),
    Array.from({ length: 2500 }, (_, i) => `src 10.1.${i >> 8}.${i & 255}`),
    Array.from({ length: 1000 }, (_, i) => `port ${i}`),
    Array.from({ length: 400 }, (_, i) => `(src host 10.1.${i >> 8}.${i & 255} and tcp dst port ${i})`),
  ];
  for (const list of lists)
    assert.equal(
      matches(list.join(' or '), packet({ source: '10.1.0.80', destination: '10.1.0.81', ports: [80, 80] })),
      true,
    );
  const depth = 190;
  assert.equal(matches(`${'('.repeat(depth)}tcp${')'.repeat(depth)}`, packet()), true);
  assert.equal(matches(`${'not '.repeat(depth)}tcp`, packet()), true);
  const sum = `len > ${'ip[8] + '.repeat(190)}1`;
  assert.equal(matches(sum, packet()), false);
  const nested = `ip[8] - (`.repeat(12);
  assert.equal(typeof matches(`${nested}ip[0]${')'.repeat(12)} > 0`, packet()), 'boolean');
});
