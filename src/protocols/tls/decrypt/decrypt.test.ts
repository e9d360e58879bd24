/** What tshark reads with the same key log is read here: twelve ways to seal records, cut, lost, late and damaged. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../../../fuzz/lib/random.ts';
import { ciphers } from '../../../cli/ciphers.ts';
import type { Exchange } from '../../../model/index.ts';
import { createPipeline } from '../../../pipeline/index.ts';
import { KeyLog } from '../../../util/tls/key-log.ts';
import { inners, protocols } from '../../registry.ts';
import { framesOf, type Shot } from '../../testing/frames.ts';

const folder = join(import.meta.dirname, 'fixtures');
const keys = new Uint8Array(readFileSync(join(folder, 'suites.keys')));
const shots = framesOf(folder, 'suites');

/** Stream of the capture, request, status: as tshark lists them, a line a message. */
function golden(): string[] {
  const told: string[] = [];
  for (const line of readFileSync(join(folder, 'suites.tsv'), 'utf8').trimEnd().split('\n')) {
    const [stream, uri1, uri2, status1, status2] = line.split('\t');
    if (uri1 || uri2) told.push(`${stream} ${uri1 || uri2}`);
    else told[told.length - 1] += ` ${status1 || status2}`;
  }
  return told;
}

const none = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

interface Options {
  /** Before the packet of this number, from 0. */
  readonly keysAt?: number;
  readonly keys?: Uint8Array;
}

function run(packets: readonly Shot[], options: Options = {}): { exchanges: Exchange[]; log: KeyLog } {
  const exchanges: Exchange[] = [];
  const log = new KeyLog();
  const pipeline = createPipeline({
    ...{ protocols, inners, bodyLimit: 65_536 },
    sinks: [{ exchange: (exchange) => exchanges.push(exchange) }],
    decryption: () => ({ secrets: log, ciphers }),
  });
  const { keysAt = 0 } = options;
  packets.forEach((shot, i) => {
    if (i === keysAt) log.feed(options.keys ?? keys);
    pipeline.frame(shot.frame);
  });
  void pipeline.finish(none);
  return { exchanges, log };
}

const inside = ({ exchanges }: { exchanges: Exchange[] }) =>
  exchanges.filter(({ protocol }) => protocol !== 'tls');
const ports = [...new Set(run(shots).exchanges.map(({ connection }) => connection.client.port))];
const said = ({ connection, fields }: Exchange) => {
  const stream = ports.indexOf(connection.client.port);
  return `${stream} ${fields['http.request.uri']} ${fields['http.response.code']}`;
};

test('every exchange that tshark finds, and no other', () => {
  const found = inside(run(shots));
  assert.deepEqual(found.map(said), golden());
  assert.ok(found.every(({ missing }) => missing.length === 0));
  // 20,000 bytes of the page came through whole.
  for (const { response } of found.filter(({ fields }) => fields['http.response.code'] === 200))
    assert.equal(response!.body!.totalLength, 20_000);
});

test('says how it was sealed', () => {
  const secured = new Set(
    inside(run(shots)).map(({ connection }) => Object.values(connection.secured!).join()),
  );
  assert.deepEqual([...secured].slice(0, 3), [
    'TLS 1.3,AES_256_GCM_SHA384',
    'TLS 1.3,AES_128_GCM_SHA256',
    'TLS 1.3,CHACHA20_POLY1305_SHA256',
  ]);
  assert.equal(secured.size, 11);
});

test('secrets may come behind the first records, even when the connection is over', () => {
  for (const keysAt of [5, 20]) assert.deepEqual(inside(run(shots, { keysAt })).map(said), golden());
  // Asked for once more at the end, they are there.
  const exchanges: Exchange[] = [];
  const log = new KeyLog();
  const asked = new Map<string, number>();
  const secrets = {
    isWhole: false,
    watch: () => {},
    forget: () => {},
    find(random: Uint8Array) {
      const times = (asked.get(random.join()) ?? 0) + 1;
      asked.set(random.join(), times);
      if (times === 2) log.feed(keys);
      return times < 2 ? undefined : log.find(random);
    },
  };
  const pipeline = createPipeline({
    ...{ protocols, inners, bodyLimit: 65_536 },
    sinks: [{ exchange: (exchange) => exchanges.push(exchange) }],
    decryption: () => ({ secrets, ciphers }),
  });
  for (const { frame } of shots) pipeline.frame(frame);
  void pipeline.finish(none);
  assert.deepEqual(inside({ exchanges }).map(said), golden());
});

test('without its secrets, or with others, it stays encrypted and says why', () => {
  const dark = run(shots, { keys: new Uint8Array(0) });
  assert.deepEqual(inside(dark), []);
  const results = (run: { exchanges: Exchange[] }) =>
    run.exchanges
      .filter(({ fields }) => fields['tls.stage'] === 'TLS data')
      .map(({ fields }) => fields['tls.result'] as string);
  assert.equal(results(dark).length, 12);
  for (const result of results(dark)) assert.match(result, /^encrypted, .* \(no secrets in the key log\)$/);
  const wrong = new TextEncoder().encode(
    new TextDecoder().decode(keys).replace(/ ([0-9a-f]{4})([0-9a-f]+)$/gm, (_, a, b) => ` ${b}${a}`),
  );
  const misled = run(shots, { keys: wrong });
  assert.deepEqual(inside(misled), []);
  for (const result of results(misled)) assert.match(result, /the secrets of the key log do not fit/);
});

test('behind any lost packet it is read on, or said that something is missing', () => {
  const expected = golden();
  for (let i = 0; i < shots.length; i++) {
    const found = run(shots.filter((_, n) => n !== i));
    const clean = inside(found).filter(({ missing }) => missing.length === 0);
    for (const exchange of clean)
      assert.ok(expected.includes(said(exchange)), `without ${i}: ${said(exchange)}`);
    // Of the other connections nothing is lost.
    const others = new Set(inside(found).map(({ connection }) => connection.client.port)).size;
    assert.ok(others >= ports.length - 1, `without ${i}`);
  }
});

test('damaged packets and key logs never throw', () => {
  const random = new Random(11);
  for (let round = 0; round < 60; round++) {
    const damaged = shots.map((shot) => {
      if (!random.chance(8)) return shot;
      const buf = shot.frame.buf.slice(shot.frame.start, shot.frame.start + shot.frame.capLen);
      // Behind the headers: what is no TCP any more tests nothing here.
      buf[60 + random.below(Math.max(1, buf.length - 60))] = random.below(256);
      return { ...shot, frame: { ...shot.frame, buf, start: 0 } };
    });
    const log = keys.slice();
    for (let n = random.below(40); n > 0; n--) log[random.below(log.length)] = random.below(256);
    run(damaged, { keys: log });
  }
});

test('a key log may be cut anywhere', () => {
  const whole = new KeyLog();
  whole.feed(keys);
  assert.equal(whole.counters.strange, 0);
  assert.ok(whole.counters.secrets > 20);
  for (let size = 1; size < 300; size += 7) {
    const log = new KeyLog();
    for (let at = 0; at < keys.length; at += size) log.feed(keys.subarray(at, at + size));
    log.end();
    assert.deepEqual(log.counters, whole.counters);
  }
});
