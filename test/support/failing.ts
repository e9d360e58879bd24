/**
 * A server of everything that fails, and a client that reports what it was told by its own kernel. Run by itself:
 * `node failing.ts serve` and `node failing.ts KIND ADDRESS PORT`, which prints an errno's name, or what it got.
 */
import { createSocket } from 'node:dgram';
import { createServer, request } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';

export const ports = { http: 8000, resets: 8002, deaf: 8003, closed: 8009, dns: 53, closedUdp: 8010 };
/** Beyond any MTU on the way. */
export const largeBody = 8000;
/** SYNs are sent after 0, 1 and 3 s (RFC 6298 section 2.1), or each second. */
const connectLimitMs = 3500;
/** Long enough for a silence to be one. */
const silenceMs = 1300;

function serve(): void {
  createServer((req, res) => {
    req.resume();
    if (req.url === '/half') {
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('half of it', () => setImmediate(() => req.socket.resetAndDestroy()));
    } else if (req.url === '/reset') req.socket.resetAndDestroy();
    else if (req.url === '/hang-up') req.socket.end();
    else req.on('end', () => res.end('ok'));
  }).listen(ports.http, '::');
  // SO_LINGER 0: what close(2) does then is a RST.
  createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  }).listen(ports.resets, '::');
  createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
  }).listen(ports.deaf, '::');
}

const codeOf = (error: NodeJS.ErrnoException) => error.code ?? error.message;

/** A word over TCP; what came of it. */
function word(host: string, port: number, waitMs: number): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host, port }, () => socket.write('\x01\x02question'));
    socket.setTimeout(waitMs, () => {
      done('timeout');
      socket.destroy();
    });
    socket.once('error', (error) => done(codeOf(error)));
    socket.once('close', () => done('closed'));
    socket.on('data', () => {});
  });
}

function http(host: string, port: number, path: string, body = ''): Promise<string> {
  return new Promise((done) => {
    const method = body === '' ? 'GET' : 'POST';
    request({ host, port, path, method, agent: false }, (res) => {
      res.once('error', (error) => done(codeOf(error)));
      res.resume().once('end', () => done(String(res.statusCode)));
    })
      .once('error', (error) => done(codeOf(error)))
      .end(body);
  });
}

/** A datagram from a connected socket: only such a one is told of ICMP errors. */
function datagram(host: string, port: number, payload: Buffer): Promise<string> {
  return new Promise((done) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const end = (text: string) => {
      socket.close();
      done(text);
    };
    socket.once('error', (error) => end(codeOf(error)));
    socket.once('message', () => end('answer'));
    socket.connect(port, host, () => socket.send(payload));
  });
}

/** `nowhere.example`, type A. */
const question = Buffer.concat([
  Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  Buffer.from('\x07nowhere\x07example\0\0\x01\0\x01', 'latin1'),
]);

const kinds: Readonly<Record<string, (host: string, port: number) => Promise<string>>> = {
  tcp: (host, port) => word(host, port, connectLimitMs),
  silence: (host, port) => word(host, port, silenceMs),
  udp: (host, port) => datagram(host, port, Buffer.from('hello')),
  dns: (host, port) => datagram(host, port, question),
  get: (host, port) => http(host, port, '/'),
  half: (host, port) => http(host, port, '/half'),
  reset: (host, port) => http(host, port, '/reset'),
  hangUp: (host, port) => http(host, port, '/hang-up'),
  post: (host, port) => http(host, port, '/', 'x'.repeat(largeBody)),
};

if (process.argv[1] === import.meta.filename) {
  const [what = '', host = '', port = ''] = process.argv.slice(2);
  if (what === 'serve') serve();
  else {
    process.stdout.write(await kinds[what]!(host, Number(port)));
    process.exit();
  }
}
