/** `porthole filter` beside `tcpdump -d`, and what it counts beside `tcpdump -r`. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { compile } from '../../src/bpf/index.ts';
import { packetsOf } from '../../src/bpf/testing/packets.ts';
import { filterNames } from '../../src/cli/names.ts';
import { LinkType } from '../../src/model/index.ts';
import { need } from '../support/need.ts';
import { porthole } from '../support/porthole.ts';
import { scratch } from '../support/scratch.ts';
import { run } from '../support/tools.ts';
import { captureFile, numbersIn } from './filter/capture-file.ts';

const skip = need('tcpdump');

function filter(...args: string[]) {
  return porthole(['filter', ...args]);
}

test('-d, -dd and -ddd print what tcpdump does', { skip }, async () => {
  const table: [linktype: string, expression: string][] = [
    ['EN10MB', 'tcp port 80'],
    ['EN10MB', 'host 10.0.0.1 and tcp port 22'],
    ['RAW', 'icmp'],
    ['LINUX_SLL2', 'icmp[icmptype] = icmp-echo'],
    ['PPP', 'ip6 host 2001:db8::1'],
  ];
  for (const [linktype, expression] of table)
    for (const style of ['-d', '-dd', '-ddd']) {
      const { stdout } = await filter('-y', linktype, style, expression);
      assert.equal(stdout, run('tcpdump', ['-y', linktype, style, expression]), `${linktype} ${expression}`);
    }
});

test('--test counts what tcpdump -r reads, by words, after -- and from a file with comments', {
  skip,
}, async () => {
  const directory = scratch();
  // Whoever counts gives root's rights up first.
  chmodSync(directory, 0o755);
  const [path, kept, text] = ['all.pcap', 'kept.pcap', 'filter'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const packets = packetsOf(LinkType.ethernet, 300);
  writeFileSync(path, captureFile(LinkType.ethernet, packets), { mode: 0o644 });
  const expression = 'tcp or udp port 53';
  run('tcpdump', ['-r', path, '-w', kept, expression]);
  const told = `${numbersIn(readFileSync(kept)).length} of 300 packets pass\n`;
  writeFileSync(text, 'tcp # segments\n# and\nor udp port 53');
  for (const args of [[expression], ['--', ...expression.split(' ')], ['-F', text]]) {
    const { stdout, code } = await filter('--test', path, ...args);
    assert.equal(stdout, told);
    assert.equal(code, 0);
  }
  assert.equal((await filter('--test', path, 'ip proto 200')).code, 1);
});

test('a loopback header in a file has the byte order of the machine that wrote it', { skip }, async () => {
  const directory = scratch();
  chmodSync(directory, 0o755);
  const [path, kept] = ['all.pcap', 'kept.pcap'].map((name) => join(directory, name)) as [string, string];
  const swapped = (bytes: Uint8Array) => Uint8Array.from([...bytes.slice(0, 4).reverse(), ...bytes.slice(4)]);
  let passed = 0;
  for (const linktype of [LinkType.null, LinkType.loop]) {
    const given = packetsOf(linktype, 200);
    const packets = [...given, ...given.map(({ bytes, length }) => ({ bytes: swapped(bytes), length }))];
    for (const isBigEndian of [false, true]) {
      writeFileSync(path, captureFile(linktype, packets, isBigEndian), { mode: 0o644 });
      for (const expression of ['ip', 'ip6', 'tcp port 80', 'not ip', 'udp or len < 60']) {
        run('tcpdump', ['-r', path, '-w', kept, expression]);
        const told = numbersIn(readFileSync(kept)).length;
        const { stdout } = await filter('--test', path, expression);
        assert.equal(stdout, `${told} of 400 packets pass\n`, `${linktype} ${isBigEndian} ${expression}`);
        passed += told;
      }
    }
  }
  assert.ok(passed > 0);
});

test('a mistake ends with its place, and nothing on stdout', async () => {
  const { stdout, stderr, code } = await filter('tcp.port == 80');
  assert.equal(stdout, '');
  assert.equal(code, 1);
  assert.match(stderr, /^porthole: filter: unexpected 'tcp\.port'\n {2}tcp\.port == 80\n {2}\^{8}\n/);
  assert.match(stderr, /'tcp port 80'/);
});

test('--explain says it in words', async () => {
  const { stdout } = await filter('--explain', 'tcp port 80 and not arp');
  assert.match(stdout, /^all of\n {2}TCP from or to port 80.*\n {2}not: ARP\n$/);
  const both = await filter('--explain', '-d', 'arp');
  assert.match(both.stdout, /^ARP\n\(000\) ldh/);
});

test('every example of docs/filter.md does what it says', async () => {
  const lines = readFileSync(resolve(import.meta.dirname, '../../docs/filter.md'), 'utf8').split('\n');
  const resolver = { ...filterNames(), container: () => ({ addresses: ['10.0.0.1'] }) };
  const capture = join(scratch(), 'out.pcapng');
  chmodSync(join(capture, '..'), 0o755);
  writeFileSync(capture, captureFile(LinkType.ethernet, packetsOf(LinkType.ethernet, 200)), { mode: 0o644 });
  let ran = 0;
  for (const [i, line] of lines.entries()) {
    const [, command] = /^ {4}(?:\$ )?porthole (.*?)(?: {4,}.*)?$/.exec(line) ?? [];
    if (command === undefined || !/ /.test(command) || command.startsWith('filter: ')) continue;
    ran++;
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    if (words[0] !== 'filter') {
      // What is watched comes before the filter.
      const text = words.slice(words[1] === '-r' ? 3 : 2).join(' ');
      assert.ok(compile(text, { linktype: LinkType.ethernet, resolver }).instructions.length > 1, line);
      continue;
    }
    const given = words.slice(1).map((word) => (word === 'out.pcapng' ? capture : word));
    const { code, stdout, stderr } = await filter(...given);
    if (!line.startsWith('    $ ')) assert.equal(code, 0, `${line}: ${stderr}`);
    else {
      const printed = (stdout + stderr).trimEnd().split('\n');
      assert.deepEqual(
        lines.slice(i + 1, i + 1 + printed.length).map((text) => text.slice(4)),
        printed,
      );
    }
  }
  assert.ok(ran > 12, `${ran}`);
});
