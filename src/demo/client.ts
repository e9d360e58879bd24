/** The demo's client: looks the server's name up, then asks for one thing after the other. */
import { Resolver } from 'node:dns/promises';
import { Agent, request } from 'node:http';
import { addresses, apiName, apiPort } from './addresses.ts';

const resolver = new Resolver({ timeout: 1000, tries: 1 });
resolver.setServers([addresses.dns]);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function ask(host: string, method: string, path: string, body?: string): Promise<void> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host,
        port: apiPort,
        localAddress: addresses.client,
        agent,
        method,
        path,
        headers: {
          host: `${apiName}:${apiPort}`,
          'user-agent': 'upbeat/1.0',
          ...(body ? { 'content-type': 'application/json', authorization: 'Bearer demo-secret-token' } : {}),
        },
      },
      (response) => response.resume().on('end', resolve),
    );
    sent.on('error', () => resolve());
    sent.end(body);
  });
}

const round: [string, string, string?][] = [
  ['GET', '/file.txt'],
  ['GET', '/catalogue'],
  ['POST', '/orders', JSON.stringify({ item: 7, count: 2, card_token: 'tok_1234' })],
  ['GET', '/slow'],
  ['GET', '/missing?page=2'],
  ['GET', '/broken'],
];
process.stdin.resume().once('end', () => process.exit(0));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Who watches starts now too: the first question and the first handshake are worth seeing. */
await pause(400);
for (let turn = 0; ; turn++) {
  const [address] = await resolver.resolve4(apiName).catch(() => [addresses.api]);
  if (turn % 3 === 2) await resolver.resolve4('no-such-name.demo.internal').catch(() => []);
  for (const [method, path, body] of round) {
    await ask(address!, method, path, body);
    await pause(250);
  }
}
