import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureOptions, captureRows, kubeHint } from './capture-options.ts';
import { UsageError } from './errors.ts';
import { parseOptions } from './options.ts';

const parse = (line: string) => parseOptions(line.split(' '), captureRows);
const read = (line: string) => captureOptions(parse(line));

test('what tcpdump hands type: glued values, repeated letters, - as a value', () => {
  const parsed = parse('web -i any -s0 -nnvv -c 10 -w - -U port 80 and not host 1.2.3.4');
  assert.deepEqual(parsed.words, 'web port 80 and not host 1.2.3.4'.split(' '));
  assert.equal(parsed.count('no-names'), 2);
  assert.equal(parsed.count('verbose'), 2);
  const options = captureOptions(parsed);
  assert.equal(options.snaplen, 262144);
  assert.equal(options.packets, 10);
  assert.equal(options.write, '-');
  assert.equal(options.packetBuffered, true);
  assert.deepEqual(options.interfaces, []);
});

test('after -- everything is the filter', () => {
  assert.deepEqual(parse('web -- -not-a-flag 1').words, ['web', '-not-a-flag', '1']);
});

test('-ttt counts; a file name ending in .pcap asks for the classic format', () => {
  assert.equal(read('web -ttt').time, 3);
  assert.equal(read('web -w x.pcap').format, 'pcap');
  assert.equal(read('web -w x.pcap --nano').format, 'pcap-nano');
  assert.equal(read('web -w x').format, 'pcapng');
});

test('bad numbers and unknown options name the value', () => {
  for (const [line, message] of [
    ['web -c 0', /-c 0: a whole number of at least 1/],
    ['web -c ten', /-c ten/],
    ['web -s 262145', /-s 262145: a whole number from 0 to 262144/],
    ['web -Q up', /-Q up: one of in, out, inout/],
    ['web --snaplength 3', /unknown option --snaplength/],
    ['web -C 10', /give -w FILE too/],
    ['web -c', /option -c needs a value/],
    ['web --print=yes', /takes no value, got 'yes'/],
  ] as const)
    assert.throws(
      () => read(line),
      (e: Error) => e instanceof UsageError && message.test(e.message),
      line,
    );
});

test("kubectl's meaning of a letter gets a hint, tcpdump's does not", () => {
  assert.match(kubeHint(parse('-l app=web')), /label=app=web/);
  assert.match(kubeHint(parse('-n prod web')), /-n takes no value here/);
  assert.equal(kubeHint(parse('web -l port 80')), '');
});
