/** What is asked of a packet within another is what would be asked of it alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkType } from '../model/index.ts';
import { compile, createMatcher } from './index.ts';
import { packetsOf } from './testing/packets.ts';

const ethernet = LinkType.ethernet;
const frames = packetsOf(ethernet, 400).filter(({ bytes, length }) => bytes.length === length);

const ofNetwork = [
  ...['ip', 'ip6', 'arp', 'tcp', 'udp port 53', 'tcp port 80 or 443', 'host 10.0.0.1', 'net 2001:db8::/32'],
  ...[
    'tcp[13] & 2 != 0',
    'ip[8] > 60',
    'ip6[7] = 64',
    'not tcp',
    'icmp or icmp6',
    'portrange 1-100 and not arp',
  ],
  ...['vlan 5 and ip', 'mpls and tcp', 'pppoes and ip6'],
];
const ofLink = [
  'ether host 00:00:5e:00:53:01',
  'broadcast',
  'multicast',
  'ether[0] & 1 = 0',
  'ether proto 0x86dd',
];

function matcher(expression: string): (bytes: Uint8Array) => boolean {
  const matches = createMatcher(compile(expression, { linktype: ethernet }));
  return (bytes) => matches(bytes, 0, bytes.length, bytes.length);
}

const u16 = (n: number) => [n >> 8, n & 255];
const macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

function overUdp(port: number, payload: readonly number[], n: number): Uint8Array {
  const udp = [...u16(1024), ...u16(port), ...u16(8 + payload.length), 0, 0, ...payload];
  const addresses = new Array<number>(32).fill(9);
  if (n % 3 === 0)
    return Uint8Array.from([
      ...macs,
      0x86,
      0xdd,
      0x60,
      0,
      0,
      0,
      ...u16(udp.length),
      17,
      64,
      ...addresses,
      ...udp,
    ]);
  const words = n % 3 === 1 ? 5 : 8;
  const options = new Array<number>(4 * words - 20).fill(1);
  const ip = [
    0x40 | words,
    0,
    ...u16(4 * words + udp.length),
    0,
    0,
    0,
    0,
    64,
    17,
    0,
    0,
    ...addresses.slice(0, 8),
    ...options,
  ];
  return Uint8Array.from([...macs, 8, 0, ...ip, ...udp]);
}

function compare(
  prefix: string,
  expressions: readonly string[],
  wrap: (frame: Uint8Array, n: number) => Uint8Array,
) {
  let matched = 0;
  for (const expression of expressions) {
    const [within, alone] = [matcher(`${prefix} and (${expression})`), matcher(expression)];
    frames.forEach(({ bytes }, n) => {
      const expected = alone(bytes);
      if (expected) matched++;
      const outer = wrap(bytes, n);
      assert.equal(within(outer), expected, `${prefix} ${expression} ${Buffer.from(outer).toString('hex')}`);
    });
  }
  assert.ok(matched > 100);
}

test('VXLAN over IPv4 with and without options, and IPv6', () => {
  const wrap = (network: number) => (frame: Uint8Array, n: number) =>
    overUdp(4789, [8, 0, 0, 0, ...u16(network >> 8), network & 255, 0, ...frame], n);
  compare('vxlan', [...ofNetwork, ...ofLink], wrap(5));
  compare('vxlan 70000', ofNetwork, wrap(70000));
  const outer = wrap(5)(frames[0]!.bytes, 1);
  assert.equal(matcher('vxlan 5')(outer), true);
  assert.equal(matcher('vxlan 6')(outer), false);
  assert.equal(matcher('vxlan or tcp')(frames[0]!.bytes), matcher('vxlan')(frames[0]!.bytes));
});

test('Geneve with and without options', () => {
  compare('geneve 5', [...ofNetwork, ...ofLink], (frame, n) => {
    const words = n % 4;
    const options = new Array<number>(4 * words).fill(7);
    return overUdp(6081, [words, 0, 0x65, 0x58, 0, 0, 5, 0, ...options, ...frame], n);
  });
});

test('a tunnel within a tunnel', () => {
  compare('vxlan and geneve', ['tcp port 80', 'host 10.0.0.1', 'arp or ip6', 'broadcast'], (frame, n) =>
    overUdp(
      4789,
      [8, 0, 0, 0, 0, 0, 1, 0, ...overUdp(6081, [0, 0, 0x65, 0x58, 0, 0, 5, 0, ...frame], n)],
      n + 1,
    ),
  );
});

test('a VLAN tag, and two', () => {
  const tag = (frame: Uint8Array, n: number) =>
    Uint8Array.from([...frame.slice(0, 12), 0x81, 0, 0x20, n % 16, ...frame.slice(12)]);
  const expressions = [...ofNetwork, 'ether host 00:00:5e:00:53:01'];
  compare('vlan', expressions, tag);
  compare('vlan and vlan', expressions, (frame, n) => tag(tag(frame, n), 3));
});

test('vxlan is a word only where no name can stand', () => {
  const resolver = { host: (name: string) => (name === 'vxlan' ? ['10.0.0.1'] : undefined) };
  for (const expression of ['host vxlan', 'host 10.0.0.2 or vxlan', 'host \\vxlan'])
    assert.doesNotThrow(() => compile(expression, { linktype: ethernet, resolver }), expression);
});
