import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../../../test/support/need.ts';
import { upbeat } from '../../../test/support/upbeat.ts';
import { linkedTls } from './executable.ts';
import { hidepid } from './machine.ts';
import { parseMaps } from './processes.ts';
import { listenersOf, parseInetTable, parseProtocols } from './sockets.ts';

test('libraries by what is mapped', () => {
  const line = (path: string) => `7f0000000000-7f0000001000 r-xp 00000000 08:01 123    ${path}\n`;
  const text = [
    '/usr/sbin/nginx',
    '/usr/lib/x86_64-linux-gnu/libssl.so.3',
    '/usr/lib/x86_64-linux-gnu/libssl.so.3',
    '/usr/lib/libssl3.so',
    '/app/my lib/libgnutls.so.30.34.3 (deleted)',
    '/usr/lib/libsslcommon.so',
  ].map(line);
  assert.deepEqual(
    parseMaps(`${text.join('')}7ffc000-7ffd000 rw-p 00000000 00:00 0    [stack]\n`).map((t) => [
      t.library,
      t.how,
    ]),
    [
      ['OpenSSL', 'mapped'],
      ['NSS', 'mapped'],
      ['GnuTLS', 'mapped'],
    ],
  );
});

test('TLS that is linked in: Node brings OpenSSL along, a small static program nothing', {
  skip: need('linux', 'cc'),
}, () => {
  assert.deepEqual(linkedTls(process.execPath), [
    { library: 'OpenSSL', how: 'static', path: process.execPath },
  ]);
  assert.deepEqual(linkedTls(upbeat()), []);
  assert.deepEqual(linkedTls('/proc/self/status'), []);
  assert.deepEqual(linkedTls('/nowhere'), []);
});

test('tables of sockets', () => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const tcp = `${head}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0\n   1: 0100007F:1F90 0200007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 78 1 0\n`;
  const tcp6 = `${head}   0: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79 1 0\n`;
  const sockets = [...parseInetTable(tcp, 'tcp'), ...parseInetTable(tcp6, 'tcp')];
  assert.deepEqual(
    sockets.map((s) => [s.address, s.port, s.state, s.inode]),
    [
      ['127.0.0.1', 8080, 'listen', 77],
      ['127.0.0.1', 8080, 'established', 78],
      ['2001:db8::1', 80, 'listen', 79],
    ],
  );
  assert.deepEqual(
    listenersOf(sockets, new Map([[77, [5]]])).map((l) => [l.port, l.pids]),
    [
      [8080, [5]],
      [80, []],
    ],
  );
  const protocols = `protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em
XDP        960      2      -1   NI       0   no   kernel      n  n  n
PACKET    1472      0      -1   NI       0   no   kernel      n  n  n
`;
  assert.deepEqual(parseProtocols(protocols), [{ protocol: 'XDP', sockets: 2 }]);
});

test('hidepid, by number and by word', () => {
  const mount = (options: string) => `22 28 0:21 / /proc rw,nosuid - proc proc rw${options}\n`;
  assert.deepEqual(
    ['', ',hidepid=2', ',hidepid=invisible', ',hidepid=noaccess'].map(mount).map(hidepid),
    [0, 2, 2, 1],
  );
  assert.equal(hidepid('29 28 0:22 / /srv/proc rw - proc proc rw,hidepid=2\n'), 0);
});
