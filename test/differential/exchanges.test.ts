/**
 * Exchanges beside tshark's: methods, targets, codes and their pairs for HTTP; ids, names, codes and
 * addresses for DNS. On our recordings, on generated traffic, and on public captures where they are there.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { dns } from '../../src/protocols/dns/index.ts';
import { http } from '../../src/protocols/http/index.ts';
import { fixtureNames, readConversations } from '../../src/protocols/testing/fixture.ts';
import { type Lines, ourMessages, ours, tsharkMessages } from '../support/exchanges.ts';
import { writeHttpCapture } from '../support/http-capture.ts';
import { scratch } from '../support/scratch.ts';
import { missing, run } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

/** Why we and tshark differ: all there is. Lines are `ours|tshark WHAT CONNECTION: MESSAGE`. */
const explained: readonly { readonly line: RegExp; readonly why: string }[] = [
  { line: /^tshark dns .*:4789.*facebook/, why: 'tunnels are not looked into' },
  { line: /:5060: .*(star-123456|403)/, why: 'tshark goes by the port there (SIP)' },
  {
    line: /^ours (response|pair) .*151\.99\.72\.125:80: /,
    why: 'tshark tells a response when its body is whole, and the capture ends before',
  },
  {
    line: /^ours (request|pair) .*\/upload/,
    why: 'tshark tells a request when its body is whole, and the server did not wait for it',
  },
  {
    line: /192\.168\.0\.20:33684 .*(undefined|very_long_uri|rick\.gif|200$)/,
    why: 'blanks before the target, which tshark does not read; and a body that is not whole',
  },
  { line: /pair .*:1241 .* (http:\/\/http.com)?\/ -> 200$/, why: 'tshark makes a path of the URL' },
  { line: / pair .*:18080 /, why: 'tshark has pipelined answers all for the last request' },
  {
    line: /^ours .*192\.168\.1\.103:1044/,
    why: 'two of the captures hold the same connection: tshark takes the second for repeats',
  },
  {
    line: /! 33972 www.xt.com/,
    why: 'tshark reads on behind a name that is too long; the same answer again is no exchange of ours',
  },
  { line: /^tshark dns .*! \d+ twice\.example/, why: 'the same answer again is no exchange of ours' },
  { line: /^tshark dns .*! \d+ (z\.example)? 0 \*$/, why: 'a transfer is one exchange of ours' },
  {
    line: /a\.z\.example (0 \*|-1 )$/,
    why: 'the upper bits of an extended code are a field of their own in tshark',
  },
  {
    line: /! \d+ (a\.z\.example|broken\.example)? [24] \*?$/,
    why: 'an answer that leaves its question out has no name in tshark',
  },
  { line: /sp(\\032| )ace|at.*dot/, why: 'tshark does not escape what labels hold' },
  { line: /:5353: ! 0 /, why: 'an announcement has no question; ours has what it announces' },
];
const used = new Set<(typeof explained)[number]>();

/** What one has and the other has not. Wildcards of theirs stand for any addresses of ours. */
function differences(what: string, mine: Lines, theirs: Lines): string[] {
  const found: string[] = [];
  for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
    const b = [...(theirs.get(key) ?? [])];
    const wild = new Set(b.filter((line) => line.endsWith(' *')).map((line) => line.slice(0, -1)));
    const a = (mine.get(key) ?? []).map((line) => {
      const prefix = line.slice(0, line.lastIndexOf(' ') + 1);
      return wild.has(prefix) ? `${prefix}*` : line;
    });
    for (const line of a) {
      const at = b.indexOf(line);
      if (at >= 0) b.splice(at, 1);
      else found.push(`ours ${what} ${key}: ${line}`);
    }
    found.push(...b.map((line) => `tshark ${what} ${key}: ${line}`));
  }
  return found;
}

/** One file of several, one after the other: tshark takes longer to start than to read them. */
function joined(paths: readonly string[]): string {
  const path = join(directory, `${paths.length}.pcapng`);
  run('mergecap', ['-a', '-F', 'pcapng', '-w', path, ...paths]);
  return path;
}

/** Nothing but what is explained. Returns how many messages were compared. */
async function compare(path: string, options: readonly string[] = []): Promise<number> {
  const { exchanges } = await ours(path);
  const mine = ourMessages(exchanges);
  const theirs = tsharkMessages(path, options);
  const unexplained = [
    ...differences('request', mine.requests, theirs.requests),
    ...differences('response', mine.responses, theirs.responses),
    ...differences('pair', mine.pairs, theirs.pairs),
    ...differences('dns', mine.dns, theirs.dns),
  ].filter((line) => {
    const reason = explained.find((e) => e.line.test(line));
    if (reason) used.add(reason);
    return !reason;
  });
  assert.deepEqual(unexplained, []);
  const count = (lines: Lines) => [...lines.values()].reduce((n, list) => n + list.length, 0);
  return count(theirs.requests) + count(theirs.responses) + count(theirs.dns);
}

const directory = scratch();
const skip = missing('tshark', 'mergecap');

for (const module of [http, dns])
  test(`recordings of ${module.name}`, { skip }, async () => {
    const folder = join(import.meta.dirname, '../../src/protocols', module.name, 'fixtures');
    const names = fixtureNames(folder);
    const servers = names.flatMap((name) => readConversations(folder, name)).map((c) => c.connection);
    // tshark goes by ports: it is told what is on them.
    const decodeAs = new Set(servers.map((c) => `${c.transport}.port==${c.server.port},${module.name}`));
    const options = [...decodeAs].flatMap((rule) => ['-d', rule]);
    const messages = await compare(joined(names.map((name) => join(folder, `${name}.pcap`))), options);
    assert.ok(messages > 60, `${messages} messages compared`);
  });

test('generated traffic', { skip }, async () => {
  const path = join(directory, 'http.pcap');
  const { exchanges } = writeHttpCapture(path, { connections: 40, requestsPerConnection: 50 });
  assert.equal(await compare(path), 2 * exchanges);
});

test('public captures', { skip: skip || noTraces }, async () => {
  const messages = await compare(joined(traces()));
  assert.ok(messages > 400, `${messages} messages compared`);
});

test('the list of explanations has no stale ones', { skip: skip || noTraces }, () => {
  assert.deepEqual(
    explained.filter((e) => !used.has(e)).map((e) => e.why),
    [],
  );
});
