import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Frame, LinkType } from '../../model/index.ts';
import { ethernet, frame, ip, tcp, udp } from '../../wire/testing/build.ts';
import { createPrinter, type PrintOptions } from './index.ts';
import { add, find, seqTable, wanted } from './tcp-seq.ts';

const plain: PrintOptions = {
  noNames: 2,
  verbose: 0,
  quiet: false,
  linkHeader: false,
  absoluteSeq: false,
  ascii: 0,
  hex: 0,
  hexAscii: 0,
  time: 0,
  nano: false,
  number: false,
};
const count = (words: string, letter: string) => words.split(letter).length - 1;

function optionsOf(words: string): PrintOptions {
  return {
    ...plain,
    verbose: count(words, 'v') as 0 | 1 | 2 | 3,
    quiet: words.includes('q'),
    linkHeader: words.includes('e'),
    ascii: count(words, 'A') as 0 | 1 | 2,
    hex: count(words, 'x') as 0 | 1 | 2,
    hexAscii: count(words, 'X') as 0 | 1 | 2,
  };
}

/** The capture's time in the golden file. */
const at = { sec: 1_699_999_901, nsec: 0 };
process.env['TZ'] = 'UTC';

// Written by tcpdump 4.99.3: `# name`, then options, length on the wire and bytes captured, then its text.
const golden = readFileSync(join(import.meta.dirname, 'fixtures/golden.txt'), 'utf8');

for (const section of golden.split(/^# /m).slice(1)) {
  const [name, input, ...lines] = section.split('\n');
  test(`as tcpdump: ${name}`, () => {
    const [words, length, hex] = input!.split(' ');
    const shown = { ...frame([...Buffer.from(hex!, 'hex')]), ...at, origLen: Number(length) };
    assert.equal(createPrinter(optionsOf(words!)).print(shown), lines.join('\n'));
  });
}

const ends = { src: [192, 0, 2, 1], dst: [192, 0, 2, 2], srcPort: 4000, dstPort: 80 };
const segment = (o: { seq: number; ack?: number; flags: number; payload?: string }, from = ends) =>
  frame(ethernet(ip(from, 6, tcp(from, o))));

test('names come from the caller, and only without -n', () => {
  const names = {
    hostName: (address: string) => (address === '192.0.2.1' ? 'upbeat' : undefined),
    serviceName: (port: number, protocol: string) => (port === 80 && protocol === 'tcp' ? 'http' : undefined),
  };
  const line = (noNames: number) =>
    createPrinter({ ...plain, ...names, noNames, time: 1 }).print(segment({ seq: 1, flags: 2 }));
  assert.match(line(0), /^IP upbeat\.4000 > 192\.0\.2\.2\.http: /);
  assert.match(line(1), /^IP 192\.0\.2\.1\.4000 > 192\.0\.2\.2\.80: /);
});

test('a checksum that the network card is to fill in is not judged', () => {
  const printer = createPrinter({ ...plain, verbose: 2 });
  const shown = segment({ seq: 1, flags: 2 });
  assert.match(printer.print(shown), /cksum 0x0000 \(incorrect -> 0x[0-9a-f]{4}\)/);
  assert.doesNotMatch(printer.print({ ...shown, checksumNotReady: true }), /\), seq|, cksum 0x0000/);
  assert.doesNotMatch(createPrinter({ ...plain, verbose: 2, noChecksums: true }).print(shown), /cksum/);
});

test('sequence numbers are relative per connection, and new with each SYN', () => {
  const printer = createPrinter({ ...plain, time: 1 });
  const seqOf = (text: string) => /seq (\d+)/.exec(text)?.[1];
  printer.print(segment({ seq: 100, flags: 2 }));
  printer.print(
    segment(
      { seq: 7000, ack: 101, flags: 0x12 },
      { ...ends, src: ends.dst, dst: ends.src, srcPort: 80, dstPort: 4000 },
    ),
  );
  assert.equal(seqOf(printer.print(segment({ seq: 101, ack: 7001, flags: 0x18, payload: 'x' }))), '1');
  const other = { ...ends, srcPort: 4001 };
  assert.equal(seqOf(printer.print(segment({ seq: 500, ack: 9, flags: 0x18, payload: 'x' }, other))), '500');
  assert.equal(seqOf(printer.print(segment({ seq: 501, ack: 9, flags: 0x18, payload: 'x' }, other))), '1');
});

test('the table of connections is bounded: the oldest gives way, and is counted', () => {
  const table = seqTable(1);
  const entryOf = (i: number) => {
    wanted.set([i, 1, 2]);
    return find(table);
  };
  for (let i = 0; i < 70_000; i++) {
    assert.equal(entryOf(i), -1);
    table.seq[add(table)] = i;
  }
  assert.equal(table.evicted, 70_000 - 65_536);
  assert.equal(entryOf(0), -1);
  assert.equal(entryOf(table.evicted - 1), -1);
  for (const i of [table.evicted, 40_000, 69_999]) assert.equal(table.seq[entryOf(i)], i);
});

test('a record that contradicts itself is said so, without a time', () => {
  const printer = createPrinter({ ...plain, number: true });
  const shown = segment({ seq: 1, flags: 2 });
  assert.equal(printer.print({ ...shown, capLen: 0 }), '    1  [Invalid header: caplen==0]\n');
  assert.equal(
    printer.print({ ...shown, capLen: 0, origLen: 0 }),
    '    1  [Invalid header: caplen==0, len==0]\n',
  );
  assert.equal(
    printer.print({ ...shown, origLen: shown.capLen - 1 }),
    `    1  [Invalid header: len(${shown.capLen - 1}) < caplen(${shown.capLen})]\n`,
  );
  assert.match(
    printer.print({ ...shown, origLen: 300_000 }),
    /^ {4}1 {2}\[Invalid header: len\(300000\) > 262144\]\n$/,
  );
});

test('headers within headers have an end', () => {
  const nested = new Array(3000).fill(ip(ends, 4, [])).flat();
  const bridged = new Array(8000)
    .fill([...ethernet([], 300), 0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0])
    .flat();
  for (const bytes of [ethernet(nested), bridged]) {
    for (let i = 14; i + 20 <= nested.length; i += 20) if (bytes !== bridged) bytes[i + 2] = 0xff;
    assert.match(createPrinter(plain).print(frame(bytes)), /\[\|(ip|ether|snap)\]\n$/);
  }
});

test('a year beyond 2038', () => {
  const shown = { ...segment({ seq: 1, flags: 2 }), sec: 0x80000001 };
  assert.match(createPrinter(plain).print(shown), /^\[Error converting time\] IP /);
});

test('every link layer, cut everywhere, ends in one line feed and stays within ASCII', () => {
  const bytes = [
    ...ethernet(
      ip(
        ends,
        17,
        udp(
          { ...ends, dstPort: 53 },
          Uint8Array.from({ length: 80 }, (_, i) => i * 37),
        ),
      ),
    ),
  ];
  const links = [...Object.values(LinkType), 12, 147, 250];
  for (const verbose of [0, 3] as const) {
    const printer = createPrinter({ ...plain, verbose, hexAscii: 2 });
    for (const linktype of links)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const shown: Frame = frame(bytes, 0, cut);
        const text = printer.print({ ...shown, iface: { ...shown.iface, linktype } });
        assert.match(text, /^[\t\n -~]*\n$/);
      }
  }
});
