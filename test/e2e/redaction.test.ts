/** Secrets said by curl, nginx and Node: in no view, in no file written with --redact, and those open in tshark. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CaptureDecoder, PcapWriter } from '../../src/pcap/index.ts';
import { createPacket, decode } from '../../src/wire/index.ts';
import { need } from '../support/need.ts';
import { addNetns, inNetns, join as joinNetns, startInNetns } from '../support/netns.ts';
import { porthole, start, stopAll } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { ports, words } from '../support/secretive.ts';
import { missing, run, tsharkFields } from '../support/tools.ts';
import { until } from '../support/wait.ts';

const skip = need('linux', 'root', 'ip', 'tshark') || missing('curl', 'nginx');
const program = join(import.meta.dirname, '../support/secretive.ts');
const host = '10.95.0.2';
const directory = scratch();
/** Captured as it was, with right checksums; and with --redact while it went on. */
const raw = join(directory, 'raw.pcap');
const live = join(directory, 'live.pcapng');
let shown = '';
let said = '';
const servers: ReturnType<typeof startInNetns>[] = [];

/** In any form it may have on the wire. */
const forbidden = [...Object.values(words), Buffer.from(`ann:${words.basic}`).toString('base64')];

function assertClean(text: string, where: string): void {
  for (const word of forbidden) assert.ok(!text.includes(word), `${word} in ${where}`);
}

before(async () => {
  if (skip) return;
  const box = addNetns('r1');
  const peer = addNetns('r2');
  joinNetns([box, '10.95.0.1/24'], [peer, `${host}/24`]);
  writeFileSync(join(directory, 'index.html'), 'this stays');
  writeFileSync(join(directory, 'users'), `ann:{PLAIN}${words.basic}\n`);
  writeFileSync(
    join(directory, 'nginx.conf'),
    `daemon off; pid ${directory}/pid; error_log ${directory}/error.log; events {}
     http { access_log off; server { listen 8080; root ${directory};
       auth_basic shop; auth_basic_user_file ${directory}/users; } }`,
  );
  run('chmod', ['-R', 'a+rX', directory]);
  servers.push(startInNetns(peer, process.execPath, program, 'serve'));
  servers.push(startInNetns(peer, 'nginx', '-c', join(directory, 'nginx.conf'), '-p', directory));
  await until(() => {
    const listening = inNetns(peer, 'ss', '-tln');
    return [8080, ports.http, ports.http2].every((port) => listening.includes(`:${port}`));
  }, 'the servers to listen');
  const plain = join(directory, 'plain.pcapng');
  const dump = start(['dump', `netns:${box}`, '-n', '-w', plain, 'tcp']);
  const watch = start([
    'watch',
    `netns:${box}`,
    '-n',
    '--json',
    '-vv',
    '--redact',
    '-w',
    live,
    '--print',
    'tcp',
  ]);
  await Promise.all([dump.listening(), watch.listening()]);
  inNetns(box, 'curl', '-s', '-u', `ann:${words.basic}`, `http://${host}:8080/index.html`);
  inNetns(box, process.execPath, program, 'visit', host);
  const [, ended] = await Promise.all([dump.stop(), watch.stop()]);
  shown = ended.stdout;
  said = ended.stderr;
  writeFileSync(raw, withChecksums(plain));
});
after(() => {
  stopAll();
  for (const server of servers) server.kill();
});

/** Veth devices leave checksums to hardware that is not there; here they are made. */
function withChecksums(path: string): Uint8Array {
  const writer = new PcapWriter(true);
  writer.header(1, 262_144);
  const p = createPacket();
  const decoder = new CaptureDecoder();
  const out = {
    interface() {},
    loss() {},
    frame(frame: Parameters<typeof decode>[0]) {
      decode(frame, p);
      const { buf, ipPayloadOff: from, ipPayloadLen: length } = p;
      const at = from + 16;
      buf[at] = buf[at + 1] = 0;
      let sum = 6 + length;
      for (let i = 0; i < 8; i++) sum += i % 2 === 0 ? buf[p.srcOff + i]! << 8 : buf[p.srcOff + i]!;
      for (let i = 0; i < length; i++) sum += i % 2 === 0 ? buf[from + i]! << 8 : buf[from + i]!;
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      buf[at] = (~sum >> 8) & 255;
      buf[at + 1] = ~sum & 255;
      writer.frame(frame);
    },
  };
  decoder.feed(readFileSync(path), out);
  decoder.end(out);
  return writer.chunk.view();
}

/** The second port is not one that tshark knows. */
const asHttp2 = ['-d', `tcp.port==${ports.http2},http2`, '-o', 'tcp.check_checksum:TRUE'];

/** Everything tshark can tell of a file. */
const verbose = (file: string) => run('tshark', ['-n', '-r', file, ...asHttp2, '-V']);

test('the secrets were said', { skip }, () => {
  const text = readFileSync(raw, 'latin1') + verbose(raw);
  for (const word of forbidden) assert.ok(text.includes(word.slice(0, 5)), word);
});

test('no view shows them, and each says how many it has masked', { skip }, async () => {
  assertClean(shown, 'JSON, live');
  const objects = shown
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const exchanges = objects.filter(({ type }) => type === 'exchange');
  assert.ok(exchanges.length >= 7);
  for (const e of exchanges) assert.ok(e.masked > 0, JSON.stringify(e));
  for (const args of [
    ['-vvv'],
    ['-vv', '--json'],
    [],
    ['-vvv', '-Y', `http.request.uri contains "${words.path}"`],
  ]) {
    const { stdout, stderr } = await porthole(['watch', '-n', '-r', raw, ...args]);
    assertClean(stdout + stderr, args.join(' '));
    assert.ok(stdout.includes('***'));
    assert.match(stderr, /^masked \d+ secrets?: .*; --reveal shows them$/m);
  }
  const { stdout } = await porthole(['watch', '-n', '-r', raw, '-vvv', '--reveal']);
  for (const word of forbidden.filter((one) => one !== words.basic)) assert.ok(stdout.includes(word), word);
  const stats = await porthole(['stats', '-n', '-r', raw, '--json']);
  assertClean(stats.stdout, 'stats');
});

test('files written with --redact hold none, open in tshark, and have right checksums', {
  skip,
}, async () => {
  const file = join(directory, 'redacted.pcapng');
  const { code, stderr } = await porthole(['watch', '-n', '-r', raw, '-w', file, '--redact']);
  assert.equal(code, 0);
  assert.match(stderr, /^masked \d+ secrets: .* in \d+ packets of the file$/m);
  assert.match(said, /^masked \d+ secrets: .* in \d+ packets of the file$/m);
  for (const path of [file, live]) {
    assertClean(readFileSync(path, 'latin1'), path);
    const text = verbose(path);
    assertClean(text, `tshark -V of ${path}`);
    assert.doesNotMatch(text, /Malformed Packet|Header Length Mismatch|Decompression failed|HPACK.*error/i);
    assert.match(text, /this stays/);
  }
  // Live, a veth's checksums are hardware's to complete, before and after.
  const bad = tsharkFields(file, ['frame.number'], [...asHttp2, '-Y', 'tcp.checksum.status == Bad']);
  assert.deepEqual(bad, []);
  const of = (path: string) =>
    tsharkFields(
      path,
      ['frame.len', 'tcp.seq', 'http.response.code', 'http2.type', 'http2.headers.status'],
      asHttp2,
    );
  assert.deepEqual(of(file), of(raw));
  const values = tsharkFields(file, ['http2.header.value'], asHttp2).flat().join();
  assert.match(values, /\*{10}/);
  assert.match(values, /\/two\?token=\*+[0:-]*&page=2/);
  // The compressed body still unfolds: to stars.
  assert.match(verbose(file), /Content-encoded entity body \(gzip\): \d+ bytes -> \d+ bytes/);
  // It says of itself what was done to it.
  assert.ok(readFileSync(file, 'latin1').includes('secrets: '));
});

test("rules of one's own; what is wrong with them is said in one line", { skip }, async () => {
  const rules = join(directory, 'rules.json');
  const watch = (...args: string[]) => porthole(['watch', '-n', '-r', raw, '--redact-rules', rules, ...args]);
  writeFileSync(
    rules,
    JSON.stringify({
      patterns: [{ name: 'stays', pattern: 'this st\\w+' }],
      headers: ['X-Plain'],
      off: ['Cookie', 'Set-Cookie'],
    }),
  );
  const file = join(directory, 'own.pcapng');
  const { stdout, stderr } = await watch('-vvv', '--print', '-w', file, '--redact');
  assert.ok(!stdout.includes('this stays') && stdout.includes(words.cookie));
  assert.match(stderr, /\d+ stays/);
  const bytes = readFileSync(file, 'latin1');
  assert.ok(!bytes.includes('this stays') && bytes.includes(words.cookie));
  writeFileSync(rules, '{"off":["Cookies"]}');
  const wrong = await watch();
  assert.equal(wrong.code, 2);
  assert.match(
    wrong.stderr,
    /--redact-rules \S+: off\[0\]: no rule is called 'Cookies'; did you mean 'Cookie'\?\n/,
  );
  const lonely = await porthole(['watch', '-r', raw, '--redact']);
  assert.equal(lonely.code, 2);
  assert.match(lonely.stderr, /--redact masks the packets of -w: give -w FILE too/);
});
