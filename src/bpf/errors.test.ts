/** Every mistake is told where it is, what would fit, and what was probably meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkType } from '../model/index.ts';
import { compile, FilterError } from './index.ts';

function refusal(expression: string, linktype: number = LinkType.ethernet): FilterError {
  try {
    compile(expression, { linktype });
  } catch (error) {
    assert.ok(error instanceof FilterError, String(error));
    return error;
  }
  return assert.fail(`accepted: ${expression}`);
}

/** The spot is what the two marks enclose. */
const mistakes: [marked: string, reason: FilterError['reason'], told: RegExp][] = [
  ['<tcp.port> == 80', 'syntax', /display filter language: here it is 'tcp port 80'/],
  ['<ip.addr> == 10.0.0.1', 'syntax', /here it is 'host 10\.0\.0\.1'/],
  ['tcp and <http.request>', 'syntax', /display filter language/],
  ['<web>', 'syntax', /'host web', 'port web', 'container web'; what to watch is the first word/],
  ['<10.0.0.1> and tcp', 'syntax', /'host 10\.0\.0\.1'/],
  ['<80>', 'syntax', /'port 80'/],
  ['vlan 5 or <6>', 'syntax', /nothing before '6' says what it is/],
  ['<https>', 'syntax', /'tcp port 443'.*'tls-hello'/],
  ['<TCP> port 80', 'syntax', /lower case/],
  ['<icmpv6>', 'syntax', /'icmp6'/],
  ['tcp and <>', 'syntax', /ends too early\n.*\n.*\nexpected a primitive/],
  ['tcp <udp>', 'syntax', /unexpected keyword 'udp'[\s\S]*'and', 'or' or the end/],
  ['(tcp or udp<>', 'syntax', /expected 'and', 'or' or '\)'/],
  ['tcp<)>', 'syntax', /unexpected '\)'/],
  ['ip proto <tcp>', 'syntax', /proto \\tcp/],
  ['tcp[13<>', 'syntax', /expected an operator, ':' or ']'/],
  ['tcp[13]<>', 'syntax', /expected a comparison/],
  ['tcp[13] & 2 <and> udp', 'syntax', /expected a comparison/],
  ["<'>tcp'", 'syntax', /quotes belong to the shell/],
  ['port 80<,>443', 'syntax', /port 80 or 443/],
  ['port 80 <\u2013> 90', 'syntax', /not a minus sign/],
  ['ether host <0:1:2:>3', 'syntax', /six pairs/],
  ['len > <4294967296>', 'syntax', /32 bits/],
  ['len > <089>', 'syntax', /octal/],
  ['host <web>', 'name', /names come from \/etc\/hosts[\s\S]*'container web'/],
  ['port <80-90>', 'name', /portrange 80-90/],
  ['tcp port http or <nonsense>', 'name', /\/etc\/services/],
  ['ether proto <nonsense>', 'name', /one of aarp, arp/],
  ['net <10.0.0.1/8>', 'meaning', /the network is 10\.0\.0\.0\/8/],
  ['net <2001:db8::1/32>', 'meaning', /bits beyond its prefix/],
  ['host <10.0.0.0/8>', 'meaning', /'net'/],
  ['tcp host <10.0.0.1>', 'meaning', /'tcp and host \.\.\.'/],
  ['ip6 port <80>', 'meaning', /'ip6 and port \.\.\.'/],
  ['port <65536>', 'meaning', /65535/],
  ['host <00:00:5e:00:53:01>', 'meaning', /'ether host 00:00:5e:00:53:01'/],
  ['ip[0] / <0> = 1', 'meaning', /division by zero/],
  ['ip[0] << <32> = 1', 'meaning', /up to 31/],
  ['<ip[0:3]> = 1', 'meaning', /1, 2 or 4/],
  ['tcp or <mpls and arp>', 'meaning', /below MPLS/],
  ['tcp and <inbound>', 'linktype', /which way a packet went/],
  ['<type mgt>', 'linktype', /no 802\.11 header/],
  ['<vpi> 1', 'linktype', /raw ATM/],
  ['<ip and ip6>', 'never', /no packet can match/],
];

test('a mistake is shown where it is', () => {
  for (const [marked, reason, told] of mistakes) {
    const [, before, spot, after] = /^([\s\S]*?)<([^<>]*)>([^<>]*)$/
      .exec(marked.replace('<<', '\u0001'))!
      .map((part) => part.replace('\u0001', '<<')) as [string, string, string, string];
    const error = refusal(before + spot + after);
    const text = error.format();
    assert.equal(error.reason, reason, text);
    if (marked.includes('mpls and')) assert.match(text, told);
    else {
      assert.equal(error.position, before.length, text);
      assert.equal(error.length, Math.max(1, spot.length), text);
      assert.match(text, told);
    }
    const [, line, caret] = text.split('\n') as [string, string, string];
    assert.equal(line.slice(2), before + spot + after);
    assert.match(caret, /^ {2} *\^+$/);
  }
});

test('a long expression is shown around the spot', () => {
  const hosts = Array.from({ length: 200 }, (_, i) => `host 10.0.0.${i}`);
  const error = refusal([...hosts, 'host nowhere', ...hosts].join(' or '));
  const [, line, caret] = error.format().split('\n') as [string, string, string];
  assert.ok(line.length < 140, line);
  const from = caret.indexOf('^');
  assert.equal(line.slice(from, from + 'nowhere'.length), 'nowhere');
});

test('control characters do not reach the terminal', () => {
  const error = refusal('tcp \u001b[31m and');
  assert.doesNotMatch(error.format(), /\u001b/);
  assert.match(error.message, /U\+001B/);
});

test('what a link type does not have is refused as that', () => {
  for (const expression of ['ether host 00:00:5e:00:53:01', 'vlan', 'broadcast', 'llc', 'mpls'])
    assert.equal(refusal(expression, LinkType.raw).reason, 'linktype', expression);
  assert.equal(refusal('arp', LinkType.raw).reason, 'never');
  assert.equal(refusal('ip6', LinkType.ipv4).reason, 'never');
  assert.equal(refusal('tcp', 147).reason, 'linktype');
  assert.equal(refusal('arp', 12).reason, 'never');
});
