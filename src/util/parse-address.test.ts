import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import { formatIpv6 } from './address.ts';
import { parseIpv4, parseIpv6 } from './parse-address.ts';

const parts = [
  '0',
  '1',
  '255',
  '256',
  '01',
  'ffff',
  'FFFF',
  '12345',
  ':',
  ':',
  ':',
  '::',
  '.',
  '.',
  '1.2.3.4',
  'g',
  '%',
];

test('an address is what the platform takes for one', () => {
  let state = 7;
  const below = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  let good = 0;
  const into = new Uint8Array(16);
  for (let i = 0; i < 200_000; i++) {
    let text = '';
    for (let n = below(16); n > 0; n--) text += parts[below(parts.length)];
    // Scoped addresses (%eth0) are no matter of a packet.
    if (text.includes('%')) assert.equal(parseIpv6(text, into), false, text);
    else assert.equal(parseIpv6(text, into), isIPv6(text), text);
    assert.equal(parseIpv4(text) >= 0, isIPv4(text), text);
    if (isIPv6(text)) good++;
  }
  assert.ok(good > 50, `${good} addresses among them`);
});

test('the bytes are the address', () => {
  assert.equal(parseIpv4('192.0.2.255'), 0xc00002ff);
  assert.equal(parseIpv4('255.255.255.255'), 0xffffffff);
  assert.equal(parseIpv4('1.2.3'), -1);
  assert.equal(parseIpv4('1.2.3.4.5'), -1);
  assert.equal(parseIpv4('1.2.3.04'), -1);
  const into = new Uint8Array(16);
  for (const [text, canonical] of [
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['0:0:1::', '0:0:1::'],
  ] as const) {
    assert.equal(parseIpv6(text, into), true, text);
    assert.equal(formatIpv6(into, 0), canonical);
  }
});
