/**
 * The filter language beside libpcap: the same expressions accepted and refused, the same verdict on
 * every packet, programs no longer than its own. Link types and corpora are in filter/.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile, createMatcher, disassemble } from '../../src/bpf/index.ts';
import { expressions } from '../../src/bpf/testing/expressions.ts';
import { packetsOf } from '../../src/bpf/testing/packets.ts';
import { LinkType } from '../../src/model/index.ts';
import { need } from '../support/need.ts';
import { scratch } from '../support/scratch.ts';
import { run } from '../support/tools.ts';
import { captureFile, numbersIn } from './filter/capture-file.ts';
import { type Comparison, compareOne, linktypeNames, sheltered } from './filter/compare.ts';
import { filter, wordSalad } from './filter/grammar.ts';
import { compileForFiles, skip } from './filter/libpcap.ts';

const linktypes: readonly number[] = Object.values(LinkType);
const corpus = new Map<number, ReturnType<typeof packetsOf>>(
  linktypes.map((linktype) => [linktype, packetsOf(linktype, linktype === LinkType.ethernet ? 2000 : 500)]),
);

/** Generated expressions a test; FILTER_RUNS asks for more. */
const runs = Number(process.env['FILTER_RUNS'] ?? 2500);

/** Where Porthole differs on purpose, and why; each may do so in any way. */
const documented: readonly { readonly pattern: RegExp; readonly linktype?: number; readonly why: string }[] =
  [
    { pattern: /^byte \d+ [&|] \d+$/, why: 'libpcap forgets to load the byte, and tests what A held before' },
    {
      pattern: /& 0xffffffff !?= 0$/,
      why: 'libpcap takes jset #0xffffffff for always true; it is not for 0',
    },
    { pattern: /^port \(\(80 or 443\)\)$/, why: 'more parentheses around a list of values do no harm' },
    { pattern: /^vxlan$/, why: 'newer libpcaps know it' },
    { pattern: /^(?:http|dns)$/, why: 'words of its own: filter-words.test.ts' },
    { pattern: /protochain/, why: 'the kernel takes no loops: programs follow six headers one by one' },
    {
      pattern: /geneve or|or geneve/,
      why: 'what lies within a tunnel that is not there: libpcap reads offsets it has not computed',
    },
    {
      pattern: /geneve/,
      linktype: LinkType.ieee80211,
      why: "libpcap stores the length of the 802.11 header where the tunnel's offset belongs",
    },
  ];

function isDocumented(linktype: number, expression: string): boolean {
  return documented.some(
    (entry) => (entry.linktype ?? linktype) === linktype && entry.pattern.test(expression),
  );
}

function explain(linktype: number, expression: string, { difference }: Comparison): string {
  return `${linktypeNames.get(linktype)} '${expression}': ${difference}`;
}

test('what tcpdump prints is what libpcap gives here, and Porthole prints it alike', {
  skip: skip || need('tcpdump'),
}, () => {
  const directory = scratch();
  const chosen: [linktype: number, expression: string][] = [
    [LinkType.ethernet, 'tcp port 80 and host 10.0.0.1'],
    [LinkType.ethernet, '(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)'],
    [LinkType.ethernet, 'len % 3 = 1 or -ip[8] / 3 ^ ip[9] | 5 > 100 or 1 << (ip[8] & 7) >> 1 * 3 >= len'],
    [LinkType.ethernet, 'ip6 protochain 6'],
    [LinkType.linuxSll2, 'inbound and udp portrange 50-100'],
    [LinkType.ieee80211, 'type data and host 10.0.0.1'],
  ];
  for (const [linktype, expression] of chosen) {
    const path = join(directory, `${linktype}.pcap`);
    writeFileSync(path, captureFile(linktype, []));
    const { program } = compileForFiles(linktype, expression);
    for (const style of ['d', 'dd', 'ddd'] as const) {
      const printed = run('tcpdump', ['-r', path, `-${style}`, expression]);
      assert.equal(disassemble({ linktype, instructions: program! }, style), printed, expression);
    }
  }
});

test("the interpreter's verdicts are those of tcpdump -r", { skip: skip || need('tcpdump') }, () => {
  const directory = scratch();
  const chosen = [
    'tcp or udp port 53',
    'ip[2:2] > 60 or ip6[6] & 3 = 2',
    'not ip6 and greater 60',
    'src net 10.0.0.0/8',
  ];
  for (const linktype of linktypes) {
    const packets = corpus.get(linktype)!;
    const [path, kept] = ['all.pcap', 'kept.pcap'].map((name) => join(directory, name)) as [string, string];
    writeFileSync(path, captureFile(linktype, packets));
    const possible = chosen.filter((expression) => compileForFiles(linktype, expression).error === undefined);
    assert.ok(possible.length > 1);
    for (const expression of possible) {
      run('tcpdump', ['-r', path, '-w', kept, expression]);
      const matches = createMatcher(compile(expression, { linktype }));
      const numbers = packets.flatMap(({ bytes, length }, i) =>
        matches(bytes, 0, bytes.length, length) ? [i] : [],
      );
      assert.deepEqual(
        numbers,
        numbersIn(readFileSync(kept)),
        `${linktypeNames.get(linktype)} ${expression}`,
      );
    }
  }
});

test('every documented difference is one', { skip }, () => {
  for (const { pattern, linktype = LinkType.ethernet, why } of documented) {
    const differs = expressions
      .filter((expression) => pattern.test(expression))
      .some((expression) => {
        const { difference, lengths } = compareOne(linktype, expression, corpus.get(linktype)!);
        return difference !== '' || (lengths && lengths[0] > lengths[1]);
      });
    assert.ok(differs, why);
  }
});

test('hand-written expressions: accepted, decided and as short as by libpcap', { skip }, (t) => {
  const wrong: string[] = [];
  const explained = { never: 0, truncated: 0, optimizer: 0 };
  const sizes = { ours: 0, theirs: 0, shorter: 0, equal: 0, longer: 0 };
  for (const linktype of linktypes)
    for (const expression of expressions) {
      const packets = corpus.get(linktype)!;
      let comparison = compareOne(linktype, expression, packets);
      // Verdicts once more where libpcap's own program is at fault; acceptance and length as it is.
      if (comparison.difference !== '' && linktype === LinkType.ieee80211)
        comparison = { ...comparison, ...compareOne(linktype, sheltered(linktype, expression), packets) };
      const { lengths } = comparison;
      if (comparison.explained) explained[comparison.explained]++;
      let { difference } = comparison;
      if (lengths) {
        const [ours, theirs] = lengths;
        sizes.ours += ours;
        sizes.theirs += theirs;
        sizes[ours < theirs ? 'shorter' : ours === theirs ? 'equal' : 'longer']++;
        if (ours > theirs) difference ||= `${ours} instructions, libpcap ${theirs}`;
      }
      if (difference !== '' && !isDocumented(linktype, expression))
        wrong.push(explain(linktype, expression, { difference }));
    }
  assert.deepEqual(wrong, []);
  const ratio = (sizes.ours / sizes.theirs).toFixed(3);
  t.diagnostic(`instructions: ${ratio} of libpcap's; ${JSON.stringify(sizes)}; ${JSON.stringify(explained)}`);
});

test('generated expressions: accepted, decided and as short as by libpcap', { skip }, (t) => {
  const sizes = { ours: 0, theirs: 0, longer: 0, compared: 0 };
  const explained = { never: 0, truncated: 0, optimizer: 0 };
  const arbitrary = fc.tuple(fc.constantFrom(LinkType.ethernet, LinkType.ethernet, ...linktypes), filter);
  fc.assert(
    fc.property(arbitrary, ([linktype, expression]) => {
      const comparison = compareOne(linktype, sheltered(linktype, expression), corpus.get(linktype)!);
      assert.equal(comparison.difference, '', explain(linktype, expression, comparison));
      if (comparison.explained) explained[comparison.explained]++;
      if (!comparison.lengths) return;
      const [ours, theirs] = comparison.lengths;
      sizes.compared++;
      sizes.ours += ours;
      sizes.theirs += theirs;
      if (ours > theirs) sizes.longer++;
    }),
    { seed: 20, numRuns: runs },
  );
  t.diagnostic(
    `instructions: ${(sizes.ours / sizes.theirs).toFixed(3)} of libpcap's; ${JSON.stringify({ ...sizes, ...explained })}`,
  );
  // Optimization is a search: now and then libpcap's ends in a shorter program.
  assert.ok(
    sizes.longer <= runs / 1000,
    `${sizes.longer} of ${sizes.compared} programs are longer than libpcap's`,
  );
});

test('words in any order are refused by both or by none', { skip }, () => {
  fc.assert(
    fc.property(wordSalad, (expression) => {
      const comparison = compareOne(LinkType.ethernet, expression, []);
      assert.equal(comparison.difference, '', explain(LinkType.ethernet, expression, comparison));
    }),
    { seed: 20, numRuns: runs },
  );
});
