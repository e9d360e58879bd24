import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, FilterError } from './index.ts';

const resolver = {
  host: (name: string) => (name === 'web' ? ['10.0.0.1', '2001:db8::1'] : undefined),
  service: (name: string, transport: string) =>
    name === 'domain' || (name === 'http' && transport === 'tcp') ? (name === 'http' ? 80 : 53) : undefined,
};

test('and and or bind alike, from the left', () => {
  assert.equal(
    explain('tcp or udp and not arp'),
    `all of
  any of
    TCP over IPv4 or IPv6
    UDP over IPv4 or IPv6
  not: ARP
`,
  );
});

test('what is implied is said', () => {
  const table: [string, RegExp][] = [
    ['', /^every packet$/],
    ['port 80 or 443', /from or to port 80 .*\n.*from or to port 443/],
    ['tcp dst port (80 or 443)', /TCP to port 80.*\n.*TCP to port 443/],
    ['port http', /^TCP from or to port http = 80/],
    ['port domain', /^TCP, UDP or SCTP from or to port domain = 53/],
    ['host web', /address web = 10\.0\.0\.1, 2001:db8::1 \(IPv4, ARP, RARP, IPv6\)/],
    ['src net 10.0.0.0/8', /^from network 10\.0\.0\.0\/8 \(IPv4, ARP, RARP\)$/],
    ['src and dst host ::1', /^both from and to address ::1 \(IPv6\)$/],
    ['ether dst 00:00:5e:00:53:01', /^to MAC address 00:00:5e:00:53:01$/],
    ['ip proto 89', /^IPv4 that carries protocol 89$/],
    ['tcp[13] & 2 != 0', /^tcp\[13\] & 2 != 0 \(in TCP over IPv4, of fragments only the first\)$/],
    ['vlan 5 and ip', /VLAN tag 5; what follows in the filter looks behind it/],
    ['not (tcp or udp)', /^not\n {2}any of\n {4}TCP/],
    ['less 60', /at most 60 bytes/],
    ['net 10.0.0.0 mask 255.0.0.0', /network 10\.0\.0\.0 mask 255\.0\.0\.0/],
  ];
  for (const [expression, told] of table)
    assert.match(explain(expression, resolver).trimEnd(), told, expression);
});

test('what is no filter is not explained', () => {
  assert.throws(() => explain('tcp and'), FilterError);
});
