/** Real troubles, staged in namespaces of our own: what the doctor is to find. */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import {
  bindToInterface,
  closeNetns,
  openNetns,
  openPacketSocket,
  sendFrame,
  withNetns,
} from '../../src/capture/sys/index.ts';
import { atEnd } from './at-end.ts';
import { addNetns, ip, join as joinNetns } from './netns.ts';
import { launch, type Running } from './porthole.ts';
import { temporaryDirectory, upbeat } from './upbeat.ts';

export interface Pair {
  /** The one that is looked at: 10.96.0.1 */
  readonly box: string;
  /** 10.96.0.2 */
  readonly peer: string;
}

/** Two namespaces, joined by eth0. */
export function pair(suffix: string): Pair {
  const [box, peer] = [addNetns(`${suffix}a`), addNetns(`${suffix}b`)];
  joinNetns([box, '10.96.0.1/24'], [peer, '10.96.0.2/24']);
  return { box, peer };
}

/** Joined by addresses of IPv6 only. */
export function pair6(suffix: string): Pair {
  const [box, peer] = [addNetns(`${suffix}a`), addNetns(`${suffix}b`)];
  ip('-n', box, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer);
  for (const [name, address] of [
    [box, 'fd00:96::1/64'],
    [peer, 'fd00:96::2/64'],
  ] as const) {
    ip('-n', name, '-6', 'addr', 'add', address, 'dev', 'eth0', 'nodad');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
  }
  return { box, peer };
}

/** IPv4 and UDP from port 5353 to 53, without payload, in VLAN 20 of VLAN 10. */
const taggedTwice = Buffer.from(
  [
    'ffffffffffff',
    '0200000000aa',
    '88a8000a',
    '81000014',
    '0800',
    '4500001c00000000401166b0',
    '0a6000020a600001',
    '14e9003500080000',
  ].join(''),
  'hex',
);

/** Such a frame every 20 ms out of the namespace's eth0, until the tests are over: needs no VLAN device. */
export function sayTagged(netns: string): void {
  const index = Number(ip('-n', netns, '-o', 'link', 'show', 'eth0').split(':')[0]);
  const handle = openNetns(`/run/netns/${netns}`);
  const fd = withNetns(handle, () => openPacketSocket(false));
  closeNetns(handle);
  bindToInterface(fd, index);
  setInterval(() => sendFrame(fd, taggedTwice), 20).unref();
}

/** Runs upbeat there until the tests are over. */
export function run(netns: string, ...args: string[]): Running {
  return launch('ip', ['netns', 'exec', netns, upbeat(), ...args]);
}

/** GET /file.txt every 20 ms. */
export function talk(server: string, client: string, address: string, port: number): void {
  run(server, 'serve', String(port));
  run(client, 'call', address, String(port), '/file.txt', '20');
}

/** Runs a script of Node's there; resolves when it has printed 'ready'. */
export async function speak(
  netns: string,
  script: string,
  through: readonly string[] = [],
): Promise<Running> {
  const running = launch('ip', ['netns', 'exec', netns, ...through, process.execPath, '-e', script]);
  await running.saw('ready');
  return running;
}

export const unixServer = (path: string) =>
  `require('net').createServer((s) => s.on('error', () => {}).on('data', (d) => s.write(d)))
     .listen(${JSON.stringify(path)}, () => console.log('ready'))`;
export const unixClient = (path: string) =>
  `const s = require('net').connect(${JSON.stringify(path)}, () => console.log('ready'));
   setInterval(() => s.write('hello'), 20)`;

/** TLS by a key both know: no certificate is needed. */
const psk = `const tls = require('tls');
  const shared = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
  const key = Buffer.alloc(16, 7);`;
export const tlsServer = (port: number) =>
  `${psk} tls.createServer({ ...shared, pskCallback: () => key, pskIdentityHint: 'x' }, (s) => s.on('error', () => {}).on('data', (d) => s.write(d)))
     .listen(${port}, () => console.log('ready'))`;
export const tlsClient = (host: string, port: number) =>
  `${psk} const open = () => {
     const s = tls.connect({ ...shared, host: '${host}', port: ${port}, pskCallback: () => ({ psk: key, identity: 'me' }), checkServerIdentity: () => undefined },
       () => { s.write('x'.repeat(300)); });
     s.on('error', () => {}).on('data', () => s.destroy()).on('close', () => { console.log('ready'); setTimeout(open, 20); });
   }; open()`;

export const http2Server = (port: number) =>
  `const server = require('http2').createServer();
   server.on('stream', (s) => { s.respond({ ':status': 200, 'x-app': 'one' }); s.end('hello'); });
   server.listen(${port}, () => console.log('ready'))`;
/** One connection, which is open when it says 'ready'. */
export const http2Client = (host: string, port: number) =>
  `const session = require('http2').connect('http://${host}:${port}');
   const ask = (n) => { const s = session.request({ ':path': '/' + n, 'x-mark': 'm' + n });
     s.on('data', () => {}).on('end', () => { if (n === 3) console.log('ready'); setTimeout(ask, 20, n + 1); }).end(); };
   ask(1)`;

/** A protocol that nobody knows, in plain text. */
export const oddServer = (port: number) =>
  `require('net').createServer((s) => s.on('error', () => {}).on('data', () => s.write('WELL-MET 77 ~~\\n')))
     .listen(${port}, () => console.log('ready'))`;
export const oddClient = (host: string, port: number) =>
  `const open = () => { const s = require('net').connect(${port}, '${host}', () => s.write('~~ HARK 12\\n'));
     s.on('error', () => {}).on('data', () => s.end()).on('close', () => { console.log('ready'); setTimeout(open, 20); }); }; open()`;

export const http6Server = (port: number) =>
  `require('http').createServer((q, r) => r.end('hello')).listen(${port}, '::', () => console.log('ready'))`;
export const http6Client = (host: string, port: number) =>
  `const ask = () => require('http').get({ host: '${host}', port: ${port}, agent: false }, (r) => { r.resume(); r.on('end', () => { console.log('ready'); setTimeout(ask, 20); }); }).on('error', () => setTimeout(ask, 20)); ask()`;

/** A SYN every 50 ms, and those that are sent again. */
export const knockOn = (host: string, port: number) =>
  `setInterval(() => { const s = require('net').connect(${port}, '${host}').on('error', () => {}); setTimeout(() => s.destroy(), 5000); }, 50);
   console.log('ready')`;

export const listenOn = (...ports: number[]) =>
  `for (const p of ${JSON.stringify(ports)}) require('net').createServer().listen(p); setTimeout(() => console.log('ready'), 50)`;

/** What listens where a Docker daemon is looked for; its socket's path. */
export async function impostor(onConnection: (socket: import('node:net').Socket) => void): Promise<string> {
  const path = join(temporaryDirectory('impostor'), 'docker.sock');
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((done) => server.listen(path, done));
  server.unref();
  atEnd(() => server.close());
  return path;
}

/** Answers one request as the Docker Engine does. */
export function asDocker(
  answers: Readonly<Record<string, unknown>>,
): (socket: import('node:net').Socket) => void {
  return (socket) => {
    socket.once('data', (request) => {
      const path = /^GET (?:\/v[\d.]+)?(\S+)/.exec(request.toString('latin1'))?.[1] ?? '';
      const known = Object.entries(answers).find(([start]) => path.startsWith(start))?.[1];
      const body = known === undefined ? '{"message":"no such thing"}' : JSON.stringify(known);
      socket.end(
        `HTTP/1.1 ${known === undefined ? '404 Not Found' : '200 OK'}\r\nApi-Version: 1.44\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    });
  };
}
