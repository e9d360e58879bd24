/** Texts through every rule: nothing throws, nothing takes long, spans are in order and within the text. */
import { createRedactor, defaultRules, Finders, Spans } from '../src/redact/index.ts';
import type { Target } from './lib/target.ts';

const types = [
  '',
  'application/json',
  'application/graphql',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'text/html',
  'text/event-stream',
  'application/octet-stream',
];
const seeds = [
  '{"password":"x","a":[{"token":{"b":1,"c":"d"}}],"card":4111111111111111}',
  '{"a":"{\\"password\\":\\"x\\",\\"b\\":\\"{\\\\\\"token\\\\\\":1}\\"}"}',
  'a=b&password=x%20y&c=4111+1111+1111+1111',
  '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nx\r\n--b--\r\n',
  'https://u:p@h/?token=x&a=%7B%22password%22%3A%22x%22%7D#id_token=y',
  '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----',
  'AKIAABCDEFGHIJKLMNOP eyJhbGciOiJIUzI1.eyJhIjoxfQ.abc 123456:AAabcdefghijklmnopqrstuvwxyzabcdefg',
  'mutation { login(password: "x") { id } } <password>x</password>\nDB_PASSWORD=x\n',
];

export const target: Target = {
  name: 'redact',
  maxLength: 20_000,
  seeds: () => seeds.map((text) => new TextEncoder().encode(text)),
  run(input, random) {
    const redactor = createRedactor();
    const type = random.pick(types);
    const text = Buffer.from(input).toString('latin1');
    const once = redactor.text(type, text);
    redactor.text(type, once);
    // A mask is five characters at most, for one at least.
    if (redactor.bytes(type, input).length > 5 * input.length) throw new Error('bytes grew');
    const finders = new Finders(defaultRules);
    const spans = new Spans();
    finders.url(text, spans);
    finders.header(
      random.pick(['cookie', 'set-cookie', 'authorization', 'www-authenticate', 'x-a-bin', 'x']),
      text,
      spans,
    );
    let end = 0;
    spans.each((from, to) => {
      if (from < end || to > text.length || to <= from) throw new Error('spans out of order');
      end = to;
    });
  },
};
