/** The page's server: files, the way in, the channel. It asks nobody anything and opens no file. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type Access,
  type Asked,
  channelRefusalOf,
  cookieName,
  entryRefusalOf,
  newToken,
  refusalOf,
} from './access.ts';
import { encodingOf, type PageFile } from './files.ts';
import { decodeFrame } from './frame.ts';
import { commonHeaders } from './headers.ts';
import { Outbox } from './outbox.ts';

/** What speaks with one browser. */
export interface Talk {
  /** Anything at all may come: it is from a browser, and is checked where it is read. */
  receive(message: unknown): void;
  close(): void;
}

export interface PageServer {
  readonly port: number;
  /** With the token. */
  readonly url: string;
  /** Browsers that are connected. */
  readonly clients: number;
  /** Until it is called, browsers wait: the page is there before there is anything to show. */
  talk(begin: (outbox: Outbox) => Talk): void;
  close(): Promise<void>;
}

/** A question is a query, some names and numbers. */
const maxQuestionBytes = 64 * 1024;
/** Tabs; each costs a list that is kept. */
const maxClients = 16;
/** The longest URL is the token's; headers of browsers on loopback carry the cookies of everything on that host. */
const maxHeaderBytes = 16 * 1024;
const maxConnections = 128;

export interface ServerWish {
  readonly address: string;
  /** The first one that is free. */
  readonly ports: readonly number[];
  readonly files: ReadonlyMap<string, PageFile>;
}

export async function startServer(wish: ServerWish): Promise<PageServer> {
  const http = createServer({ maxHeaderSize: maxHeaderBytes, headersTimeout: 5000, requestTimeout: 10_000 });
  http.maxConnections = maxConnections;
  const port = await listen(http, wish);
  const access: Access = { token: newToken(), port, address: wish.address };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxQuestionBytes,
    perMessageDeflate: false,
  });
  let begin: ((outbox: Outbox) => Talk) | undefined;
  const early = new Set<(start: (outbox: Outbox) => Talk) => void>();
  http.on('request', (request, response) => serve(request, response, access, wish.files));
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = upgradeRefusal(request, access, sockets.clients.size);
    if (refusal) return refuseUpgrade(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (browser) => {
      if (begin) return converse(browser, begin);
      browser.pause();
      early.add((start) => {
        converse(browser, start);
        browser.resume();
      });
    });
  });
  const shown = wish.address === '0.0.0.0' ? '127.0.0.1' : wish.address === '::' ? '::1' : wish.address;
  return {
    port,
    url: `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}/?token=${access.token}`,
    get clients() {
      return sockets.clients.size;
    },
    talk(start) {
      begin = start;
      for (const connect of early) connect(start);
      early.clear();
    },
    close() {
      for (const browser of sockets.clients) browser.terminate();
      http.closeAllConnections();
      return new Promise((done) => http.close(() => done()));
    },
  };
}

async function listen(http: Server, { address, ports }: ServerWish): Promise<number> {
  for (const [i, port] of ports.entries()) {
    try {
      await new Promise<void>((done, failed) => {
        http.once('error', failed);
        http.listen({ host: address, port, exclusive: true }, () => {
          http.off('error', failed);
          done();
        });
      });
      return (http.address() as AddressInfo).port;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || i === ports.length - 1) throw error;
    }
  }
  throw new Error('no port to listen on');
}

function askedOf({ headers }: IncomingMessage): Asked {
  const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
  return {
    host: headers.host,
    origin: one(headers.origin),
    site: one(headers['sec-fetch-site']),
    cookie: headers.cookie,
  };
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  body: Uint8Array | string,
): void {
  response.writeHead(status, {
    ...commonHeaders,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const plain = { 'Content-Type': 'text/plain; charset=utf-8' };

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  files: ReadonlyMap<string, PageFile>,
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return answer(response, 405, { ...plain, Allow: 'GET, HEAD', Connection: 'close' }, 'only GET\n');
  const asked = askedOf(request);
  const target = request.url ?? '';
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const given = query < 0 ? undefined : (new URLSearchParams(target.slice(query)).get('token') ?? undefined);
  if (path === '/' && given !== undefined) return enter(response, asked, given, access);
  const refusal = refusalOf(asked, access);
  if (refusal) return answer(response, refusal.status, plain, `porthole: ${refusal.text}\n`);
  const file = files.get(path === '/' ? '/index.html' : path);
  if (!file) return answer(response, 404, plain, 'porthole: there is no such file\n');
  if (request.headers['if-none-match'] === file.tag) return answer(response, 304, { ETag: file.tag }, '');
  const encoding = encodingOf(request.headers['accept-encoding'] as string | undefined);
  const body = encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.bytes;
  answer(
    response,
    200,
    {
      'Content-Type': file.type,
      'Cache-Control': 'private, no-cache',
      ETag: file.tag,
      Vary: 'Accept-Encoding, Cookie',
      ...(encoding ? { 'Content-Encoding': encoding } : {}),
    },
    body,
  );
}

/**
 * Token against cookie. Not by a redirect: where the URL was opened from another site the cookie, being Strict,
 * would not be sent with it; a page that goes on by itself is of this site.
 */
function enter(response: ServerResponse, asked: Asked, given: string, access: Access): void {
  const refusal = entryRefusalOf(asked, given, access);
  if (refusal) return answer(response, refusal.status, plain, `porthole: ${refusal.text}\n`);
  answer(
    response,
    200,
    {
      'Content-Type': 'text/html; charset=utf-8',
      'Set-Cookie': `${cookieName(access.port)}=${access.token}; HttpOnly; SameSite=Strict; Path=/`,
    },
    '<!doctype html><meta charset=utf-8><meta http-equiv=refresh content="0;url=/"><link rel=icon href=/icon.svg><title>Porthole</title><a href="/">Porthole</a>\n',
  );
}

interface UpgradeRefusal {
  readonly status: number;
  readonly text: string;
}

function upgradeRefusal(
  request: IncomingMessage,
  access: Access,
  clients: number,
): UpgradeRefusal | undefined {
  const refusal = channelRefusalOf(askedOf(request), access);
  if (refusal) return refusal;
  if (request.url !== '/channel') return { status: 404, text: 'there is no such channel' };
  if (clients >= maxClients) return { status: 503, text: `${clients} tabs are open already` };
  return undefined;
}

function refuseUpgrade(socket: Duplex, { status, text }: UpgradeRefusal): void {
  const body = `porthole: ${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function converse(browser: WebSocket, begin: (outbox: Outbox) => Talk): void {
  const outbox = new Outbox({
    send: (frame, taken) => browser.send(frame, taken),
    pause: () => browser.pause(),
    resume: () => browser.resume(),
  });
  const talk = begin(outbox);
  // Too long, or no WebSocket at all: ws closes it (1009, 1002) and tells here.
  browser.on('error', () => browser.terminate());
  browser.on('close', () => talk.close());
  browser.on('message', (data: Buffer, isBinary) => {
    const message = isBinary ? decodeFrame(data) : undefined;
    if (message === undefined) browser.close(1003, 'not a frame of the page');
    else talk.receive(message);
  });
}
