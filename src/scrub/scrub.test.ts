import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { brotliCompressSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { noTraces, traces } from '../../test/support/traces.ts';
import { platform } from '../cli/platform.ts';
import type { Exchange, Frame } from '../model/index.ts';
import { CaptureDecoder } from '../pcap/index.ts';
import { createPipeline } from '../pipeline/index.ts';
import { decodeHuffman, huffmanBroken, huffmanCode } from '../protocols/http2/huffman.ts';
import { inners, protocols } from '../protocols/registry.ts';
import { fixtureNames } from '../protocols/testing/fixture.ts';
import { defaultRules } from '../redact/index.ts';
import { u16 } from '../util/bytes.ts';
import { createPacket, decode } from '../wire/index.ts';
import { type Endpoints, ethernet, frame, icmpError, ip, tcp, udp } from '../wire/testing/build.ts';
import { filler } from './filler.ts';
import { maskedHuffman } from './huffman-mask.ts';
import { createScrubber } from './index.ts';

const secret = 'hunter2-s3cr3t';
const ends: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 40_000, dstPort: 80 };
const back: Endpoints = { src: ends.dst, dst: ends.src, srcPort: 80, dstPort: 40_000 };
const ack = 0x18;

function copyOf(f: Frame): Frame {
  return { ...f, buf: f.buf.slice(f.start, f.start + f.capLen), start: 0 };
}

function scrub(frames: readonly Frame[]) {
  const out: Frame[] = [];
  const scrubber = createScrubber({ rules: defaultRules, platform }, (f) => out.push(copyOf(f)));
  for (const f of frames) scrubber.frame(f);
  scrubber.finish();
  return { out, ...scrubber.counters() };
}

/** Right checksums, as hardware would have made them. */
function withChecksum(f: Frame): Frame {
  const p = createPacket();
  decode(f, p);
  const start = p.ipPayloadOff;
  const at = start + (p.transport === 6 ? 16 : 6);
  f.buf[at] = f.buf[at + 1] = 0;
  const sum = foldedSum(f);
  f.buf[at] = (~sum >> 8) & 255;
  f.buf[at + 1] = ~sum & 255;
  return f;
}

/** 0xffff when the checksum is right. */
function foldedSum(f: Frame): number {
  const p = createPacket();
  decode(f, p);
  let sum = p.transport + p.ipPayloadLen;
  for (let i = 0; i < 8; i += 2) sum += u16(p.buf, p.srcOff + i);
  for (let i = 0; i < p.ipPayloadLen; i++)
    sum += i % 2 === 0 ? p.buf[p.ipPayloadOff + i]! << 8 : p.buf[p.ipPayloadOff + i]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** A direction's bytes in segments of such a size. */
function segments(bytes: Uint8Array | string, size: number, from = ends, seq = 1000): Frame[] {
  const all = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  const frames: Frame[] = [];
  for (let at = 0; at < all.length; at += size)
    frames.push(
      withChecksum(
        frame(
          ethernet(
            ip(from, 6, tcp(from, { seq: seq + at, flags: ack, payload: all.subarray(at, at + size) })),
          ),
        ),
      ),
    );
  return frames;
}

function payloads(frames: readonly Frame[]): string {
  const p = createPacket();
  return frames
    .map((f) => {
      decode(f, p);
      return Buffer.from(p.buf.subarray(p.payloadOff, p.payloadOff + p.payloadCap)).toString('latin1');
    })
    .join('');
}

const json = JSON.stringify({ user: 'ann', password: secret, text: 'x'.repeat(40) });
const request = [
  `POST /login?token=${secret}&a=b HTTP/1.1`,
  'Host: shop.example',
  `Authorization: Bearer ${secret}`,
  `Cookie: sid=${secret}; theme=dark`,
  'Content-Type: application/json',
  `Content-Length: ${json.length}`,
  '',
  json,
].join('\r\n');
const clean = request.replaceAll(secret, '*'.repeat(secret.length)).replace('theme=dark', 'theme=****');

test('a request in segments of any size: secrets across their borders, checksums right, nothing else changed', () => {
  for (let size = 1; size <= request.length + 1; size = size < 40 ? size + 1 : size + 37) {
    const { out, tally } = scrub(segments(request, size));
    assert.equal(payloads(out), clean, `in segments of ${size}`);
    for (const f of out) assert.equal(foldedSum(f), 0xffff);
    assert.equal(tally.total, 5);
  }
});

test('sent again, out of order, twice: masked every time, frames in their order', () => {
  const frames = segments(request, 50);
  const shuffled = [frames[0]!, ...frames.slice(1, 4).reverse(), ...frames.slice(4), ...frames.map(copyOf)];
  const { out } = scrub(shuffled);
  assert.equal(out.length, shuffled.length);
  // Headers are those that came, in the order in which they came; checksums aside.
  for (const [i, f] of out.entries())
    assert.deepEqual([...f.buf.subarray(0, 50)], [...copyOf(shuffled[i]!).buf.subarray(0, 50)]);
  const text = payloads(out);
  assert.ok(!text.includes('s3cr3t') && !text.includes('hunter2'), text);
  assert.equal(payloads(out.slice(frames.length)), clean);
  // Larger pieces of what was sent in small ones.
  const again = scrub([...segments(request, 30), ...segments(request, 400)]);
  assert.ok(!payloads(again.out).includes('s3cr3t'));
});

test('property: however a stream is cut, repeated and mixed, no secret is left and no length changes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(40), { maxLength: 10 }),
      (sizes, swaps) => {
        const frames: Frame[] = [];
        for (let at = 0, i = 0; at < request.length; i++) {
          const size = sizes[i % sizes.length]!;
          frames.push(...segments(request.slice(at, at + size), size, ends, 1000 + at));
          at += size;
        }
        // The first tells where the stream begins.
        for (const swap of swaps) {
          const a = 1 + (swap % Math.max(1, frames.length - 2));
          if (a + 1 < frames.length) [frames[a], frames[a + 1]] = [frames[a + 1]!, frames[a]!];
          frames.push(copyOf(frames[a % frames.length]!));
        }
        const { out } = scrub(frames);
        assert.deepEqual(
          out.map((f) => f.capLen),
          frames.map((f) => f.capLen),
        );
        const p = createPacket();
        const bytes = new Uint8Array(request.length);
        for (const f of out) {
          decode(f, p);
          bytes.set(p.buf.subarray(p.payloadOff, p.payloadOff + p.payloadCap), p.tcpSeq - 1000);
          assert.equal(foldedSum(f), 0xffff);
        }
        assert.equal(Buffer.from(bytes).toString('latin1'), clean);
      },
    ),
    { numRuns: 150 },
  );
});

test('bodies: in chunks that cut the secret, compressed, larger than a window', () => {
  const chunked = (parts: readonly string[]) =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${parts
      .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
      .join('')}0\r\nX-Auth-Token: ${secret}\r\n\r\n`;
  for (const cut of [5, 12, 18, 24, 30]) {
    const { out, tally } = scrub(segments(chunked([json.slice(0, cut), json.slice(cut)]), 33, back));
    const text = payloads(out);
    assert.ok(!/hunter|s3cr|cr3t|X-Auth-Token: h/.test(text), text);
    assert.ok(text.includes('"user":"a') || cut < 12);
    assert.deepEqual([tally.total, text.length], [2, chunked([json.slice(0, cut), json.slice(cut)]).length]);
  }
  const packed = (body: Uint8Array, encoding: string) =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
  const bodyOf = (out: readonly Frame[]) => Buffer.from(payloads(out).replace(/^.*?\r\n\r\n/s, ''), 'latin1');
  const harmless = gzipSync('{"a":1}');
  assert.deepEqual(bodyOf(scrub(segments(packed(harmless, 'gzip'), 20, back)).out), harmless);
  const secretive = scrub(segments(packed(gzipSync(json), 'gzip'), 20, back));
  assert.match(gunzipSync(bodyOf(secretive.out)).toString(), /^\*+$/);
  assert.equal(secretive.tally.total, 1);
  const brotli = scrub(segments(packed(brotliCompressSync(json), 'br'), 20, back));
  assert.match(bodyOf(brotli.out).toString(), /^\*+$/);
  // What nobody here can undo is masked whole, and counted.
  const odd = scrub(segments(packed(Buffer.from(json), 'aes128gcm'), 20, back));
  assert.match(bodyOf(odd.out).toString(), /^\*+$/);
  assert.equal(odd.blanked.get('encoded'), json.length);
  // Windows of 64 KiB: a secret at each place near their borders.
  for (const at of [65_500, 65_530, 65_536, 57_340, 57_350, 131_000]) {
    const body = `${JSON.stringify({ a: 'y'.repeat(at) }).slice(0, -1)},"token":"${secret.repeat(40)}","b":"${'z'.repeat(70_000)}"}`;
    const { out } = scrub(segments(packed(Buffer.from(body), 'identity'), 1400, back));
    const text = bodyOf(out).toString();
    assert.ok(!text.includes('hunter') && text.endsWith('zzz"}') && text.length === body.length, String(at));
  }
});

test('holes: what was not captured says nothing, what follows is still looked at', () => {
  const frames = segments(`${request}${request}`, 40);
  for (let lost = 1; lost < frames.length - 1; lost++) {
    const { out } = scrub(frames.filter((_, i) => i !== lost));
    assert.equal(out.length, frames.length - 1);
    // Only a value whose name, or beginning, was in the hole may be left.
    const behind = payloads(out.slice(lost + 10));
    assert.ok(!behind.includes(`password":"${secret}`) && !behind.includes(`Bearer ${secret}`), behind);
  }
});

test('the snap length cuts packets: what was captured is masked, the checksum fits what was sent', () => {
  const whole = segments(request, 200);
  const cut = whole.map((f) => ({ ...copyOf(f), capLen: Math.min(f.capLen, 150) }));
  for (const f of cut) f.buf = f.buf.slice(0, f.capLen);
  const { out } = scrub(cut);
  assert.ok(!payloads(out).includes('s3cr3t'));
  // With what was not captured put back, the sum is right again: up to what a hole has hidden.
  out.forEach((f, i) => {
    const buf = Uint8Array.from([
      ...f.buf,
      ...whole[i]!.buf.subarray(whole[i]!.start + 150, whole[i]!.start + whole[i]!.capLen),
    ]);
    assert.equal(foldedSum({ ...f, buf, capLen: buf.length }), 0xffff);
  });
});

test('checksums that hardware was to complete stay as they are, wrong ones stay as wrong', () => {
  const [one] = segments(request, 2000);
  const p = createPacket();
  decode(one!, p);
  const at = p.ipPayloadOff + 16;
  let pseudo = 6 + p.ipPayloadLen;
  for (let i = 0; i < 8; i += 2) pseudo += u16(p.buf, p.srcOff + i);
  while (pseudo > 0xffff) pseudo = (pseudo & 0xffff) + (pseudo >>> 16);
  one!.buf.set([pseudo >> 8, pseudo & 255], at);
  const [kept] = scrub([one!]).out;
  assert.equal(u16(kept!.buf, at - one!.start), pseudo);
  const [wrong] = segments(request, 2000);
  wrong!.buf[at]! ^= 0x40;
  assert.equal(foldedSum(scrub([copyOf(wrong!)]).out[0]!), foldedSum(wrong!));
});

test('datagrams, fragments, tunnels, what ICMP quotes', () => {
  const datagram = withChecksum(
    frame(ethernet(ip(ends, 17, udp({ ...ends, dstPort: 8125 }, `{"token":"${secret}"}`)))),
  );
  const one = scrub([datagram]);
  assert.ok(!payloads(one.out).includes(secret) && payloads(one.out).includes('{"token":"'));
  assert.equal(foldedSum(one.out[0]!), 0xffff);
  const segment = tcp(ends, { seq: 1, flags: ack, payload: `Authorization: Bearer ${secret}\r\n` });
  const all: [Frame, string][] = [
    [frame(ethernet(ip(ends, 6, segment, { fragment: 0x2000 }))), 'fragment'],
    [frame(ethernet(ip(ends, 6, segment, { fragment: 5 }))), 'fragment'],
    [frame(ethernet(ip(ends, 17, udp({ ...ends, dstPort: 4789 }, Uint8Array.from(segment))))), 'tunnel'],
    [frame(ethernet(ip(ends, 47, [0, 0, 8, 0, ...ip(ends, 6, segment)]))), 'tunnel'],
    [frame(ethernet(ip(back, 1, icmpError(3, 3, ip(ends, 6, segment))))), 'quoted'],
  ];
  for (const [given, reason] of all) {
    const before = copyOf(given);
    const { out, blanked } = scrub([given]);
    const text = Buffer.from(out[0]!.buf).toString('latin1');
    assert.ok(!text.includes('s3cr3t'), reason);
    assert.deepEqual([[...blanked.keys()], out[0]!.capLen], [[reason], before.capLen]);
    // Sums over the whole stay, so that checksums elsewhere still fit.
    if (reason !== 'tunnel' || before.buf[23] === 47)
      assert.equal(wordSum(out[0]!.buf, 14), wordSum(before.buf, 14), reason);
  }
  for (const harmless of [
    frame(ethernet(ip(ends, 1, [8, 0, 0, 0, 1, 2, 3, 4, ...new Array<number>(48).fill(7)]))),
    frame(ethernet([0, 1, 8, 0, 6, 4, 0, 1, ...new Array<number>(20).fill(1)], 0x0806)),
    frame(ethernet(ip(ends, 17, udp({ ...ends, dstPort: 53 }, 'password: x')))),
  ]) {
    const before = copyOf(harmless);
    assert.deepEqual(scrub([harmless]).out[0]!.buf, before.buf);
  }
});

function wordSum(b: Uint8Array, from: number): number {
  let sum = 0;
  for (let i = from; i < b.length; i++) sum += (i - from) % 2 === 0 ? b[i]! << 8 : b[i]!;
  return sum % 0xffff;
}

test('line protocols: commands with passwords', () => {
  for (const text of [
    `USER ann\r\nPASS ${secret}\r\n`,
    `EHLO x\r\nAUTH PLAIN ${secret}\r\n`,
    `a1 LOGIN ann ${secret}\r\n`,
    `*2\r\n$4\r\nAUTH\r\n$14\r\n${secret}\r\n*1\r\n$4\r\nPING\r\n`,
    `*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$14\r\n${secret}\r\n`,
  ])
    for (const size of [3, 100]) {
      const { out } = scrub(segments(text, size));
      assert.ok(!payloads(out).includes('s3cr3t'), payloads(out));
      assert.equal(payloads(out).length, text.length);
    }
});

test('frames wait no longer than they should, and memory has an end', () => {
  const emitted: Frame[] = [];
  const scrubber = createScrubber({ rules: defaultRules, platform }, (f) => emitted.push(copyOf(f)));
  const [head] = segments('GET /x?token=hunter2 HT', 100);
  scrubber.frame(head!);
  assert.equal(emitted.length, 0);
  scrubber.tick(head!.sec + 0.5);
  assert.equal(emitted.length, 0);
  scrubber.tick(head!.sec + 2);
  assert.ok(payloads(emitted).startsWith('GET /x?token=*******'), payloads(emitted));
  assert.equal(scrubber.counters().hurried, 1);
  // A hole that is never filled, with much behind it.
  scrubber.frame(segments('a', 1, ends, 900_000)[0]!);
  const big = 'y'.repeat(60_000);
  for (let i = 0; i < 1200; i++) scrubber.frame(segments(big, 60_000, ends, 1_000_000 + i * 60_000)[0]!);
  assert.ok(emitted.length > 50);
});

test('compressed fillers of every length', () => {
  for (let length = 23; length < 400; length++)
    assert.match(gunzipSync(filler('gzip', length)!).toString(), /^\**$/);
  for (const length of [65_550, 65_558, 65_559, 65_560, 65_563, 65_564, 131_100, 200_000])
    assert.match(gunzipSync(filler('gzip', length)!).toString(), /^\*+$/);
  for (const length of [11, 12, 100, 70_000])
    assert.match(inflateSync(filler('deflate', length)!).toString(), /^\**$/);
  assert.equal(filler('gzip', 22), undefined);
});

function huffman(text: string): Uint8Array {
  let bits = '';
  for (const c of text) {
    const { code, bits: length } = huffmanCode(c.charCodeAt(0));
    bits += code.toString(2).padStart(length, '0');
  }
  bits += '1'.repeat(-bits.length & 7);
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

test('property: Huffman codes with a part masked are codes, of the same length, with the rest as it was', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_=/&?.%:;"{}~ '.split('')), maxLength: 30 });
  fc.assert(
    fc.property(
      text,
      fc.string({ minLength: 3, maxLength: 30 }).filter((t) => /^[!-~]+$/.test(t)),
      text,
      (before, hidden, after) => {
        const whole = before + hidden + after;
        const octets = huffman(whole);
        assert.equal(decodeHuffman(octets, 0, octets.length), whole);
        const out = maskedHuffman(whole, octets.length, [[before.length, before.length + hidden.length]]);
        assert.equal(out.length, octets.length);
        const read = decodeHuffman(out, 0, out.length);
        assert.ok(!huffmanBroken, read);
        if (/^\*+$/.test(read)) return;
        assert.ok(read.startsWith(before) && read.endsWith(after), `${whole} -> ${read}`);
        assert.match(read.slice(before.length, read.length - after.length), /^\**[0:-]*$/);
      },
    ),
    { numRuns: 500 },
  );
});

const folder = resolve(import.meta.dirname, '../protocols');

function framesOf(path: string): Frame[] {
  const frames: Frame[] = [];
  const decoder = new CaptureDecoder();
  const out = { interface() {}, frame: (f: Frame) => void frames.push(copyOf(f)), loss() {} };
  decoder.feed(readFileSync(path), out);
  decoder.end(out);
  return frames;
}

function exchangesOf(frames: readonly Frame[]): Exchange[] {
  const found: Exchange[] = [];
  const pipeline = createPipeline({
    protocols,
    inners,
    bodyLimit: 65_536,
    sinks: [{ exchange: (exchange) => void found.push(exchange) }],
  });
  const seen = new Set();
  for (const f of frames) {
    if (!seen.has(f.iface)) pipeline.interface(f.iface);
    seen.add(f.iface);
    pipeline.frame(f);
  }
  void pipeline.finish({ captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 });
  return found;
}

/** What stays of an exchange whatever is masked in it. */
const shape = (e: Exchange) => [
  e.protocol,
  e.outcome,
  e.missing,
  e.request?.wireBytes,
  e.response?.wireBytes,
  e.fields['http.response.code'],
  e.fields['http.request.method'],
  e.request?.headers.map(([name]) => name),
  e.response?.headers.map(([name]) => name),
];

test('recordings of real software: the same exchanges come out, with their secrets masked', () => {
  let changed = 0;
  for (const { name } of [...protocols, ...inners])
    for (const fixture of fixtureNames(join(folder, name, 'fixtures'))) {
      const label = `${name}/${fixture}`;
      const frames = framesOf(join(folder, name, 'fixtures', `${fixture}.pcap`));
      const before = frames.map((f) => ({ ...f, buf: f.buf.slice() }));
      const { out, frames: touched } = scrub(frames);
      changed += touched;
      assert.deepEqual(
        out.map((f) => [f.number, f.capLen, f.sec, f.nsec]),
        before.map((f) => [f.number, f.capLen, f.sec, f.nsec]),
        label,
      );
      // Encrypted and plain names: nothing of these is touched.
      if (['tls', 'dtls', 'quic', 'dns'].includes(name)) {
        for (const [i, f] of out.entries()) assert.deepEqual(f.buf, before[i]!.buf, label);
        continue;
      }
      assert.deepEqual(exchangesOf(out).map(shape), exchangesOf(before).map(shape), label);
      const left = out.map((f) => Buffer.from(f.buf).toString('latin1')).join('');
      assert.doesNotMatch(
        left,
        /Authorization: (?:Basic|Bearer) [^*\r]|[Cc]ookie: sid=[^*\r]|"password":"[^*"]/,
        label,
      );
    }
  assert.ok(changed > 20);
});

test('public captures: every frame comes out once, with its length, in order', { skip: noTraces }, () => {
  for (const path of traces()) {
    const frames = framesOf(path);
    const lengths = frames.map((f) => f.capLen);
    const { out } = scrub(frames);
    assert.deepEqual(
      out.map((f) => f.capLen),
      lengths,
      path,
    );
  }
});
