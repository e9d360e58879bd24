/** What has to be masked, by form; and what ordinary traffic holds, of which nothing may be. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { noTraces, traces } from '../../test/support/traces.ts';
import { platform } from '../cli/platform.ts';
import { CaptureDecoder } from '../pcap/index.ts';
import { createPipeline } from '../pipeline/index.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { fixtureNames } from '../protocols/testing/fixture.ts';
import { createRedactor, type Redactor } from './index.ts';

/** Made here, so that no tool that looks for leaked keys finds one in this file. */
const token = (begin: string, length: number, alphabet = 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z') =>
  begin + Array.from({ length }, (_, i) => alphabet[(i * 7 + 3) % alphabet.length]).join('');
const b64url = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const jwt = `${b64url({ alg: 'HS256', typ: 'JWT' })}.${b64url({ sub: '1234567890', iat: 1516239022 })}.${token('', 43)}`;
const pem = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;

const secrets: readonly (readonly [rule: string, secret: string, around?: (secret: string) => string])[] = [
  ['JWT', jwt],
  ['JWT', jwt, (s) => `{"data":["${s}"]}`],
  ['private key', pem.split('\n').slice(1, 3).join('\n'), () => pem],
  ['private key', pem.split('\n')[1]!, () => JSON.stringify({ x: pem })],
  ['private key', pem.split('\n')[1]!, (s) => `-----BEGIN OPENSSH PRIVATE KEY-----\n${s}`],
  ['AWS key', token('AKIA', 16, 'ABCDEFGH234567')],
  ['AWS key', token('', 40), (s) => `${token('ASIA', 16, 'ABCDEFGH234567')}:${s}`],
  ['Google API key', token('AIza', 35)],
  ['Google token', token('ya29.', 60)],
  ['Google token', token('GOCSPX-', 28)],
  ['Azure key', `${token('', 86)}==`, (s) => `AccountName=x;AccountKey=${s};EndpointSuffix=y`],
  ['GitHub token', token('ghp_', 36)],
  ['GitHub token', token('github_pat_', 82)],
  ['GitLab token', token('glpat-', 20)],
  ['Slack token', token('xoxb-', 40)],
  ['Slack hook', token('T0/B0/', 24), (s) => `https://hooks.slack.com/services/${s}`],
  ['Stripe key', token('sk_live_', 24)],
  ['AI key', token('sk-proj-', 48)],
  ['AI key', token('sk-ant-api03-', 90)],
  ['npm token', token('npm_', 36)],
  ['PyPI token', token('pypi-', 120)],
  ['SendGrid key', `${token('SG.', 22)}.${token('', 43)}`],
  ['Twilio key', token('SK', 32, '0123456789abcdef')],
  ['Docker token', token('dckr_pat_', 27)],
  ['Vault token', token('hvs.', 90)],
  ['DigitalOcean token', token('dop_v1_', 64, '0123456789abcdef')],
  ['Shopify token', token('shpat_', 32, '0123456789abcdef')],
  ['Hugging Face token', token('hf_', 34)],
  ['age key', token('AGE-SECRET-KEY-1', 58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')],
  ['Telegram token', token('AA', 33), (s) => `https://api.telegram.org/bot123456789:${s}/getMe`],
  ['bearer token', token('', 40), (s) => `> Authorization: Bearer ${s}`],
  ['basic credentials', Buffer.from('ann:s3cr3t').toString('base64'), (s) => `Authorization: Basic ${s}`],
  ['card number', '4111111111111111'],
  ['card number', '4111 1111 1111 1111'],
  ['card number', '5500-0000-0000-0004'],
  ['card number', '378282246310005'],
  ['card number', '3782 822463 10005'],
  ['card number', '6011111111111117'],
  ['card number', '3530111333300000'],
  ['card number', '6200000000000005'],
  ['card number', '2223003122003222'],
];

test('secrets by their form, wherever they are', () => {
  for (const [rule, secret, around = (s: string) => `it is ${s}, they say`] of secrets) {
    const redactor = createRedactor();
    const clean = redactor.text('text/plain', around(secret));
    assert.ok(!clean.includes(secret), `${rule}: ${clean}`);
    assert.deepEqual(
      redactor.tally
        .counts()
        .map(([what]) => what)
        .filter((what) => what !== 'basic credentials' || rule === what),
      [rule],
      clean,
    );
    // The rule can be switched off, and then nothing else takes its place.
    for (const type of ['application/json', 'text/html', 'application/octet-stream'])
      assert.ok(!createRedactor().text(type, around(secret)).includes(secret), `${rule} in ${type}`);
  }
});

test('values of names, wherever names are', () => {
  const cases: readonly (readonly [type: string, text: string, clean: string])[] = [
    // JSON within JSON, once and twice.
    [
      'application/json',
      JSON.stringify({ a: JSON.stringify({ password: 's3cr3t', b: 1 }) }),
      JSON.stringify({ a: JSON.stringify({ password: '***', b: 1 }) }),
    ],
    [
      'application/json',
      JSON.stringify([JSON.stringify({ a: JSON.stringify({ password: 's3cr3t', b: 1 }) })]),
      JSON.stringify([JSON.stringify({ a: JSON.stringify({ password: '***', b: 1 }) })]),
    ],
    // Deep, in lists, and below a name.
    ['application/json', '{"a":[{"b":{"token":"x"}}]}', '{"a":[{"b":{"token":"***"}}]}'],
    [
      'application/json',
      '{"token":{"value":"x","type":"bearer","expires_in":3600,"deep":[{"y":"z"}]},"a":"b"}',
      '{"token":{"value":"***","type":"bearer","expires_in":3600,"deep":[{"y":"***"}]},"a":"b"}',
    ],
    ['application/json', '{"pass\\u0077ord":"x"}', '{"pass\\u0077ord":"***"}'],
    ['application/json', '{"card":4111111111111111,"n":1}', '{"card":"***","n":1}'],
    // GraphQL: variables, and literals in the document.
    [
      'application/json',
      '{"query":"mutation { login(user: \\"ann\\", password: \\"s3cr3t\\") { token } }","variables":{"pin":"x","password":"y"}}',
      '{"query":"mutation { login(user: \\"ann\\", password: \\"***\\") { token } }","variables":{"pin":"x","password":"***"}}',
    ],
    [
      'application/graphql',
      'mutation { login(password: "s3cr3t") { id } }',
      'mutation { login(password: "***") { id } }',
    ],
    // Lines of events, of JSON, of settings; markup.
    ['text/event-stream', 'event: a\ndata: {"token":"x"}\n\n', 'event: a\ndata: {"token":"***"}\n\n'],
    ['text/plain', 'DB_HOST=db\nDB_PASSWORD=s3cr3t\nA=b', 'DB_HOST=db\nDB_PASSWORD=***\nA=b'],
    [
      'text/xml',
      '<a><ns:Password t="1">s3cr3t</ns:Password><b>c</b></a>',
      '<a><ns:Password t="1">***</ns:Password><b>c</b></a>',
    ],
    ['text/html', '<a href="/x?a=1&amp;token=s3cr3t">y</a>', '<a href="/x?a=1&amp;token=***">y</a>'],
    [
      'application/json',
      '{"url":"https://h/?a=1\\u0026sig=s3cr3t"}',
      '{"url":"https://h/?a=1\\u0026sig=***"}',
    ],
    ['application/json', '{"dsn":"postgres://ann:s3cr3t@db/x"}', '{"dsn":"postgres://ann:***@db/x"}'],
    ['application/x-www-form-urlencoded', 'n=4111+1111+1111+1111&a=b+c', 'n=***&a=b+c'],
    ['application/x-www-form-urlencoded', `a=%7B%22token%22%3A%22x%22%7D`, 'a=***'],
  ];
  for (const [type, text, clean] of cases) assert.equal(createRedactor().text(type, text), clean);
});

const ordinaryHeaders: readonly (readonly [string, string])[] = [
  ['Host', 'shop.example'],
  ['Date', 'Mon, 02 Nov 2026 10:00:00 GMT'],
  ['ETag', 'W/"33a64df551425fcc55e4d42a148795d9f25f89d4"'],
  ['If-None-Match', '"bfc13a64729c4290ef5b2c2730249c88ca92d82d"'],
  ['X-Request-Id', '7b6f6d3e-4a1c-4f7e-9a51-6d0f4be6c111'],
  ['Traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  [
    'Content-Security-Policy',
    "default-src 'self'; script-src 'nonce-abc123' 'sha256-R5gGuG8q3LJ9o3j4dWg+o8yJ4eD0q1d4m5z9nQ=='",
  ],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['Cache-Control', 'public, max-age=0, s-maxage=86400'],
  ['Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'],
  ['Access-Control-Allow-Credentials', 'true'],
  ['Access-Control-Allow-Headers', 'Authorization, X-Api-Key, X-CSRF-Token'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
  ['Content-Disposition', 'attachment; filename="tokens.csv"'],
  ['Server-Timing', 'db;dur=53.2, cache;desc="hit";dur=0.1'],
  ['Digest', 'sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  ],
  ['Link', '<https://api.example/items?page=2&per_page=100>; rel="next"'],
  ['Content-Range', 'bytes 0-1048575/4111111111'],
  ['WWW-Authenticate', 'Basic realm="Access to the staging site", charset="UTF-8"'],
  ['X-RateLimit-Reset', '1719830400'],
  ['Idempotency-Key', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['Alt-Svc', 'h3=":443"; ma=86400'],
];

const hash = (name: string) => createHash(name).update('porthole').digest();

const ordinaryTexts: readonly (readonly [type: string, text: string])[] = [
  [
    'application/json',
    JSON.stringify({
      id: '7b6f6d3e-4a1c-4f7e-9a51-6d0f4be6c111',
      order: 'ORD-2026-000123456789',
      total: 1999,
      currency: 'EUR',
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      orderNumber: '4000123412341235',
      invoice: 20261102000123,
      ean: '4006381333931',
      isbn: '9783161484100',
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      createdAt: 1719830400123,
      nanos: 1719830400123456789n.toString(),
      phone: '+49 30 1234 5678 9012',
      fax: '030-12345678',
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      code: 404,
      key: 'name',
      status: 'error',
      message: 'Token expired',
      tokens: 12,
      usage: { prompt_tokens: 12, completion_tokens: 40, total_tokens: 52 },
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      issuer: 'https://id.example',
      token_endpoint: 'https://id.example/token',
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      jwks_uri: 'https://id.example/keys',
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      kind: 'Pod',
      spec: {
        volumes: [{ secret: { secretName: 'db' } }],
        containers: [
          { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] },
        ],
      },
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      nextPageToken: 'CAUQAA',
      pageInfo: { hasNextPage: true, endCursor: 'eyJpZCI6MTIzfQ==' },
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      sha1: hash('sha1').toString('hex'),
      sha256: hash('sha256').toString('hex'),
      integrity: `sha512-${hash('sha512').toString('base64')}`,
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      dist: {
        shasum: hash('sha1').toString('hex'),
        signatures: [{ keyid: 'SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA', sig: token('MEUC', 92) }],
      },
    }),
  ],
  [
    'application/json',
    JSON.stringify({
      version: '1.2.3-beta.4+build.5',
      ip: '192.0.2.1',
      mac: '02:42:ac:11:00:02',
      lat: 52.520008,
      lon: 13.404954,
      ratio: 0.4111111111111111,
    }),
  ],
  [
    'text/html',
    '<div class="sk-folding-cube sk-loading-spinner-container-large"><label for="password">Password</label><input type="password" name="q"></div>',
  ],
  [
    'text/html',
    '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==">',
  ],
  [
    'text/html',
    '<p>Basic information about tokens. Bearer of good news. See https://h/search?q=password&page=2</p>',
  ],
  [
    'text/css',
    '.sk-three-bounce .sk-child{width:20px}.a::after{content:"\\201C"}@media(min-width:4000px){a{b:c}}',
  ],
  [
    'text/javascript',
    'const a=b?code:0,c={key:"x",auth:!1};function token(e){return e.type===1?e.value:"=&x=1"}var e="a"+(t?key=1:2);',
  ],
  [
    'text/plain',
    'PATH=/usr/bin\nLANG=C.UTF-8\nthe password is not in here: it is changed at http://h/password\n',
  ],
  [
    'text/plain',
    '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUXQ\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----',
  ],
  [
    'text/xml',
    '<feed><id>urn:uuid:60a76c80-d399-11d9-b93C-0003939e0af6</id><key>name</key><code>17</code></feed>',
  ],
  ['application/x-www-form-urlencoded', 'q=a+b+c&page=2&from=2026-11-02&to=2026-11-03&tokens=5'],
  ['text/csv', 'id;amount\n4000000000000001;12.50\n4000000000000003;13.00\n'],
];

const ordinaryUrls: readonly string[] = [
  '/api/v1/items/1234567890123456/1?page=3&size=20',
  'https://h/a/b.js?v=4a1c4f7e9a516d0f&t=1719830400123',
  'https://h/search?q=token&sort=-date#section-2',
  'ssh://git@host/x.git',
  'git+https://github.com/user/repo.git#v1.2.3',
  '/index.php?option=com_content&view=article&id=17:password-rules',
];

test('ordinary traffic stays as it is', () => {
  const redactor = createRedactor();
  const checked = (given: string, clean: string) => assert.equal(clean, given);
  const headers = redactor.exchange({
    request: { headers: ordinaryHeaders, trailers: [], startLine: '', startAt: 0, endAt: 0, wireBytes: 0 },
    fields: Object.fromEntries(ordinaryUrls.map((url, i) => [`http.request.uri${i}`, url])),
  } as never);
  assert.deepEqual(headers.request!.headers, ordinaryHeaders);
  assert.deepEqual(Object.values(headers.fields), ordinaryUrls);
  for (const [type, text] of ordinaryTexts) checked(text, redactor.text(type, text));
  for (let i = 0; i < 2000; i++) {
    const text = JSON.stringify({ id: randomUUID(), at: 1719830400000 + i * 977 });
    checked(text, redactor.text('application/json', text));
  }
  assert.equal(redactor.tally.total, 0);
});

test('numbers by chance: one in fifty of those that look like cards, none of the others', () => {
  const redactor = createRedactor();
  const count = 20_000;
  for (let i = 0; i < count; i++)
    redactor.text('application/json', `{"id":"${(i * 49_979_687 + 1e15).toString().padStart(16, '0')}"}`);
  // They begin with 1: no issuer has those.
  assert.equal(redactor.tally.total, 0);
});

/** What the recordings were made with: logins, cookies, sessions. Nothing in them has the form of a secret. */
const sent = ['Cookie', 'Set-Cookie', 'Authorization', 'JSON key', 'URL parameter', 'form field'];

test('recordings of real software: what is masked in them', () => {
  const folder = resolve(import.meta.dirname, '../protocols');
  const tallies = new Map<string, Map<string, number>>();
  for (const { name } of [...protocols, ...inners]) {
    const fixtures = join(folder, name, 'fixtures');
    const redactor = createRedactor();
    for (const fixture of fixtureNames(fixtures)) show(join(fixtures, `${fixture}.pcap`), redactor);
    tallies.set(name, new Map(redactor.tally.counts()));
  }
  for (const name of ['dns', 'dtls', 'tls', 'quic', 'grpc', 'sse', 'jsonrpc', 'websocket'])
    assert.deepEqual([...tallies.get(name)!], [], name);
  for (const [name, tally] of tallies)
    assert.deepEqual(
      [...tally.keys()].filter((what) => !sent.includes(what)),
      [],
      name,
    );
  for (const what of ['Cookie', 'Set-Cookie', 'JSON key', 'form field'])
    assert.ok(tallies.get('http')!.get(what)! > 0, what);
});

test('public captures: nothing in them has the form of a secret', { skip: noTraces }, () => {
  const redactor = createRedactor();
  for (const path of traces()) show(path, redactor);
  assert.deepEqual(
    redactor.tally.counts().filter(([what]) => ![...sent, 'header'].includes(what)),
    [],
  );
});

/** Everything a view could show of a capture. */
function show(path: string, redactor: Redactor): void {
  const pipeline = createPipeline({
    protocols,
    inners,
    bodyLimit: 65_536,
    sinks: [
      {
        exchange(exchange) {
          const clean = redactor.exchange(exchange);
          for (const message of [clean.request, clean.response]) {
            if (!message) continue;
            void [message.startLine, message.headers, message.trailers];
            let bytes = message.body?.bytes;
            const encodings = message.body?.encodings ?? [];
            if (!bytes || encodings.length === 0) continue;
            for (const encoding of [...encodings].reverse())
              bytes = platform.decompress(encoding, bytes, 1024 * 1024)?.bytes ?? bytes;
            redactor.bytes(message.body!.contentType, bytes);
          }
          void clean.messages;
        },
      },
    ],
  });
  const out = { interface: pipeline.interface, frame: pipeline.frame, loss() {} };
  const decoder = new CaptureDecoder();
  decoder.feed(readFileSync(path), out);
  decoder.end(out);
  void pipeline.finish({ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 });
}
