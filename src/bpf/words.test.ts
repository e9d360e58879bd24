/** Words that libpcap does not have: where they are taken, and what they come to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkType } from '../model/index.ts';
import { compile, containersIn, explain, FilterError, type FilterResolver } from './index.ts';
import { longhand } from './words.ts';

const resolver: FilterResolver = {
  service: (name, transport) => (name === 'http' && transport === 'tcp' ? 80 : undefined),
  host: (name) => (name === 'payload' ? ['10.0.0.9'] : undefined),
  container: (kind, name) => {
    if (name === 'web' || name === 'shop/db-1' || name === '0123456789ab')
      return { addresses: name === 'web' ? ['172.17.0.2', '2001:db8::2'] : ['172.17.0.3'] };
    return { problem: `no ${kind} '${name}'`, hint: 'running: web' };
  },
};

function program(expression: string, linktype: number = LinkType.ethernet) {
  return compile(expression, { linktype, resolver }).instructions;
}

function refusal(expression: string): FilterError {
  try {
    program(expression);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  return assert.fail(`'${expression}' is accepted`);
}

const [http, dns, payload] = ['http', 'dns', 'payload'].map((word) => `(${longhand(word)})`);

test('a word is the expression it stands for', () => {
  const table: [expression: string, same: string][] = [
    ['http', http!],
    ['not payload', `not ${payload}`],
    ['http and port 8080', `${http} and port 8080`],
    ['vlan 5 and dns', `vlan 5 and ${dns}`],
    ['ip6 and (http or dns)', `ip6 and (${http} or ${dns})`],
    ['tcp or http and less 80', `tcp or ${http} and less 80`],
    // A port, a host, since libpcap can look them up as what stood before.
    ['port 8080 and http', 'port 8080 and port http'],
    ['port 8080 or (443 or http)', 'port 8080 or 443 or http'],
    ['host 10.0.0.1 or payload', 'host 10.0.0.1 or 10.0.0.9'],
    ['src 10.0.0.1 or payload', 'src 10.0.0.1 or src host 10.0.0.9'],
    // Nobody knows these as what stood before.
    ['port 8080 and dns', `port 8080 and ${dns}`],
    ['port 8080 and not payload', `port 8080 and not ${payload}`],
    ['host 10.0.0.1 and http', `host 10.0.0.1 and ${http}`],
    ['host 10.0.0.1 and (http and tcp)', `host 10.0.0.1 and (${http} and tcp)`],
    ['net 10.0.0.0/8 and (dns or http)', `net 10.0.0.0/8 and (${dns} or ${http})`],
    ['net 10.0.0.0/8 and (not tcp or http)', `net 10.0.0.0/8 and (not tcp or ${http})`],
    ['portrange 1-100 and payload', `portrange 1-100 and ${payload}`],
    ['proto 6 and dns', `proto 6 and ${dns}`],
  ];
  for (const [expression, same] of table) assert.deepEqual(program(expression), program(same), expression);
});

test('container and pod are hosts by the addresses they have', () => {
  const web = '(host 172.17.0.2 or host 2001:db8::2)';
  const table: [expression: string, same: string][] = [
    ['container web', web],
    ['pod web', web],
    ['src container web', '(src host 172.17.0.2 or src host 2001:db8::2)'],
    ['src or dst pod web', web],
    ['ip container web', 'ip host 172.17.0.2'],
    ['ip6 dst container web', 'dst host 2001:db8::2'],
    ['arp container web', 'arp host 172.17.0.2'],
    ['not container web', `not ${web}`],
    ['container shop/db-1 and tcp', 'host 172.17.0.3 and tcp'],
    ['container 0123456789ab', 'host 172.17.0.3'],
    ['container web or 0123456789ab', `${web} or host 172.17.0.3`],
    ['src container (web or \\web)', '(src host 172.17.0.2 or src host 2001:db8::2)'],
    ['container web and http', `${web} and ${http}`],
    ['container web and port http', `${web} and port http`],
    ['vlan and container shop/db-1', 'vlan and host 172.17.0.3'],
  ];
  for (const [expression, same] of table) assert.deepEqual(program(expression), program(same), expression);
});

test('what they name is known before it is looked up', () => {
  assert.deepEqual(containersIn('tcp and (container web or not src pod shop/db) or container web and dns'), [
    { kind: 'container', name: 'web' },
    { kind: 'pod', name: 'shop/db' },
  ]);
  for (const expression of ['', 'host container', 'host container and tcp', 'port 80 or http'])
    assert.deepEqual(containersIn(expression), [], expression);
});

test('what is wrong with a name is told where it stands', () => {
  const table: [marked: string, reason: string, told: RegExp][] = [
    ['tcp and container <nope>', 'name', /no container 'nope'[\s\S]*running: web/],
    ['pod <nope> or tcp', 'name', /no pod 'nope'/],
    ['container web or <nope>', 'name', /no container 'nope'/],
    ['container web or <80>', 'meaning', /no name of a container/],
    ['container web or <10.0.0.1>', 'meaning', /by 'host' or 'net'/],
    ['tcp container <web>', 'meaning', /'tcp and container \.\.\.'/],
    ['host <container>', 'name', /no address known/],
    ['<container>', 'syntax', /'container web'/],
    ['<container> and tcp', 'syntax', /'container web'/],
    ['host <container> web', 'syntax', /unexpected keyword/],
    ['host <http>', 'name', /no address known for the host 'http'/],
    ['<\\http>', 'syntax', /unexpected/],
  ];
  for (const [marked, reason, told] of table) {
    const expression = marked.replaceAll(/[<>]/g, '');
    const error = refusal(expression);
    assert.equal(error.reason, reason, error.format());
    assert.match(error.format(), told);
    assert.equal(error.position, marked.indexOf('<'), error.format());
  }
  assert.throws(() => compile('container web', { linktype: LinkType.ethernet }), FilterError);
  assert.throws(() => compile('tcp or http', { linktype: 147 }), /link type 147/);
});

test('what they come to is explained', () => {
  assert.equal(
    explain('dns or src container web', resolver),
    `any of
  dns: port 53, UDP or TCP, which is any of
    udp port 53
    tcp port 53
  from container web = 172.17.0.2, 2001:db8::2 (IPv4, ARP, RARP, IPv6)
`,
  );
  assert.match(
    explain('port 8080 and http', resolver),
    /port http = 80 .*'http' as port, by the word before/,
  );
  assert.match(explain('http'), /0x47455420/);
});
