import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIpv4, formatIpv6, formatMac } from './address.ts';

const v6 = (hex: string) => formatIpv6(Uint8Array.from(Buffer.from(hex, 'hex')), 0);

test('IPv6 text follows RFC 5952 section 4', () => {
  assert.equal(v6('20010db8000000000000000000000001'), '2001:db8::1');
  assert.equal(v6('20010db8000000010001000100010001'), '2001:db8:0:1:1:1:1:1');
  assert.equal(v6('20010db8000000000001000000000001'), '2001:db8::1:0:0:1');
  assert.equal(v6('20010000000000010000000000000001'), '2001:0:0:1::1');
  assert.equal(v6('00000000000000000000000000000000'), '::');
  assert.equal(v6('00000000000000000000000000000001'), '::1');
  assert.equal(v6('fe800000000000000000000000000000'), 'fe80::');
  assert.equal(v6('00000000000000000000ffffc0000201'), '::ffff:192.0.2.1');
});

test('IPv4 and MAC', () => {
  const b = Uint8Array.of(9, 192, 0, 2, 255, 1, 0xa);
  assert.equal(formatIpv4(b, 1), '192.0.2.255');
  assert.equal(formatMac(b, 1), 'c0:00:02:ff:01:0a');
});
