/** A CRI as CRI-O and old runtimes answer it: by a server that says what we tell it to. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encode, type Field, mapFields } from '../grpc/protobuf.ts';
import { Cri } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'porthole-cri-'));
const servers: Http2Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

type Answers = Readonly<Record<string, readonly Field[] | number>>;

/** A message for each method; a number is a gRPC status; what is not there is not implemented (12). */
function serve(name: string, answers: Answers, asked: string[] = []): Promise<string> {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const method = String(headers[':path']);
    asked.push(method);
    const answer = answers[method] ?? 12;
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': typeof answer === 'number' ? String(answer) : '0' }),
    );
    if (typeof answer === 'number') return void stream.end();
    const body = encode(answer);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(body.length, 1);
    // In two pieces: the length is not where a frame ends.
    stream.write(Buffer.concat([prefix, body]).subarray(0, 7));
    stream.end(Buffer.concat([prefix, body]).subarray(7));
  });
  servers.push(server);
  const path = join(directory, name);
  return new Promise((done) => server.listen(path, () => done(path)));
}

const metadata: Field[] = [
  [1, 'web-7d9'],
  [3, 'shop'],
];
const pods = (version: string): Answers => ({
  [`/${version}.RuntimeService/Version`]: [[2, 'cri-o']],
  [`/${version}.RuntimeService/ListPodSandbox`]: [
    [1, [[1, 'sandbox'], [2, metadata], [3, 0], [4, 5_000_000_000n], ...mapFields(5, { app: 'web' })]],
  ],
  [`/${version}.RuntimeService/ListContainers`]: [
    [
      1,
      [
        [1, 'container'],
        [2, 'sandbox'],
        [3, [[1, 'app']]],
        [
          4,
          [
            [1, 'sha256:abc'],
            [18, 'nginx:1'],
          ],
        ],
        [6, 1],
        [7, 6_000_000_000n],
      ],
    ],
  ],
  [`/${version}.RuntimeService/PodSandboxStatus`]: [
    [
      1,
      [
        [1, 'sandbox'],
        [2, metadata],
        [3, 0],
        [
          5,
          [
            [1, '10.0.0.7'],
            [2, [[1, 'fd00::7']]],
          ],
        ],
      ],
    ],
    ...mapFields(2, { info: '{"runtimeSpec":{}}' }),
  ],
  [`/${version}.RuntimeService/ContainerStatus`]: [
    [
      1,
      [
        [1, 'container'],
        [3, 1],
        [5, 7_000_000_000n],
        [8, [[1, 'nginx:1']]],
      ],
    ],
    ...mapFields(2, { info: '{"pid":4711}' }),
  ],
});

test('a sandbox without a process: any running container of the pod stands for it', async () => {
  const cri = new Cri({ path: await serve('crio.sock', pods('runtime.v1')) });
  assert.deepEqual(
    (await cri.list()).map((c) => `${c.name} ${c.pod?.namespace} ${c.state} ${c.image}`),
    ['web-7d9 shop running ', 'web-7d9/app shop running nginx:1'],
  );
  const pod = await cri.find('web-7d9');
  assert.equal(pod?.pid, 4711);
  assert.equal(pod?.startedAt, 7000);
  assert.deepEqual(pod?.addresses, ['10.0.0.7', 'fd00::7']);
  assert.deepEqual(pod?.labels, { app: 'web' });
  const app = await cri.find('contai');
  assert.equal(app?.name, 'web-7d9/app');
  assert.equal(app?.pid, 4711);
});

test('an old runtime knows the old name of the interface only, and is asked for it once', async () => {
  const asked: string[] = [];
  const cri = new Cri({ path: await serve('old.sock', pods('runtime.v1alpha2'), asked) });
  await cri.list();
  await cri.list();
  assert.equal(asked.filter((method) => method.endsWith('/Version')).length, 2);
  assert.equal(
    asked.filter((method) => method === '/runtime.v1alpha2.RuntimeService/ListContainers').length,
    2,
  );
});

test('a containerd whose CRI is switched off is no news; a container gone meanwhile neither', async () => {
  const off = new Cri({ path: await serve('off.sock', {}), isOptional: true });
  assert.deepEqual(await off.list(), []);
  assert.equal(await off.find('web'), undefined);
  assert.equal(await off.answers(), false);
  const gone = { ...pods('runtime.v1'), '/runtime.v1.RuntimeService/ContainerStatus': 5 };
  const cri = new Cri({ path: await serve('gone.sock', gone) });
  assert.equal(await cri.find('container'), undefined);
});
