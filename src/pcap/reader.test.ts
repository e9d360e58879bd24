import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame, Loss } from '../model/index.ts';
import { CaptureDecoder, CaptureFileError } from './index.ts';
import { classicFile, NgFile, type Order } from './testing/build.ts';

const orders: readonly Order[] = ['little', 'big'];

/** One line an event. @param cut bytes fed at once */
function read(file: Uint8Array, cut = file.length) {
  const events: string[] = [];
  const losses: Loss[] = [];
  const decoder = new CaptureDecoder();
  const hex = (f: Frame) => Buffer.from(f.buf.subarray(f.start, f.start + f.capLen)).toString('hex');
  const out = {
    interface: (i: Frame['iface']) =>
      void events.push(`interface ${i.id} ${i.name || '-'} ${i.linktype} ${i.snaplen} ${i.netns}`),
    frame: (f: Frame) =>
      void events.push(
        `${f.number} ${f.iface.id} ${f.sec}.${String(f.nsec).padStart(9, '0')} ${hex(f)} ${f.origLen}${['', ' in', ' out'][f.direction]}`,
      ),
    loss: (loss: Loss) => {
      losses.push(loss);
      events.push(`${loss.kind} ${loss.count}${loss.detail ? ` ${loss.detail}` : ''}`);
    },
    name: (address: string, name: string) => void events.push(`${address} = ${name}`),
    secrets: (type: number, bytes: Uint8Array) =>
      void events.push(`secrets ${type.toString(16)} ${bytes.length}`),
  };
  // A chunk is another memory each time, as with files.
  for (let at = 0; at < file.length; at += cut) {
    const chunk = file.slice(at, at + cut);
    decoder.feed(chunk, out);
    chunk.fill(0xdd);
  }
  decoder.end(out);
  return { events, losses };
}

const error = (file: Uint8Array, cut?: number): string => {
  try {
    read(file, cut);
  } catch (e) {
    assert.ok(e instanceof CaptureFileError, String(e));
    return e.message;
  }
  return '';
};

test('pcap: both byte orders, micro and nano, the form with more bytes a packet', () => {
  for (const order of orders) {
    const micro = classicFile({ order }, [
      [1, 2, [1, 2, 3]],
      [2, 999_999, [4], 60],
    ]);
    assert.deepEqual(read(micro).events, [
      'interface 0 - 1 65535 0',
      '1 0 1.000002000 010203 3',
      '2 0 2.999999000 04 60',
    ]);
    const nano = classicFile({ order, nano: true, linktype: 113 }, [[3_000_000_000, 7, [1]]]);
    assert.deepEqual(read(nano).events, ['interface 0 - 113 65535 0', '1 0 3000000000.000000007 01 1']);
    const modified = classicFile({ order, modified: true }, [
      [1, 2, [1]],
      [3, 4, [2]],
    ]);
    assert.deepEqual(read(modified).events.slice(1), ['1 0 1.000002000 01 1', '2 0 3.000004000 02 1']);
  }
});

test('pcap: odd headers and lengths', () => {
  // Upper bits of the link type say how long frame checksums are.
  assert.equal(
    read(classicFile({ order: 'little', linktype: 0x14000001 }, [])).events[0],
    'interface 0 - 1 65535 0',
  );
  // A fraction that runs over, an original length below what was captured.
  assert.equal(
    read(classicFile({ order: 'little' }, [[1, 2_500_000, [1, 2], 1]])).events[1],
    '1 0 3.500000000 0102 2',
  );
  const version = classicFile({ order: 'little' }, []);
  version[4] = 9;
  assert.equal(error(version), 'is damaged in its header: version 9 of the format is not known');
});

test('pcap: a length that is none is damage, what came before is told', () => {
  for (const length of [262_145, 0x7fffffff, 0xffffffff]) {
    const file = classicFile({ order: 'little' }, [
      [1, 0, [1]],
      [2, 0, [2]],
    ]);
    new DataView(file.buffer).setUint32(24 + 17 + 8, length, true);
    assert.deepEqual(read(file).events.slice(1), [
      '1 0 1.000000000 01 1',
      `damaged 1 damaged at byte 41: a packet of ${length} bytes`,
    ]);
  }
  // Unless the header says so.
  const large = classicFile({ order: 'little', snaplen: 400_000 }, [
    [1, 0, new Array<number>(300_000).fill(1)],
  ]);
  assert.equal(read(large, 65_536).events.length, 2);
});

/** Everything the format has, in one file of three sections. */
function everything(order: Order, then: Order): Uint8Array {
  return new NgFile(order)
    .interface(
      1,
      [
        [2, 'upbeat/eth0'],
        [9, [9]],
      ],
      96,
    )
    .interface(1, [
      [2, 'upbeat/eth1'],
      [3, 'a description'],
      [9, [6]],
      [14, 1000n],
    ])
    .interface(101, [
      [2, 'other/tun0'],
      [9, [0x80 | 10]],
    ])
    .packet(0, 1_700_000_000_000_000_001n, [1, 2, 3], 9, 1)
    .packet(1, 1_700_000_000_000_001n, [4, 5, 6, 7], 4, 2)
    .packet(2, 1_700_000_000n * 1024n + 512n, [8], 1, 0)
    .oldPacket(1, 5n, [9])
    .simple([10, 11], 2)
    .block(0xbad, (b) => b.u32(1, 2, 3))
    .block(0x40000bad, (b) => b.u32(32_473).add([1, 2, 3, 4]))
    .names([
      [[10, 0, 0, 1], 'a.example'],
      [[...new Array<number>(15).fill(0), 1], 'größe.example'],
    ])
    .block(10, (b) => b.u32(0x544c534b, 5).padded([1, 2, 3, 4, 5]))
    .statistics(0, [
      [4, 100n],
      [5, 3n],
    ])
    .statistics(0, [
      [4, 200n],
      [5, 8n],
      [7, 1n],
    ])
    .section(then)
    .interface(113)
    .packet(0, 1_000_000n, [12])
    .section(order)
    .interface(1, [
      [2, 'later/eth0'],
      [9, [3]],
    ])
    .packet(0, 1500n, [13])
    .bytes();
}

const expected = [
  'interface 0 upbeat/eth0 1 96 1',
  'interface 1 upbeat/eth1 1 0 1',
  'interface 2 other/tun0 101 0 2',
  '1 0 1700000000.000000001 010203 9 in',
  '2 1 1700001000.000001000 04050607 4 out',
  '3 2 1700000000.500000000 08 1',
  '4 1 1000.000005000 09 1',
  '5 0 1000.000005000 0a0b 2',
  '10.0.0.1 = a.example',
  '::1 = größe.example',
  'secrets 544c534b 5',
  'kernelDrop 3',
  'kernelDrop 6',
  'interface 3 - 113 0 0',
  '6 3 1.000000000 0c 1',
  'interface 4 later/eth0 1 0 3',
  '7 4 1.500000000 0d 1',
];

test('pcapng: every block, sections in either byte order', () => {
  for (const order of orders)
    for (const then of orders)
      assert.deepEqual(read(everything(order, then)).events, expected, `${order} ${then}`);
});

test('the same at every size of chunk', () => {
  const classic = classicFile({ order: 'big' }, [
    [1, 2, [1, 2, 3]],
    [2, 3, []],
    [4, 5, new Array<number>(300).fill(6)],
  ]);
  for (const file of [everything('little', 'big'), classic]) {
    const whole = read(file).events;
    for (let cut = 1; cut < file.length; cut++) assert.deepEqual(read(file, cut).events, whole, String(cut));
  }
});

test('cut off anywhere: all before it, then one loss with the place', () => {
  const files = [
    everything('little', 'big'),
    classicFile({ order: 'little' }, [
      [1, 2, [1, 2, 3]],
      [2, 3, [4, 5]],
    ]),
  ];
  for (const file of files) {
    const whole = read(file).events;
    for (let length = 0; length < file.length; length++)
      for (const cut of [length || 1, 7]) {
        const cutFile = file.slice(0, length);
        const message = length < 28 ? error(cutFile, cut) : '';
        if (message !== '') {
          assert.match(
            message,
            /^is (cut off within its header|no capture file: it is (empty|text|neither))/,
            String(length),
          );
          continue;
        }
        const { events, losses } = read(cutFile, cut);
        const damaged = losses.filter((loss) => loss.kind === 'damaged');
        const clean = events.filter((e) => !e.startsWith('damaged'));
        assert.deepEqual(clean, whole.slice(0, clean.length), String(length));
        // Between two blocks or packets nothing is missing.
        if (damaged.length > 0) {
          assert.equal(damaged.length, 1);
          assert.equal(
            damaged[0]!.detail!.replace(/at byte \d+/, 'at byte N'),
            `damaged at byte N: cut off within a packet or block: the file ends at byte ${length}`,
          );
          assert.ok(Number(/at byte (\d+)/.exec(damaged[0]!.detail!)![1]) < length);
        }
      }
  }
});

test('any byte wrong: what was read before stays, nothing is thrown but for the header', () => {
  const files = [
    everything('big', 'little'),
    classicFile({ order: 'little' }, [
      [1, 2, [1, 2, 3]],
      [2, 3, [4, 5]],
    ]),
  ];
  for (const file of files) {
    for (let at = 0; at < file.length; at++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const wrong = file.slice();
        wrong[at] = value;
        let events: string[];
        try {
          ({ events } = read(wrong, 64));
        } catch (e) {
          assert.ok(e instanceof CaptureFileError && at < 28, `${at}: ${e}`);
          continue;
        }
        assert.ok(events.filter((e) => e.startsWith('damaged')).length <= 1);
        // Events of blocks that end before the wrong byte are as they were.
        const before = at < 28 ? [] : read(file.slice(0, at)).events.filter((e) => !e.startsWith('damaged'));
        assert.deepEqual(events.slice(0, before.length), before, `byte ${at} = ${value}`);
      }
  }
});

test('pcapng: nonsense is damage at its place', () => {
  const start = () => new NgFile('little').interface(1).packet(0, 1n, [1]);
  const offset = start().out.length;
  const cases: [name: string, file: NgFile, message: RegExp][] = [
    [
      'packet of no interface',
      start().packet(5, 1n, [1]),
      /a packet of interface 5, which was never described/,
    ],
    ['short packet block', start().block(6, (b) => b.u32(0)), /a packet block that is too short/],
    [
      'packet longer than its block',
      start().block(6, (b) => b.u32(0, 0, 0, 99, 99)),
      /a packet of 99 bytes in a block of 0/,
    ],
    ['short interface block', start().block(1, (b) => b.u32(1)), /an interface block that is too short/],
    [
      'section without byte order',
      start().block(0x0a0d0d0a, (b) => b.u32(0)),
      /a section without byte order/,
    ],
  ];
  for (const [name, file, message] of cases) {
    const { events } = read(file.packet(0, 1n, [2]).bytes());
    assert.equal(events.length, 3, name);
    assert.match(events[2]!, message, name);
    assert.ok(events[2]!.startsWith(`damaged 1 damaged at byte ${offset}: `), events[2]);
  }
  const wrong = start().packet(0, 1n, [2]).bytes();
  wrong[wrong.length - 4] = 8;
  assert.match(read(wrong).events[2]!, /a block whose two lengths differ/);
  const long = start().bytes();
  new DataView(long.buffer).setUint32(32, 0x0fffffff, true);
  assert.match(read(long).events.at(-1)!, /a block of 268435455 bytes/);
  // Interfaces of a section are its own.
  const other = start().section('big').packet(0, 1n, [2]).bytes();
  assert.match(read(other).events[2]!, /never described/);
});

test('pcapng: clocks of any kind, times that are none', () => {
  const at = (resolution: number[], ticks: bigint, offset?: bigint) => {
    const options: [number, number[] | bigint][] = [[9, resolution]];
    if (offset !== undefined) options.push([14, offset]);
    return read(new NgFile('little').interface(1, options).packet(0, ticks, [1]).bytes()).events[1]!.split(
      ' ',
    )[2];
  };
  assert.equal(at([0], 1_700_000_000n), '1700000000.000000000');
  assert.equal(at([3], 1_700_000_000_123n), '1700000000.123000000');
  assert.equal(at([12], 1_700_000n * 10n ** 12n + 1999n), '1700000.000000001');
  assert.equal(at([0x80], 5n), '5.000000000');
  assert.equal(at([0x80 | 20], (7n << 20n) + (1n << 19n)), '7.500000000');
  assert.equal(at([9], 1n, -100n), '0.000000000');
  assert.equal(at([6], 0xffff_ffff_ffff_ffffn), '0.000000000');
  assert.equal(at([0], 0xffff_ffff_ffff_ffffn), '0.000000000');
  assert.equal(at([0xff], 99n), '0.000000000');
  assert.equal(at([9], 1n, 0x7fff_ffff_ffff_ffffn), '0.000000000');
});

test('what is no capture is said to be what it seems', () => {
  const of = (text: string) => error(Buffer.from(text, 'latin1'));
  assert.equal(error(new Uint8Array(0)), 'is no capture file: it is empty');
  assert.equal(of('{"a": 1, "b": 2}'), 'is no capture file: it is JSON text');
  assert.equal(of('hello world, this is text'), 'is no capture file: it is text');
  assert.equal(of('<!DOCTYPE html><html>'), 'is no capture file: it is an HTML page');
  assert.equal(of('PK\x03\x04 and so on and on'), 'is no capture file: it is a zip archive');
  assert.equal(of('\x7fELF\x02\x01\x01\0\0\0\0\0\0'), 'is no capture file: it is a program (ELF)');
  assert.equal(
    of('\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0e\x0f\x10'),
    'is no capture file: it is neither pcap nor pcapng',
  );
  assert.equal(of('tiny'), 'is no capture file: it is text');
});
