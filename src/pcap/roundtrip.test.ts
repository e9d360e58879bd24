import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CaptureInterface, Direction, type Frame, type Loss } from '../model/index.ts';
import { CaptureDecoder, type DecoderOutput, PcapngWriter, PcapWriter } from './index.ts';

const frame = fc.record(
  {
    bytes: fc.uint8Array({ maxLength: 90 }),
    more: fc.nat(2000),
    sec: fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0x7fffffff, 0xffffffff)),
    nsec: fc.oneof(fc.nat(999_999_999), fc.constantFrom(0, 999_999_999)),
    iface: fc.nat(2),
    direction: fc.constantFrom(Direction.unknown, Direction.in, Direction.out),
  },
  { noNullPrototype: true },
);
type Sent = typeof frame extends fc.Arbitrary<infer T> ? T : never;

const names = fc
  .string({ unit: 'binary', maxLength: 20 })
  .filter((name) => !name.includes('\0') && !/[\ud800-\udfff]/.test(name));

function toFrame(sent: Sent, ifaces: readonly CaptureInterface[], number: number): Frame {
  return {
    buf: sent.bytes,
    start: 0,
    capLen: sent.bytes.length,
    origLen: sent.bytes.length + sent.more,
    sec: sent.sec,
    nsec: sent.nsec,
    iface: ifaces[sent.iface]!,
    direction: sent.direction,
    number,
    checksumNotReady: false,
  };
}

function read(file: Uint8Array, cut: number) {
  const seen = {
    interfaces: [] as CaptureInterface[],
    frames: [] as Sent[],
    names: [] as string[][],
    losses: [] as Loss[],
  };
  const out: DecoderOutput = {
    interface: (iface) => void seen.interfaces.push(iface),
    frame: (f) =>
      void seen.frames.push({
        bytes: f.buf.slice(f.start, f.start + f.capLen),
        more: f.origLen - f.capLen,
        sec: f.sec,
        nsec: f.nsec,
        iface: f.iface.id,
        direction: f.direction,
      }),
    name: (address, name) => void seen.names.push([address, name]),
    loss: (loss) => void seen.losses.push(loss),
  };
  const decoder = new CaptureDecoder();
  for (let at = 0; at < file.length; at += cut) decoder.feed(file.subarray(at, at + cut), out);
  decoder.end(out);
  return seen;
}

test('property: what PcapngWriter writes, CaptureDecoder reads', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 30 }),
      fc.tuple(names, names, names),
      fc.nat(1000),
      fc.integer({ min: 1, max: 500 }),
      names,
      (sent, interfaceNames, dropped, cut, peer) => {
        const interfaces = interfaceNames.map((name, id) => ({
          id,
          name,
          linktype: [1, 101, 276][id]!,
          snaplen: [0, 96, 262_144][id]!,
          netns: 0,
          target: '',
        }));
        const writer = new PcapngWriter();
        writer.section({ application: 'test', hardware: '', os: 'größe' });
        for (const iface of interfaces) writer.interface(iface, 'tcp port 80');
        sent.forEach((f, i) => void writer.frame(toFrame(f, interfaces, i + 1), f.iface));
        writer.statistics(1, { received: 2 ** 40, dropped }, 1_700_000_000, 5);
        writer.names([
          ['192.0.2.1', 'a.example'],
          ['2001:db8::1', peer],
          ['::ffff:192.0.2.7', 'mapped.example'],
          ['no address', 'x'],
        ]);
        const seen = read(writer.chunk.view(), cut);
        assert.deepEqual(seen.frames, sent);
        assert.deepEqual(
          seen.interfaces.map(({ id, name, linktype, snaplen }) => ({ id, name, linktype, snaplen })),
          interfaces.map(({ id, name, linktype, snaplen }) => ({ id, name, linktype, snaplen })),
        );
        assert.deepEqual(seen.names, [
          ['192.0.2.1', 'a.example'],
          ...(peer === '' ? [] : [['2001:db8::1', peer]]),
          ['::ffff:192.0.2.7', 'mapped.example'],
        ]);
        assert.deepEqual(
          seen.losses.map((l) => [l.kind, l.count, l.iface?.id]),
          dropped > 0 ? [['kernelDrop', dropped, 1]] : [],
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('property: what PcapWriter writes, CaptureDecoder reads', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 30 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 500 }),
      (sent, nano, cut) => {
        const writer = new PcapWriter(nano);
        const iface = { id: 0, name: '', linktype: 1, snaplen: 65_535, netns: 0, target: '' };
        writer.header(1, 65_535);
        sent.forEach((f, i) => void writer.frame(toFrame({ ...f, iface: 0 }, [iface], i + 1)));
        const seen = read(writer.chunk.view(), cut);
        const expected = sent.map((f) => ({
          ...f,
          iface: 0,
          direction: Direction.unknown,
          nsec: nano ? f.nsec : f.nsec - (f.nsec % 1000),
        }));
        assert.deepEqual(seen.frames, expected);
        assert.deepEqual(seen.interfaces, [iface]);
      },
    ),
    { numRuns: 300 },
  );
});
