import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Exchange, Message } from '../model/index.ts';
import { createRedactor, defaultRules, Finders, Spans, summary, Tally } from './index.ts';
import { masked } from './spans.ts';

const secret = 's3cr3t';

const finders = new Finders(defaultRules);
const { names } = finders;

function found(text: string, find: (spans: Spans) => void): string {
  const spans = new Spans();
  find(spans);
  return masked(text, spans, new Tally(), () => false);
}

const redactHeader = (name: string, value: string) =>
  found(value, (spans) => finders.header(name, value, spans));
const redactUrl = (text: string) => found(text, (spans) => finders.url(text, spans));
const redactText = (type: string, text: string) => createRedactor().text(type, text);
const redactBytes = (type: string, bytes: Uint8Array) => createRedactor().bytes(type, bytes);
const redactExchange = (exchange: Exchange) => createRedactor().exchange(exchange);

function message(startLine: string, headers: [string, string][], body?: Message['body']): Message {
  return {
    startAt: 1,
    endAt: 2,
    wireBytes: 3,
    startLine,
    headers,
    trailers: headers,
    ...(body ? { body } : {}),
  };
}

const base: Omit<Exchange, 'request' | 'response' | 'fields'> = {
  protocol: 'http',
  connection: {
    id: 1,
    transport: 'tcp',
    netns: 0,
    target: '',
    client: { address: 'a', port: 1 },
    server: { address: 'b', port: 2 },
    openedAt: 0,
    joinedMidStream: false,
  },
  startAt: 1,
  endAt: 2,
  outcome: 'ok',
  missing: [],
  weirds: [],
};

test('headers: values go, schemes, names and shapes stay', () => {
  const cases: [name: string, value: string, clean: string][] = [
    ['Authorization', `Bearer ${secret}`, 'Bearer ***'],
    ['authorization', `Basic ${secret}==`, 'Basic ***'],
    ['AUTHORIZATION', secret, '***'],
    ['Proxy-Authorization', `Digest username="a", response="${secret}"`, 'Digest ***'],
    ['Cookie', `sid=${secret}; theme=${secret}`, 'sid=***; theme=***'],
    ['Cookie', secret, '***'],
    ['Cookie', `a=${secret};;${secret}; =${secret}`, 'a=***;;***; =***'],
    ['Set-Cookie', `sid=${secret}; Path=/; HttpOnly`, 'sid=***; Path=/; HttpOnly'],
    ['Set-Cookie', `${secret}; Path=/`, '***; Path=/'],
    [
      'WWW-Authenticate',
      `Digest realm="r", nonce="${secret}", opaque=${secret}`,
      'Digest realm="r", nonce="***", opaque=***',
    ],
    ['X-Api-Key', secret, '***'],
    ['Api-Key', secret, '***'],
    ['X-Auth-Token', secret, '***'],
    ['X-Amz-Security-Token', secret, '***'],
    ['X-Forwarded-Authorization', secret, '***'],
    ['X-Goog-IAP-JWT-Assertion', secret, '***'],
    ['X-CSRF-Token', secret, '***'],
    [
      'Location',
      `https://user:${secret}@h/cb?code=${secret}&state=1#access_token=${secret}`,
      'https://user:***@h/cb?code=***&state=1#access_token=***',
    ],
    ['Referer', `/login?token=${secret}`, '/login?token=***'],
    ['Link', `<https://h/?api_key=${secret}>; rel="next"`, '<https://h/?api_key=***; rel="next"'],
    ['Authorization', '', ''],
  ];
  for (const [name, value, clean] of cases)
    assert.equal(redactHeader(name, value), clean, `${name}: ${value}`);
  for (const [name, value] of [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Accept', '*/*'],
    ['X-Request-Id', 'abc'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZQ=='],
    ['Idempotency-Key', 'abc'],
    ['Content-Disposition', 'form-data; name="password"'],
    ['ETag', '"abc="'],
  ] as const)
    assert.equal(redactHeader(name, value), value);
});

test('URLs: userinfo and secret parameters', () => {
  const cases: [url: string, clean: string][] = [
    [`/a?token=${secret}`, '/a?token=***'],
    [`/a?x=1&API-Key=${secret}&y=2`, '/a?x=1&API-Key=***&y=2'],
    [`/a?pass%77ord=${secret}`, '/a?pass%77ord=***'],
    [`/a;jsessionid=${secret}?x=1`, '/a;jsessionid=***'],
    [`/a?user[password]=${secret}`, '/a?user[password]=***'],
    [`GET /a?sig=${secret} HTTP/1.1`, 'GET /a?sig=*** HTTP/1.1'],
    [`http://u:${secret}@h:1/a@b`, 'http://u:***@h:1/a@b'],
    [`http://${secret}@h/`, 'http://***@h/'],
    [`postgres://u:${secret}@h/db and redis://:${secret}@r`, 'postgres://u:***@h/db and redis://:***@r'],
    [`http://u:p${secret}@w@h/`, 'http://u:***@h/'],
    [`/a?token=${secret}&token=${secret}#id_token=${secret}`, '/a?token=***&token=***#id_token=***'],
    [`/a?redirect=https://h/?token=${secret}`, '/a?redirect=https://h/?token=***'],
  ];
  for (const [url, clean] of cases) assert.equal(redactUrl(url), clean);
  for (const url of [
    '/a?page=1&size=2',
    '/?token=',
    '/a=b',
    'user@host',
    '/path/token/abc',
    '/?tokens=5&token_type=x',
    'http://h/@me?x=y',
  ])
    assert.equal(redactUrl(url), url);
});

test('bodies: JSON, forms, multipart', () => {
  const json = (text: string) => redactText('application/json', text);
  assert.equal(json(`{"user":"ann","password":"${secret}","n":1}`), '{"user":"ann","password":"***","n":1}');
  assert.equal(json(`{ "Access-Token" : "${secret}" }`), '{ "Access-Token" : "***" }');
  assert.equal(
    json(`{"a":{"client_secret":"x\\"${secret}"},"b":["${'v'}"]}`),
    '{"a":{"client_secret":"***"},"b":["v"]}',
  );
  assert.equal(json('{"otp":123456,"x":-1.5e3,"secret":-1.5e3}'), '{"otp":"***","x":-1.5e3,"secret":"***"}');
  assert.equal(json(`{"tokens":5,"secrets":["${secret}","b"]}`), '{"tokens":5,"secrets":["***","***"]}');
  // Cut anywhere.
  assert.equal(json(`{"password":"${secret}`), '{"password":"***');
  assert.equal(json('{"password":'), '{"password":');
  // What is no secret there.
  for (const text of [
    '{"code":404,"key":"x","password":null,"token":true}',
    '{"a":"password","b":"token"}',
    '"password"',
    '[]',
    '{"token":{"x":1,"type":"bearer"}}',
    '{"tokens":5,"usage":{"prompt_tokens":7}}',
    '{"token_endpoint":"https://h/t","passwordPolicy":"strong","secretName":"db"}',
  ])
    assert.equal(json(text), text);
  assert.equal(redactText('', `{"token":"${secret}"}`), '{"token":"***"}');
  const form = redactText(
    'application/x-www-form-urlencoded',
    `user=ann&password=${secret}&x=&code=${secret}`,
  );
  assert.equal(form, 'user=ann&password=***&x=&code=***');
  assert.equal(redactText('', `password=${secret}`), 'password=***');
  const multipart = [
    '--XX\r\nContent-Disposition: form-data; name="user"\r\n\r\nann\r\n',
    `--XX\r\nContent-Disposition: form-data; name="password"\r\nContent-Type: text/plain\r\n\r\n${secret}\r\n\r\n${secret}\r\n`,
    '--XX--\r\n',
  ].join('');
  const clean = redactText('multipart/form-data; boundary="XX"', multipart);
  assert.ok(!clean.includes(secret) && clean.includes('ann') && clean.endsWith('***\r\n--XX--\r\n'), clean);
  assert.equal(
    redactText('text/plain', `the password=${secret} is not looked for here`).includes(secret),
    true,
  );
});

test('bytes that are no text survive around what is masked', () => {
  const bytes = Buffer.concat([
    Buffer.from('{"größe":"\u00fc","token":"'),
    Buffer.from(secret),
    Buffer.from('","x":"'),
    Buffer.of(0xff, 0xfe),
    Buffer.from('"}'),
  ]);
  const clean = Buffer.from(redactBytes('application/json', bytes));
  assert.deepEqual(
    clean,
    Buffer.concat([
      Buffer.from('{"größe":"\u00fc","token":"***","x":"'),
      Buffer.of(0xff, 0xfe),
      Buffer.from('"}'),
    ]),
  );
  const none = Buffer.from('{"a":1}');
  assert.equal(redactBytes('application/json', none), none);
});

test('an exchange: nothing of it gives the secret away, the one given is not changed', () => {
  const body = {
    bytes: Uint8Array.from(Buffer.from(`{"password":"${secret}"}`)),
    totalLength: 20,
    contentType: 'application/json',
    encodings: [],
  };
  const exchange: Exchange = {
    ...base,
    fields: { 'http.request.uri': `/x?token=${secret}`, 'http.response.code': 200, 'ftp.password': secret },
    request: message(
      `GET /x?token=${secret} HTTP/1.1`,
      [
        ['Authorization', `Bearer ${secret}`],
        ['Host', 'h'],
      ],
      body,
    ),
    response: message('HTTP/1.1 200 OK', [['Set-Cookie', `a=${secret}`]], body),
  };
  const before = structuredClone(exchange);
  const clean = redactExchange(exchange);
  const { request, response } = clean;
  const all = [request, response].flatMap((m) => [
    m!.startLine,
    ...m!.headers.flat(),
    ...m!.trailers.flat(),
    Buffer.from(m!.body!.bytes).toString(),
  ]);
  for (const text of [...all, ...Object.values(clean.fields).map(String)])
    assert.ok(!text.includes(secret), text);
  assert.equal(clean.fields['http.response.code'], 200);
  assert.equal(clean.fields['ftp.password'], '***');
  assert.deepEqual(
    [request!.headers[1], request!.wireBytes, request!.body!.totalLength],
    [['Host', 'h'], 3, 20],
  );
  assert.deepEqual(exchange, before);
  // Encoded bodies are for who undoes the encoding.
  const packed = { ...body, encodings: ['gzip'] };
  const other = redactExchange({ ...exchange, request: message('', [], packed) });
  assert.equal(other.request!.body, packed);
});

test('names are told in any spelling', () => {
  for (const name of [
    'password',
    'PassWord',
    'user_password',
    'api-key',
    'apiKey',
    'x_api_key',
    'accessKeyId',
    'refresh.token',
    'client secret',
  ])
    assert.ok(names.field(name) === 'yes', name);
  for (const name of [
    'user',
    'page',
    'tokenType',
    'token_endpoint',
    'secretName',
    'keyboard',
    'monkey',
    'author',
    'decode',
  ])
    assert.equal(names.field(name), 'no', name);
  assert.equal(names.header('x-secret'), 'yes');
  for (const name of [
    'content-length',
    'access-control-allow-credentials',
    'sec-websocket-key',
    'etag',
    'x-request-id',
  ])
    assert.equal(names.header(name), 'no', name);
  assert.equal(names.key('max_tokens'), 'several');
});

test('text made to be slow is not', () => {
  // Each of these took minutes by patterns that look back.
  const size = 60_000;
  for (const unit of [
    'a',
    '"',
    '\\"',
    '"\\',
    '{"',
    '://',
    '@',
    '=',
    ';',
    '&',
    'a=',
    '?',
    ' ',
    '"a":',
    '[',
    '--b',
    '\r\n\r\n',
    'eyJ-',
    'eyJ.',
    '-----BEGIN PRIVATE KEY-----',
    '</',
    '</password>',
    '<password>',
    '12345678:AA',
    '4111',
    '4111 ',
    'AKIAABCDEFGHIJKLMNOP:',
    'password: \\"',
    '"token":{"token":[',
    '"token":',
    '"password"',
    'Bearer ',
    'A=b\n',
    'API_KEY=',
    'sk-',
    '?token=',
    'u:p@',
    'http://u:p',
    '%22',
  ])
    for (const name of ['cookie', 'set-cookie', 'www-authenticate', 'authorization', 'x']) {
      const text = unit.repeat(size / unit.length);
      redactHeader(name, text.slice(0, 65_536));
      redactText('application/json', text);
      redactText('multipart/form-data; boundary=b', text);
      redactText('', text);
      redactText('text/html', text);
      redactText('application/x-www-form-urlencoded', text);
      redactUrl(`${text.slice(0, 65_536)}@=`);
    }
});

test('property: nothing throws, nothing changes what has no secret, masking twice is masking once', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'ab=&?;:/@#"\\{}[], \r\n%2token'.split('')),
    maxLength: 80,
  });
  fc.assert(
    fc.property(
      text,
      fc.constantFrom('cookie', 'set-cookie', 'x-a', 'authorization', 'location'),
      (given, name) => {
        for (const type of [
          'application/json',
          'application/x-www-form-urlencoded',
          '',
          'multipart/form-data; boundary=a',
        ]) {
          const once = redactText(type, given);
          assert.equal(redactText(type, once), once);
        }
        const once = redactHeader(name, given);
        assert.equal(redactHeader(name, once), once);
        const url = redactUrl(given);
        assert.equal(redactUrl(url), url);
      },
    ),
    { numRuns: 2000 },
  );
});

test('messages within an exchange, and fields that show how messages begin', () => {
  const body = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    return { bytes, totalLength: bytes.length, contentType: 'application/json', encodings: [] };
  };
  const part = { side: 'request' as const, at: 0, wireBytes: 9 };
  const given = {
    ...base,
    fields: {
      'websocket.payload.text': '{"token":"abc","a":1',
      'grpc.received': '#2 {"password":"x"}',
      'x.y': 'a{b}',
    },
    messages: [
      { ...part, body: body('{"password":"x"}') },
      { ...part, body: body('{"a":1}') },
    ],
  };
  const clean = redactExchange(given);
  assert.deepEqual(clean.fields, {
    'websocket.payload.text': '{"token":"***","a":1',
    'grpc.received': '#2 {"password":"***"}',
    'x.y': 'a{b}',
  });
  assert.deepEqual(
    clean.messages!.map((m) => new TextDecoder().decode(m.body.bytes)),
    ['{"password":"***"}', '{"a":1}'],
  );
  assert.equal(clean.messages![1], given.messages[1]);
});

test('what was masked is counted by rule, and summed up', () => {
  const redactor = createRedactor();
  assert.equal(summary(redactor.tally), '');
  const clean = redactor.exchange({
    ...base,
    fields: {},
    request: message('GET /a?token=x HTTP/1.1', [
      ['Authorization', 'Bearer abc'],
      ['Cookie', 'a=1; b=2'],
      ['X-Api-Key', 'x'],
    ]),
  });
  // Nothing is looked at before it is shown.
  assert.equal(redactor.tally.total, 0);
  void clean.request!.startLine;
  void clean.request!.headers;
  void clean.request!.headers;
  assert.equal(
    summary(redactor.tally),
    'masked 5 secrets: 2 Cookie, 1 URL parameter, 1 Authorization, 1 header',
  );
  // What is masked already is not counted again.
  assert.equal(redactor.text('', '{"token":"***","password":"****"}'), '{"token":"***","password":"***"}');
  assert.equal(redactor.tally.total, 5);
});
