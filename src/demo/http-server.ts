/** The demo's server: a page, an order, a failure, something slow, something missing. */
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { addresses, apiPort } from './addresses.ts';

const catalogue = gzipSync(
  JSON.stringify({
    items: Array.from({ length: 12 }, (_, i) => ({
      id: i + 1,
      name: `porthole no. ${i + 1}`,
      price: 40 + i,
    })),
  }),
);

export function serveHttp(): Promise<void> {
  const server = createServer((request, response) => {
    switch (request.url?.split('?')[0]) {
      case '/file.txt':
        response.setHeader('content-type', 'text/plain');
        response.end('I am Server\n');
        break;
      case '/catalogue':
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(catalogue);
        break;
      case '/orders':
        request.resume().on('end', () => {
          response.writeHead(201, { 'content-type': 'application/json', location: '/orders/4711' });
          response.end(JSON.stringify({ id: 4711, state: 'accepted' }));
        });
        break;
      case '/slow':
        setTimeout(() => response.end('at last\n'), 400);
        break;
      case '/broken':
        response.writeHead(503, { 'retry-after': '5' }).end('database is away\n');
        break;
      default:
        response.writeHead(404).end('no such page\n');
    }
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => server.listen(apiPort, addresses.api, resolve));
}
