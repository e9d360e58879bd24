/**
 * A server and clients that say secrets in every way they know: `serve`, and `visit HOST`. HTTP/1 by Node and
 * HTTP/2 by Node with prior knowledge.
 */
import { createServer, request } from 'node:http';
import { connect, createServer as createHttp2 } from 'node:http2';
import { gzipSync } from 'node:zlib';

export const ports = { http: 8081, http2: 8082 } as const;

/** Words of which none may be left anywhere. */
export const words = {
  basic: 'basicS3cr3t',
  form: 'formS3cr3t',
  bearer: 'bearerS3cr3tbearerS3cr3t',
  cookie: 'cookieS3cr3t',
  json: 'jsonS3cr3t',
  zipped: 'zippedS3cr3t',
  path: 'pathS3cr3t',
  event: 'eventS3cr3t',
  http2: 'http2S3cr3thttp2S3cr3t',
} as const;

function serve(): void {
  createServer((req, res) => {
    req.resume();
    req.on('end', () => {
      if (req.url === '/zipped') {
        res.setHeader('Content-Encoding', 'gzip');
        res.setHeader('Content-Type', 'application/json');
        res.end(gzipSync(JSON.stringify({ user: 'ann', access_token: words.zipped })));
      } else if (req.url === '/events') {
        res.setHeader('Content-Type', 'text/event-stream');
        res.write(`data: {"n":1,"token":"${words.event.slice(0, 5)}`);
        // The rest comes in another segment, and chunk.
        setTimeout(() => res.end(`${words.event.slice(5)}"}\n\n`), 50);
      } else {
        res.setHeader('Set-Cookie', `sid=${words.cookie}; HttpOnly`);
        res.setHeader('Content-Type', 'application/json');
        res.end(JSON.stringify({ user: 'ann', password: words.json, plain: 'this stays' }));
      }
    });
  }).listen(ports.http);
  createHttp2((req, res) => {
    req.resume();
    res.setHeader('set-cookie', `sid=${words.cookie}; HttpOnly`);
    res.setHeader('x-plain', 'this stays');
    res.end(JSON.stringify({ password: words.http2 }));
  }).listen(ports.http2);
}

async function visit(host: string): Promise<void> {
  const get = (path: string, headers: Record<string, string>, body = '') =>
    new Promise<void>((done, reject) => {
      const method = body === '' ? 'GET' : 'POST';
      const req = request({ host, port: ports.http, path, headers, method }, (res) => {
        res.resume();
        res.on('end', done);
      });
      req.on('error', reject);
      req.end(body);
    });
  await get(`/a?token=${words.path}&page=2`, { Authorization: `Bearer ${words.bearer}` });
  await get(
    '/login',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    `user=ann&password=${words.form}`,
  );
  await get('/zipped', { Cookie: `sid=${words.cookie}` });
  await get('/events', {});
  const session = connect(`http://${host}:${ports.http2}`);
  for (const path of ['/one', `/two?token=${words.path}&page=2`])
    await new Promise<void>((done, reject) => {
      const stream = session.request({
        ':path': path,
        authorization: `Bearer ${words.http2}`,
        cookie: `sid=${words.cookie}`,
      });
      stream.on('error', reject);
      stream.on('end', done);
      stream.resume();
      stream.end();
    });
  session.close();
}

if (process.argv[2] === 'serve') serve();
else if (process.argv[2] === 'visit') await visit(process.argv[3]!);
