import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSocketTable } from '../sockets.ts';
import { parseFibTrie, parseIfInet6, parseNetDev } from './addresses.ts';
import { netnsInode, parseCgroups, parseStat } from './stat.ts';

test('a process may be called anything', () => {
  const rest = 'S 7 1 1 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 0';
  for (const comm of ['sh', 'a b', '(sd-pam)', 'x) S 1 (', ''])
    assert.deepEqual(parseStat(`42 (${comm}) ${rest}`), { comm, state: 'S', parent: 7, startTime: '987654' });
  for (const text of ['', '42 sh S', '42 (sh) S 1 2 3', ')(']) assert.equal(parseStat(text), undefined, text);
  assert.equal(netnsInode('net:[4026531840]'), 4026531840);
  assert.equal(netnsInode('mnt:[4026531840]'), 0);
  assert.deepEqual(parseCgroups('12:cpu:/docker/abc\n0::/system.slice/docker-abc.scope\n\nx\n'), [
    '/docker/abc',
    '/system.slice/docker-abc.scope',
  ]);
});

test('addresses: once each, the own ones only', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 172.17.0.0/16 2 0 2
        |-- 172.17.0.0
           /16 link UNICAST
        |-- 172.17.0.2
           /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
Local:
        |-- 172.17.0.2
           /32 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
`;
  assert.deepEqual(parseFibTrie(trie), ['172.17.0.2', '127.0.0.1']);
  assert.deepEqual(
    parseIfInet6(
      'fe800000000000000042acfffe110002 05 40 20 80     eth0\n20010db8000000000000000000000001 05 40 00 80     eth0\njunk\n',
    ),
    [
      { address: 'fe80::42:acff:fe11:2', interface: 'eth0', linkLocal: true },
      { address: '2001:db8::1', interface: 'eth0', linkLocal: false },
    ],
  );
});

test('counters, with the odd spacing of /proc/net/dev', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
eth0:4294967296 7 0 0 0 0 0 0 12 3 0 0 0 0 0 0
`;
  assert.deepEqual(parseNetDev(text), [
    { name: 'lo', rxBytes: 100, rxPackets: 2, txBytes: 100, txPackets: 2 },
    { name: 'eth0', rxBytes: 4294967296, rxPackets: 7, txBytes: 12, txPackets: 3 },
  ]);
});

test('sockets with a port and an owner', () => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const line = (port: string, state: string, inode: number) =>
    `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0\n`;
  const table =
    head + line('1F90', '0A', 7) + line('1F91', '01', 8) + line('1F92', '06', 0) + line('0000', '07', 9);
  assert.deepEqual(parseSocketTable(table, 'tcp'), [
    { protocol: 'tcp', port: 8080, listening: true, inode: 7 },
    { protocol: 'tcp', port: 8081, listening: false, inode: 8 },
  ]);
});
