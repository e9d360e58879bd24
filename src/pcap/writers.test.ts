import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, type Frame, type Loss } from '../model/index.ts';
import { CaptureDecoder, PcapngWriter, PcapWriter } from './index.ts';

const iface = { id: 0, name: 'upbeat/eth0', linktype: 1, snaplen: 262_144, netns: 0, target: 'upbeat' };

/** Sizes around every way of copying, at every alignment, each at its own time. */
function* frames(): Generator<Frame> {
  const buf = Uint8Array.from({ length: 4096 }, (_, i) => (i * 31) ^ (i >> 5));
  const sizes = [...Array.from({ length: 40 }, (_, i) => i), 60, 106, 511, 512, 513, 1514, 3000];
  let number = 0;
  for (const capLen of sizes)
    for (let start = 0; start < 9; start++)
      yield {
        buf,
        start,
        capLen,
        origLen: capLen + (start === 3 ? 7 : 0),
        // 2^31 and beyond too; nanoseconds at the edges of the 32-bit carry.
        sec: [1_790_000_000, 1_790_000_003, 0, 0x8000_0000, 0xffff_ffff][number % 5]!,
        nsec: [0, 999_999_999, 294_967_296, 294_967_295, 500_000_000, 1000][number % 6]!,
        iface,
        direction: [Direction.in, Direction.out, Direction.unknown][number % 3]!,
        number: ++number,
        checksumNotReady: false,
      };
}

const view = ({ buf, start, capLen, origLen, sec, nsec, direction }: Frame) => ({
  bytes: Buffer.from(buf.subarray(start, start + capLen)).toString('hex'),
  origLen,
  sec,
  nsec,
  direction,
});

function read(bytes: Uint8Array) {
  const seen: ReturnType<typeof view>[] = [];
  const decoder = new CaptureDecoder();
  const out = {
    interface() {},
    frame: (frame: Frame) => void seen.push(view(frame)),
    loss: ({ detail }: Loss) => assert.fail(detail),
  };
  decoder.feed(bytes, out);
  decoder.end(out);
  return seen;
}

test('pcapng: every frame comes back as it was', () => {
  const writer = new PcapngWriter();
  writer.section({ application: 'porthole' });
  writer.interface(iface);
  for (const frame of frames()) writer.frame(frame, 0);
  assert.deepEqual(read(writer.chunk.view()), [...frames()].map(view));
});

test('pcapng: padding is zero, also over what was written before', () => {
  const writer = new PcapngWriter();
  const [frame] = frames();
  writer.frame({ ...frame!, buf: new Uint8Array(64).fill(255), capLen: 64 }, 0);
  writer.chunk.clear();
  writer.frame({ ...frame!, buf: new Uint8Array(64).fill(255), capLen: 1 }, 0);
  assert.deepEqual([...writer.chunk.view().subarray(28, 32)], [255, 0, 0, 0]);
});

test('pcap: every frame comes back, in microseconds or nanoseconds, without directions', () => {
  for (const nano of [false, true]) {
    const writer = new PcapWriter(nano);
    writer.header(1, 262_144);
    for (const frame of frames()) writer.frame(frame);
    const expected = [...frames()].map((frame) => ({
      ...view(frame),
      nsec: nano ? frame.nsec : Math.floor(frame.nsec / 1000) * 1000,
      direction: Direction.unknown,
    }));
    assert.deepEqual(read(writer.chunk.view()), expected);
  }
});
