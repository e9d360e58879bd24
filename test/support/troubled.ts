/**
 * A server that has everything statistics are about, and a client that meets it all. Run by itself:
 * `node troubled.ts serve` and `node troubled.ts visit ADDRESS BLACKHOLE [ROUNDS]`.
 */
import { createSocket } from 'node:dgram';
import { createServer, request } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const ports = { http: 8000, deaf: 8001, resets: 8002, refuses: 8003, dns: 53 };
/** What a visit of one round does. */
export const visits = { items: 20, fails: 2, slow: 1, lookups: 3 };
export const slowMs = 120;
/** How long the deaf server reads nothing, and what it is sent: more than any buffers hold. */
const deafMs = 400;
const deafBytes = 8 * 1024 * 1024;
/** SYNs are repeated after one second and after three (RFC 6298 section 2.1). */
const blackholeMs = 1500;

function serve(): void {
  createServer((req, res) => {
    const url = req.url ?? '';
    if (url.startsWith('/fail')) res.statusCode = 500;
    setTimeout(() => res.end('{"ok":true}'), url.startsWith('/slow') ? slowMs : 0);
  }).listen(ports.http);
  createTcpServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    setTimeout(() => socket.resume(), deafMs);
  }).listen(ports.deaf);
  createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  }).listen(ports.resets);
  const dns = createSocket('udp4', (question, from) => {
    const answer = Buffer.from(question);
    // QR and RA; NXDOMAIN (RFC 1035 section 4.1.1).
    answer[2] = answer[2]! | 0x80;
    answer[3] = 0x83;
    dns.send(answer, from.port, from.address);
  });
  dns.bind(ports.dns);
}

function ask(host: string, path: string): Promise<void> {
  return new Promise((done, fail) => {
    const options = { host, port: ports.http, path, agent: false };
    request(options, (res) => res.resume().once('end', done))
      .once('error', fail)
      .end();
  });
}

/** Resolves when the connection is over, however. @param isLast nothing is sent after these bytes */
function touch(host: string, port: number, bytes = 0, limitMs = 10_000, isLast = true): Promise<void> {
  return new Promise((done) => {
    const socket = connect({ host, port }, () => {
      if (bytes > 0) socket.write(Buffer.alloc(bytes));
      if (bytes > 0 && isLast) socket.end();
    });
    socket.setTimeout(limitMs, () => socket.destroy());
    socket.once('error', () => {}).once('close', () => done());
    socket.resume();
  });
}

/** A question for `nowhere.example`, type A. */
function lookUp(host: string, id: number): Promise<void> {
  const head = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([head, Buffer.from('\x07nowhere\x07example\0\0\x01\0\x01', 'latin1')]);
  const socket = createSocket('udp4');
  return new Promise((done) => {
    socket.once('message', () => {
      socket.close();
      done();
    });
    socket.send(question, ports.dns, host);
  });
}

async function visit(host: string, blackhole: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < visits.items; i++) await ask(host, `/items/${round * 1000 + i}?token=s3cret`);
    for (let i = 0; i < visits.fails; i++) await ask(host, '/fail');
    for (let i = 0; i < visits.slow; i++) await ask(host, '/slow');
    for (let i = 0; i < visits.lookups; i++) await lookUp(host, round * 100 + i + 1);
    await touch(host, ports.refuses);
    // Without a FIN, which would make the reset a way to say goodbye.
    await touch(host, ports.resets, 1, 10_000, false);
    await Promise.all([touch(host, ports.deaf, deafBytes), touch(blackhole, 9, 0, blackholeMs)]);
    await sleep(20);
  }
}

if (process.argv[1] === import.meta.filename) {
  const [what, host = '', blackhole = '', rounds = '1'] = process.argv.slice(2);
  if (what === 'serve') serve();
  else await visit(host, blackhole, Number(rounds));
}
