import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FrameCollector, Loss } from '../../model/index.ts';
import { CaptureFileError } from '../../pcap/index.ts';
import { classicFile } from '../../pcap/testing/build.ts';
import { type FileOptions, openCaptureFile } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'porthole-file-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** Packets whose bytes do not compress away: each tells its number. */
function capture(packets: number, size = 100): Uint8Array {
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  };
  return classicFile(
    { order: 'little' },
    Array.from({ length: packets }, (_, i) => [i, 0, Array.from({ length: size }, noise)] as const),
  );
}

async function read(path: string, options: FileOptions = {}, onFrame: (n: number) => void = () => {}) {
  const source = await openCaptureFile(path, options);
  const seen: number[] = [];
  const losses: Loss[] = [];
  let batches = 0;
  const out: FrameCollector = {
    interface() {},
    frame(frame) {
      seen.push(frame.sec);
      assert.equal(frame.number, seen.length);
      assert.equal(frame.buf.constructor, Uint8Array);
      onFrame(seen.length);
      if (seen.length === stopAfter) source.stop();
    },
    loss: (loss) => void losses.push(loss),
    note() {},
    batch() {
      batches++;
    },
  };
  let stopAfter = 0;
  return {
    source,
    seen,
    losses,
    async run(stop = 0) {
      stopAfter = stop;
      await source.run(out);
      return { frames: seen.length, damaged: losses.filter((l) => l.kind === 'damaged').length, batches };
    },
  };
}

const error = async (path: string) => {
  try {
    await (await read(path)).run();
  } catch (e) {
    assert.ok(e instanceof CaptureFileError, String(e));
    return e.message.replace(directory, 'DIR');
  }
  return '';
};

test('a file larger than what is read at once', async () => {
  const r = await read(write('large.pcap', capture(30_000)));
  const { frames, damaged, batches } = await r.run();
  assert.deepEqual([frames, damaged], [30_000, 0]);
  assert.ok(batches > 3);
  assert.deepEqual(r.seen.slice(-2), [29_998, 29_999]);
});

test('gzip: whole, in several members, large', async () => {
  const file = capture(30_000);
  assert.deepEqual((await (await read(write('a.pcap.gz', gzipSync(file)))).run()).frames, 30_000);
  const members = Buffer.concat([gzipSync(file.subarray(0, 1000)), gzipSync(file.subarray(1000))]);
  const r = await read(write('b.pcap.gz', members));
  const { frames, damaged } = await r.run();
  assert.deepEqual([frames, damaged], [30_000, 0]);
});

test('gzip cut off or damaged: what could be unpacked is told, then the loss', async () => {
  const whole = gzipSync(capture(5000));
  const perPacket = whole.length / 5000;
  for (const keep of [whole.length - 1, Math.floor(whole.length * 0.9), Math.floor(whole.length / 2), 2000]) {
    const r = await read(write('cut.gz', whole.subarray(0, keep)));
    const { frames, damaged } = await r.run();
    assert.equal(damaged, 1, String(keep));
    // Deflate works in blocks: the last one may not be unpacked, the others must.
    assert.ok(frames >= keep / perPacket - 1000, `${frames} of ${keep / perPacket} packets`);
    assert.match(r.source.damage, /cut off/);
  }
  const broken = Uint8Array.from(whole);
  broken.fill(0xff, whole.length / 2, whole.length / 2 + 100);
  const r = await read(write('broken.gz', broken));
  const { frames, damaged } = await r.run();
  assert.equal(damaged, 1);
  assert.ok(frames > 1000 && frames < 5000, String(frames));
});

test('cut off or damaged: told once, with the place', async () => {
  const whole = capture(100);
  const r = await read(write('cut.pcap', whole.subarray(0, whole.length - 5)));
  assert.deepEqual(await r.run(), { frames: 99, damaged: 1, batches: 2 });
  assert.match(r.source.damage, /^damaged at byte 11508: cut off within a packet/);
});

test('what cannot be read is said in one line', async () => {
  assert.equal(await error(join(directory, 'missing')), 'cannot read DIR/missing: there is no such file');
  assert.equal(await error(directory), 'cannot read DIR: it is a directory');
  assert.equal(await error(write('empty', new Uint8Array(0))), 'DIR/empty is no capture file: it is empty');
  assert.equal(
    await error(write('text', Buffer.from('some text\n'))),
    'DIR/text is no capture file: it is text',
  );
  assert.equal(
    await error(write('text.gz', gzipSync(Buffer.from('some text, longer than a header\n')))),
    'DIR/text.gz is no capture file: it is text',
  );
  assert.equal(
    await error(write('short', capture(0).subarray(0, 15))),
    'DIR/short is cut off within its header: it has only 15 bytes',
  );
});

test('a filter leaves out, and counts; stopping ends it', async () => {
  const path = write('filter.pcap', capture(100));
  const r = await read(path, { filter: () => (buf, start) => buf[start]! < 128 });
  const { frames } = await r.run();
  const { received, captured } = r.source.counters();
  assert.deepEqual([received, captured], [100, frames]);
  assert.ok(frames > 20 && frames < 80);
  const stopped = await read(path);
  assert.equal((await stopped.run(7)).frames, 7);
});

test('stdin, slowly and compressed too', async () => {
  const script = `
    const { openCaptureFile } = await import(${JSON.stringify(resolve(import.meta.dirname, 'index.ts'))});
    const source = await openCaptureFile('-');
    let frames = 0;
    const losses = [];
    await source.run({ interface() {}, frame() { frames++; }, loss(l) { losses.push(l.kind); }, note() {}, batch() {} });
    console.log(frames, losses.join());`;
  for (const bytes of [capture(50), gzipSync(capture(50))]) {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    for (let at = 0; at < bytes.length; at += 499) {
      child.stdin.write(bytes.subarray(at, at + 499));
      if (at < 3000) await new Promise((done) => setTimeout(done, 2));
    }
    child.stdin.end();
    let text = '';
    for await (const chunk of child.stdout) text += chunk;
    assert.equal(text, '50 \n');
  }
});
