/** What connections become, how they are joined and broken, and bytes that are made to break us. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { platform } from '../cli/platform.ts';
import { type Frame, TcpFlag } from '../model/index.ts';
import { CaptureDecoder } from '../pcap/index.ts';
import { huffmanCode } from '../protocols/http2/huffman.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { fixtureNames } from '../protocols/testing/fixture.ts';
import { defaultRules, parseRules, type Rules } from '../redact/index.ts';
import { createPacket, decode } from '../wire/index.ts';
import { type Endpoints, ethernet, frame, ip, tcp } from '../wire/testing/build.ts';
import { createScrubber } from './index.ts';

const secret = 'hunter2-s3cr3t';
const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 8080 };
const server: Endpoints = { src: client.dst, dst: client.src, srcPort: 8080, dstPort: 40_000 };

function copyOf(f: Frame): Frame {
  return { ...f, buf: f.buf.slice(f.start, f.start + f.capLen), start: 0 };
}

/** Says what is said, in segments of such a size; sequence numbers go on. */
class Talk {
  readonly frames: Frame[] = [];
  readonly #seq = { client: 100, server: 5000 };
  readonly #size: number;
  constructor(size: number) {
    this.#size = size;
  }
  flags(side: 'client' | 'server', flags: number): this {
    const ends = side === 'client' ? client : server;
    this.frames.push(frame(ethernet(ip(ends, 6, tcp(ends, { seq: this.#seq[side], flags })))));
    if (flags & (TcpFlag.syn | TcpFlag.fin)) this.#seq[side]++;
    return this;
  }
  say(side: 'client' | 'server', data: string | Uint8Array): this {
    const ends = side === 'client' ? client : server;
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    for (let at = 0; at < bytes.length; at += this.#size) {
      const payload = bytes.subarray(at, at + this.#size);
      this.frames.push(
        frame(ethernet(ip(ends, 6, tcp(ends, { seq: this.#seq[side], flags: 0x18, payload })))),
      );
      this.#seq[side] += payload.length;
    }
    return this;
  }
}

function scrub(frames: readonly Frame[], rules: Rules = defaultRules) {
  const out: Frame[] = [];
  const scrubber = createScrubber({ rules, platform }, (f) => out.push(copyOf(f)));
  for (const f of frames) scrubber.frame(f);
  scrubber.finish();
  return { out, ...scrubber.counters() };
}

const p = createPacket();
function payloads(frames: readonly Frame[], from: Endpoints): Buffer {
  return Buffer.concat(
    frames.flatMap((f) => {
      decode(f, p);
      return p.srcPort === from.srcPort ? [p.buf.slice(p.payloadOff, p.payloadOff + p.payloadCap)] : [];
    }),
  );
}

const sizes = [1, 3, 7, 20, 1400];

function webSocketFrame(text: string, key: readonly number[] | undefined, first = 0x81): Uint8Array {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  head[0]! |= key ? 0x80 : 0;
  const masked = key ? bytes.map((b, i) => b ^ key[i & 3]!) : bytes;
  return Uint8Array.from([first, ...head, ...(key ?? []), ...masked]);
}

test('WebSocket: messages of both sides, masked as they were, in fragments', () => {
  const key = [0x12, 0x34, 0x56, 0x78];
  const message = JSON.stringify({ type: 'login', password: secret, pad: 'x'.repeat(200) });
  for (const size of sizes) {
    const talk = new Talk(size)
      .say('client', 'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
      .say('server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
      .say('client', webSocketFrame(message, key))
      .say('server', webSocketFrame(message.slice(0, 35), undefined, 0x01))
      .say('server', webSocketFrame('ping', undefined, 0x89))
      .say('server', webSocketFrame(message.slice(35), undefined, 0x80));
    const { out, tally, blanked } = scrub(talk.frames);
    assert.deepEqual([tally.counts(), blanked.size], [[['JSON key', 2]], 0], `in segments of ${size}`);
    const said = payloads(out, client);
    const from = said.length - message.length;
    const unmasked = said.subarray(from).map((b, i) => b ^ key[i & 3]!);
    assert.equal(Buffer.from(unmasked).toString(), message.replace(secret, '*'.repeat(secret.length)));
    assert.ok(!/hunter|s3cr|cr3t/.test(payloads(out, server).toString('latin1')));
    assert.ok(payloads(out, server).includes('"type":"login"') || size < 7);
  }
});

function literal(name: string, value: string, coded: boolean, added = true): number[] {
  let bits = '';
  for (const c of value) {
    const { code, bits: length } = huffmanCode(c.charCodeAt(0));
    bits += code.toString(2).padStart(length, '0');
  }
  bits += '1'.repeat(-bits.length & 7);
  const octets = coded
    ? (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
    : [...Buffer.from(value)];
  return [added ? 0x40 : 0, name.length, ...Buffer.from(name), (coded ? 0x80 : 0) | octets.length, ...octets];
}

function frame2(type: number, flags: number, stream: number, payload: readonly number[]): Uint8Array {
  const { length } = payload;
  return Uint8Array.from([
    length >> 16,
    (length >> 8) & 255,
    length & 255,
    type,
    flags,
    0,
    0,
    0,
    stream,
    ...payload,
  ]);
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const block = [
  0x82,
  ...literal(':path', `/x?token=${secret}&page=2`, true),
  ...literal('authorization', `Bearer ${secret}`, true),
  ...literal('x-api-key', secret, false),
  ...literal('x-plain', 'this stays', true),
];
const body = [...Buffer.from(JSON.stringify({ token: secret, plain: 'this stays' }))];

test('HTTP/2: coded and plain values, blocks in pieces, bodies of streams side by side', () => {
  for (const size of sizes) {
    const talk = new Talk(size)
      .say('client', preface)
      .say('client', frame2(4, 0, 0, []))
      .say('client', frame2(1, 0, 1, block.slice(0, 40)))
      .say('client', frame2(9, 4, 1, block.slice(40)))
      .say('client', frame2(1, 4, 3, block))
      .say('client', frame2(0, 0, 1, body.slice(0, 15)))
      .say('client', frame2(0, 1, 3, body))
      .say('client', frame2(0, 9, 1, [4, ...body.slice(15), 0, 0, 0, 0]));
    const { out, tally, blanked } = scrub(talk.frames);
    const said = payloads(out, client);
    assert.ok(!/hunter|s3cr|cr3t/.test(said.toString('latin1')), `in segments of ${size}`);
    assert.equal(said.filter((b) => b === 0x2a).length > 30, true);
    assert.deepEqual([blanked.size, tally.total], [0, 8]);
    // Everything but the secrets is as it was.
    const before = payloads(talk.frames, client);
    assert.equal(said.length, before.length);
    assert.ok(said.includes('"plain":"this stays"'));
  }
});

test('HTTP/2 whose beginning was not seen: unknown names are secrets; after a hole everything is', () => {
  const later = [
    ...literal('authorization', `Bearer ${secret}`, false),
    // Name 30 of a table that nobody has seen.
    0x7f,
    62 - 63 + 31,
    5,
    ...Buffer.from('dunno'),
  ];
  const one = scrub(new Talk(1400).say('client', frame2(1, 5, 7, later)).frames);
  assert.ok(!payloads(one.out, client).toString().includes('dunno'));
  assert.equal(one.blanked.get('header table lost'), 5);
  const talk = new Talk(1400)
    .say('client', preface)
    .say('client', frame2(4, 0, 0, []))
    .say('client', frame2(1, 5, 1, block))
    .say('client', frame2(1, 5, 3, block));
  const holed = scrub(talk.frames.filter((_, i) => i !== 2));
  const left = payloads(holed.out, client).toString('latin1');
  assert.match(left.slice(-block.length), /^\*+$/);
});

test('a CONNECT tunnel and an HTTP/2 upgrade are read as what they carry', () => {
  const inner = `GET / HTTP/1.1\r\nAuthorization: Bearer ${secret}\r\n\r\n`;
  const tunnel = scrub(
    new Talk(50)
      .say('client', 'CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n')
      .say('server', 'HTTP/1.1 200 OK\r\n\r\n')
      .say('client', inner).frames,
  );
  assert.ok(
    payloads(tunnel.out, client)
      .toString()
      .endsWith(`Bearer ${'*'.repeat(secret.length)}\r\n\r\n`),
  );
  const upgrade = scrub(
    new Talk(50)
      .say('client', 'GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n')
      .say('server', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n')
      .say('client', preface)
      .say('client', frame2(1, 4, 3, block)).frames,
  );
  assert.equal(upgrade.tally.total, 3);
});

test('a tuple that is used again, and a connection that goes on after its end', () => {
  const get = `GET / HTTP/1.1\r\nCookie: a=${secret}\r\n\r\n`;
  const talk = new Talk(30);
  for (let i = 0; i < 3; i++)
    talk
      .flags('client', TcpFlag.syn)
      .flags('server', TcpFlag.syn | TcpFlag.ack)
      .say('client', get)
      .flags('client', TcpFlag.fin | TcpFlag.ack)
      .flags('server', TcpFlag.fin | TcpFlag.ack);
  talk.flags('client', TcpFlag.rst).say('client', get);
  const { out, tally } = scrub(talk.frames);
  assert.equal(tally.total, 4);
  assert.ok(!payloads(out, client).toString().includes(secret));
});

test('a rules file holds for packets too', () => {
  const rules = parseRules(
    JSON.stringify({
      patterns: [{ name: 'ticket', pattern: 'T-[0-9]{4}' }],
      off: ['Cookie'],
      allow: { texts: ['harmless'] },
    }),
  );
  const talk = new Talk(9).say('client', `GET /T-1234?token=harmless HTTP/1.1\r\nCookie: a=b\r\n\r\n`);
  const { out, tally } = scrub(talk.frames, rules);
  assert.equal(
    payloads(out, client).toString(),
    'GET /******?token=harmless HTTP/1.1\r\nCookie: a=b\r\n\r\n',
  );
  assert.deepEqual(tally.counts(), [['ticket', 1]]);
});

/** Numbers by chance that are the same every time (Numerical Recipes' generator). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

test('damaged recordings: nothing throws, every frame comes out once', () => {
  const folder = resolve(import.meta.dirname, '../protocols');
  const random = chance(7);
  for (const { name } of [...protocols, ...inners])
    for (const fixture of fixtureNames(join(folder, name, 'fixtures'))) {
      const frames: Frame[] = [];
      const decoder = new CaptureDecoder();
      const out = { interface() {}, frame: (f: Frame) => void frames.push(copyOf(f)), loss() {} };
      decoder.feed(readFileSync(join(folder, name, 'fixtures', `${fixture}.pcap`)), out);
      decoder.end(out);
      const given: Frame[] = [];
      for (const f of frames.slice(0, 400)) {
        if (random(20) === 0) continue;
        for (let n = random(4); n > 0; n--) f.buf[random(f.buf.length)] = random(256);
        if (random(20) === 0) f.capLen = random(f.capLen + 1);
        given.push(f);
        if (random(20) === 0) given.push(copyOf(f));
      }
      const result = scrub(given);
      assert.deepEqual(
        result.out.map((f) => f.capLen),
        given.map((f) => f.capLen),
        `${name}/${fixture}`,
      );
    }
});
