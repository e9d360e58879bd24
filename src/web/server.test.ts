import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { type PageFile, pageFile } from './files.ts';
import { decodeFrame, encodeFrame } from './frame.ts';
import { type PageServer, startServer } from './server.ts';

const page = new TextEncoder().encode('<!doctype html><title>the page</title>');
const files = new Map<string, PageFile>([
  ['/index.html', pageFile('index.html', page)],
  ['/app.js', pageFile('app.js', new TextEncoder().encode('export {};'))],
]);

let server: PageServer;
let token: string;
let cookie: string;
const received: unknown[] = [];
let closed = 0;

before(async () => {
  server = await startServer({ address: '127.0.0.1', ports: [0], files });
  token = new URL(server.url).searchParams.get('token')!;
  cookie = `porthole-${server.port}=${token}`;
  server.talk((outbox) => ({
    receive(message) {
      received.push(message);
      outbox.answer(encodeFrame({ id: 1, is: message }));
    },
    close() {
      closed++;
    },
  }));
});
after(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((done, failed) => {
    // The path as it is: what URL() makes of `..` is not what a tool sends.
    const asked = request(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          done({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      },
    );
    asked.on('error', failed);
    asked.end();
  });
}

const own = () => ({ Cookie: cookie });

test('the URL that was printed gives a cookie that scripts cannot read, and a page that goes on', async () => {
  const { status, headers, body } = await ask(`/?token=${token}`, { 'Sec-Fetch-Site': 'cross-site' });
  assert.equal(status, 200);
  assert.equal(headers['set-cookie']?.[0], `${cookie}; HttpOnly; SameSite=Strict; Path=/`);
  assert.match(body.toString(), /http-equiv=refresh content="0;url=\/"/);
  assert.doesNotMatch(body.toString(), new RegExp(token));
});

test('without the token, with a wrong one, by a foreign page, under a foreign name: nothing', async () => {
  const refused: readonly (readonly [number, string, Record<string, string>])[] = [
    [401, '/', {}],
    [401, '/app.js', {}],
    [401, '/?token=', {}],
    [401, '/?token=wrong', {}],
    [401, `/app.js?token=${token}`, {}],
    [401, '/', { Cookie: `porthole-${server.port}=wrong` }],
    [403, '/app.js', { ...own(), Origin: 'http://evil.example' }],
    [403, '/app.js', { ...own(), Origin: `http://127.0.0.1:${server.port + 1}` }],
    [403, '/app.js', { ...own(), Origin: 'null' }],
    [403, '/app.js', { ...own(), 'Sec-Fetch-Site': 'cross-site' }],
    [403, '/app.js', { ...own(), 'Sec-Fetch-Site': 'same-site' }],
    [403, '/', { ...own(), Host: 'evil.example' }],
    [403, '/', { ...own(), Host: `evil.example:${server.port}` }],
    [403, `/?token=${token}`, { Host: `evil.example:${server.port}` }],
  ];
  for (const [expected, path, headers] of refused) {
    const { status, body, headers: told } = await ask(path, headers);
    assert.equal(status, expected, `${path} ${JSON.stringify(headers)}`);
    assert.equal(told['set-cookie'], undefined);
    assert.doesNotMatch(body.toString(), /the page|export/);
  }
});

test('whoever has the cookie gets the files, pressed as the browser likes', async () => {
  const plain = await ask('/', own());
  assert.equal(plain.status, 200);
  assert.deepEqual(new Uint8Array(plain.body), page);
  const brotli = await ask('/', { ...own(), 'Accept-Encoding': 'gzip, deflate, br' });
  assert.equal(brotli.headers['content-encoding'], 'br');
  assert.deepEqual(new Uint8Array(brotliDecompressSync(brotli.body)), page);
  const gzip = await ask('/', { ...own(), 'Accept-Encoding': 'gzip, br;q=0' });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.deepEqual(new Uint8Array(gunzipSync(gzip.body)), page);
  const again = await ask('/', { ...own(), 'If-None-Match': plain.headers.etag! });
  assert.equal(again.status, 304);
  // Through a tunnel the port is another one.
  const tunnel = await ask('/', { ...own(), Host: 'localhost:9000', Origin: 'http://localhost:9000' });
  assert.equal(tunnel.status, 200);
});

test('every answer forbids what could come from elsewhere', async () => {
  for (const { headers } of [await ask('/', own()), await ask('/'), await ask('/nothing', own())]) {
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|http|\*/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('no path leads anywhere but to the page', async () => {
  const paths = [
    ...['/../package.json', '/..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/etc/passwd'],
    ...['/index.html/', '/app.js/../../package.json', '/./app.js', '/app.js%00', '/\\..\\package.json'],
    ...['/__proto__', '/constructor', '/toString', 'http://evil.example/', '/app.js.map', '/server.ts'],
  ];
  for (const path of paths) assert.equal((await ask(path, own())).status, 404, path);
});

test('only GET and HEAD', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    assert.equal((await ask('/', own(), method)).status, 405, method);
  const head = await ask('/', own(), 'HEAD');
  assert.equal(head.status, 200);
  assert.equal(head.body.length, 0);
});

test('headers that never end are cut off', async () => {
  const { status } = await ask('/', { ...own(), 'X-Long': 'x'.repeat(20_000) });
  assert.equal(status, 431);
});

function channel(headers: Record<string, string>, path = '/channel'): Promise<WebSocket | number> {
  return new Promise((done, failed) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('open', () => done(socket));
    socket.on('unexpected-response', (_, answer) => done(answer.statusCode!));
    socket.on('error', failed);
  });
}

const origin = () => `http://127.0.0.1:${server.port}`;

test('the channel: cookie, origin and host are all needed', async () => {
  const refused: readonly (readonly [number, Record<string, string>, string?])[] = [
    [401, { Origin: origin() }],
    [401, { Origin: origin(), Cookie: `porthole-${server.port}=wrong` }],
    [403, { ...own() }],
    [403, { ...own(), Origin: 'http://evil.example' }],
    [403, { ...own(), Origin: 'http://evil.example', Host: 'evil.example' }],
    [403, { ...own(), Origin: `http://127.0.0.1:${server.port + 1}` }],
    [404, { ...own(), Origin: origin() }, '/other'],
    [401, { Origin: origin() }, `/channel?token=wrong`],
  ];
  for (const [expected, headers, path] of refused)
    assert.equal(await channel(headers, path), expected, JSON.stringify(headers));
});

const closeOf = (socket: WebSocket) =>
  new Promise<number>((done) => socket.on('close', (code) => done(code)));

test('what is said on it arrives, and the answer comes back', async () => {
  const socket = (await channel({ ...own(), Origin: origin() })) as WebSocket;
  const answer = new Promise<unknown>((done) =>
    socket.on('message', (data: Buffer) => done(decodeFrame(new Uint8Array(data)))),
  );
  socket.send(encodeFrame({ ask: 'x' }));
  assert.deepEqual(await answer, { id: 1, is: { ask: 'x' } });
  const before = closed;
  const gone = closeOf(socket);
  socket.close();
  await gone;
  // Told when the server has seen it too.
  while (closed === before) await new Promise((done) => setImmediate(done));
});

test('a message that is too long, or is no frame, ends that channel alone', async () => {
  const other = (await channel({ ...own(), Origin: origin() })) as WebSocket;
  const count = received.length;
  const long = (await channel({ ...own(), Origin: origin() })) as WebSocket;
  const ended = closeOf(long);
  long.on('error', () => {});
  long.send(new Uint8Array(65 * 1024));
  assert.ok([1006, 1009].includes(await ended));
  for (const nonsense of ['text', new Uint8Array([1, 2, 3])]) {
    const socket = (await channel({ ...own(), Origin: origin() })) as WebSocket;
    const gone = closeOf(socket);
    socket.send(nonsense);
    assert.equal(await gone, 1003);
  }
  assert.equal(received.length, count);
  const answer = new Promise((done) => other.once('message', done));
  other.send(encodeFrame({ still: 'here' }));
  await answer;
  other.terminate();
});

test('so many tabs and no more', async () => {
  const sockets: WebSocket[] = [];
  let refused = 0;
  for (let i = 0; i < 20; i++) {
    const one = await channel({ ...own(), Origin: origin() });
    if (typeof one === 'number') refused = one;
    else sockets.push(one);
  }
  assert.equal(refused, 503);
  assert.equal(sockets.length, 16);
  for (const socket of sockets) socket.terminate();
});

test('bytes that are no HTTP harm nobody', async () => {
  await new Promise<void>((done) => {
    const socket = connect(server.port, '127.0.0.1', () =>
      socket.end('\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n'),
    );
    socket.on('error', () => {});
    socket.on('close', () => done());
    socket.resume();
  });
  assert.equal((await ask('/', own())).status, 200);
});
