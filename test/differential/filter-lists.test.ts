/** Long lists, as runbooks have them: what is done for them alone changes no verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile } from '../../src/bpf/index.ts';
import { packetsOf, pools } from '../../src/bpf/testing/packets.ts';
import { filterNames } from '../../src/cli/names.ts';
import { LinkType } from '../../src/model/index.ts';
import { compareVerdicts, sheltered } from './filter/compare.ts';
import { filter } from './filter/grammar.ts';
import { compileForFiles, skip } from './filter/libpcap.ts';

const linktypes = [LinkType.ethernet, LinkType.linuxSll2, LinkType.raw, LinkType.ieee80211];
const corpus = new Map(linktypes.map((linktype) => [linktype as number, packetsOf(linktype, 250)]));
const resolver = filterNames();

/** Lists generated a test; FILTER_RUNS asks for more. */
const runs = Math.ceil(Number(process.env['FILTER_RUNS'] ?? 2500) / 50);

/** Its own program without its optimizer, which takes seconds for what is compared here. */
function compare(linktype: number, expression: string): string {
  const { program, error } = compileForFiles(linktype, sheltered(linktype, expression), false);
  if (!program) throw new Error(`libpcap refuses: ${error}`);
  const ours = compile(expression, { linktype, resolver }).instructions;
  return compareVerdicts(ours, program, corpus.get(linktype)!).difference;
}

const list = (count: number, make: (i: number) => string, between = ' or ') =>
  Array.from({ length: count }, (_, i) => make(i)).join(between);
const address = (i: number) => (i % 40 === 7 ? pools.ip[i % pools.ip.length]! : `10.9.${i >> 8}.${i & 255}`);
const address6 = (i: number) => (i % 20 === 7 ? pools.ip6[i % pools.ip6.length]! : `2001:db8::${i + 16}`);
const port = (i: number) => (i % 40 === 7 ? pools.port[i % pools.port.length]! : 1000 + i);

test('lists of hosts, networks and ports', { skip }, () => {
  const expressions = [
    list(400, (i) => `host ${address(i)}`),
    list(300, (i) => `src ${address(i)}`),
    `not (${list(200, (i) => `host ${address(i)}`)})`,
    list(150, (i) => `not host ${address(i)}`, ' and '),
    list(200, (i) => `port ${port(i)}`),
    list(150, (i) => `not port ${port(i)}`, ' and '),
    list(150, (i) => `tcp dst port ${port(i)}`),
    list(100, (i) => `host ${address6(i)}`),
    list(100, (i) => `(host ${address(i)} and port ${port(i)})`),
    list(100, (i) => `(src host ${address(i)} and dst host ${address(i + 1)} and tcp)`),
    list(100, (i) => `portrange ${i * 100}-${i * 100 + 40}`),
    list(100, (i) => (i % 2 ? `host ${address(i)}` : `port ${port(i)}`)),
    list(60, (i) => `port ${port(i)} ${i % 2 ? 'and' : 'or'} not host ${address(i)}`),
    list(60, (i) => `(tcp[${i % 30}] = ${i} and ip[8] > ${i})`),
    `vlan and (${list(100, (i) => `host ${address(i)}`)})`,
  ];
  for (const linktype of linktypes)
    for (const expression of expressions) {
      if (linktype !== LinkType.ethernet && expression.startsWith('vlan')) continue;
      assert.equal(compare(linktype, expression), '', `${linktype} ${expression}`);
    }
});

test('generated lists of anything', { skip }, () => {
  const part = filter.filter((text) => compilesForAll(text));
  const lists = fc
    .array(fc.tuple(fc.constantFrom('or', 'or', 'or', 'and', 'or not', 'and not'), part), {
      minLength: 15,
      maxLength: 60,
    })
    .map((parts) =>
      parts.map(([operator, text], i) => (i === 0 ? `(${text})` : `${operator} (${text})`)).join(' '),
    );
  fc.assert(
    fc.property(fc.constantFrom(...linktypes), lists, (linktype, expression) => {
      try {
        compile(expression, { linktype, resolver });
      } catch (error) {
        // Too much, or nothing: which texts are is compared elsewhere.
        fc.pre(!/limit|never|linktype/.test((error as { reason?: string }).reason ?? ''));
        throw error;
      }
      const { error } = compileForFiles(linktype, expression, false);
      fc.pre(error === undefined);
      assert.equal(compare(linktype, expression), '', expression);
    }),
    { seed: 20, numRuns: runs },
  );
});

/** Encapsulations move what follows, and some protocols are no part of some link types: they are left out. */
function compilesForAll(text: string): boolean {
  if (/vlan|mpls|pppoe|geneve|byte|0xffffffff/.test(text)) return false;
  return linktypes.every((linktype) => {
    try {
      compile(text, { linktype, resolver });
      return true;
    } catch {
      return false;
    }
  });
}
