/**
 * dump's text beside tcpdump's own, packet by packet: frames of every layer dump prints, cut behind each
 * of their bytes, with bytes changed, under other link layers, and recorded traffic where there is some.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import { portNames } from '../../src/cli/names.ts';
import { need } from '../support/need.ts';
import { changedCapture, cutCapture, frames, otherLinks, wholeCapture } from './dump/capture.ts';
import { type Comparison, compare, optionsOf, ourText, theirText } from './dump/compare.ts';
import { isUnprinted } from './dump/unprinted.ts';

const skip = need('linux', 'tcpdump');
const traces = join(import.meta.dirname, '../../../shared/traces');

/** Every option with every other one at least once, in few runs. */
const optionSets = [
  '-nn',
  '-nnq',
  '-nnS',
  '-nne',
  '-nnv',
  '-nnvv',
  '-nnvvv',
  '-nnqe',
  '-nnqv',
  '-nnveS',
  '-nnvvK',
  '-nnx',
  '-nnxx',
  '-nnX',
  '-nnvvvX',
  '-nnqXXe',
  '-nnvvvxxe',
  '-nnt',
  '-nntt',
  '-nnttt',
  '-nntttt',
  '-nnttttt',
  '-nnttt --nano',
  '-nntttt --nano',
];

/** Fails with the first differences that have no reason. */
function same(what: string, { count, differences }: Comparison, explained = isUnprinted): void {
  const open = differences.filter(({ tcpdump }) => !explained(tcpdump));
  const shown = open.slice(0, 5).map(({ number, tcpdump, dump }) => ({ number, tcpdump, dump }));
  assert.deepEqual(shown, [], `${what}: ${open.length} of ${count} packets differ`);
}

const nothing = () => false;

test('every frame, every option', { skip }, () => {
  const capture = wholeCapture();
  for (const words of optionSets) {
    const comparison = compare(capture, words);
    assert.equal(comparison.count, frames.length, words);
    same(words, comparison, nothing);
  }
});

test('-A and no packet numbers: the whole text is the same', { skip }, () => {
  const capture = wholeCapture();
  for (const words of ['-nn', '-nnA', '-nnAA', '-nnvA', '-nntttt'])
    assert.equal(ourText(capture, optionsOf(words)), theirText(capture, words), words);
});

test('names of ports and of addresses', { skip: skip || need('root') }, () => {
  const names = portNames();
  const hosts = new Map([
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost'],
  ]);
  const extra = {
    serviceName: (port: number, protocol: string) => names.get(`${port}/${protocol}`),
    hostName: (address: string) => hosts.get(address),
  };
  // SNMP's objects are numbers here, names there.
  const isSnmp = (text: string) => /\.snmp(-trap)?:? /.test(text);
  for (const words of ['', '-e', '-vv -e', '-q']) same(words, compare(wholeCapture(), words, extra), isSnmp);
});

test('local time', { skip }, () => {
  const capture = wholeCapture();
  const zone = process.env['TZ'];
  try {
    // Half an hour off, summer time in the southern winter, and a day line between.
    for (const name of ['Asia/Kolkata', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati']) {
      process.env['TZ'] = name;
      for (const words of ['-nn', '-nntttt', '-nnttttt'])
        assert.equal(
          ourText(capture, optionsOf(words)),
          theirText(capture, words, name),
          `${words} in ${name}`,
        );
    }
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('cut behind every byte', { skip }, () => {
  const capture = cutCapture(9);
  for (const words of ['-nn', '-nnvvve', '-nnqX', '-nnv'])
    same(`cut, ${words}`, compare(capture, words), nothing);
});

test('bytes changed', { skip }, () => {
  for (const [seed, words] of ['-nn', '-nnvvve', '-nnvX', '-nnqS'].entries()) {
    const comparison = compare(changedCapture(new Random(seed + 1), 20_000), words);
    same(`changed with seed ${seed + 1}, ${words}`, comparison);
    // What has no printer here is rare, or the list of it hides too much.
    assert.ok(
      comparison.differences.length < comparison.count / 100,
      `${comparison.differences.length} explained`,
    );
  }
});

test('other link layers', { skip }, () => {
  for (const capture of otherLinks())
    for (const words of ['-nn', '-nnvve', '-nnqxe'])
      same(
        `link type ${capture.readUInt32LE(20)}, ${words}`,
        compare(capture, words, { interfaceName }),
        nothing,
      );
});

/** The number the frames of LINKTYPE_LINUX_SLL2 name is nobody's. */
const interfaceName = () => undefined;

const noTraces = existsSync(traces) ? false : 'no recorded traffic beside the project (../shared/traces)';

test('recorded traffic', { skip: skip || noTraces }, () => {
  const files = readdirSync(traces, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(p?cap|pcapng)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  // Each file with one set of options, so that all sets are seen and it takes seconds.
  files.forEach((file, i) => {
    const words = optionSets[i % optionSets.length]!;
    same(`${file} ${words}`, compare(readFileSync(file), words));
  });
});
