/** Texts of records beside what dig printed while the fixture was made. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConversations } from '../testing/fixture.ts';
import { feed } from '../testing/play.ts';
import { dns } from './index.ts';

const folder = join(import.meta.dirname, 'fixtures');

/** `a.example 60 IN A 192.0.2.1`: without the dots that end names, escapes of bytes above ASCII undone. */
function fromDig(line: string): string {
  return line
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(^| )((?:[^ "]|\\.)*[^ "\\.])\.(?= |$)/g, '$1$2')
    .replace(/\\(1[3-9]\d|12[89]|2\d\d)/g, (_, code) => String.fromCharCode(Number(code)));
}

/** Ours, keys and signatures told by their length; dig's the same way. */
function comparable(line: string): string {
  const [owner, ttl, cls, type, ...data] = line.split(' ');
  const keyed = { DNSKEY: 3, CDNSKEY: 3, RRSIG: 8, CERT: 3, OPENPGPKEY: 0, DHCID: 0 }[type!];
  let text = data.join(' ');
  if (keyed !== undefined && !text.endsWith('bytes)')) {
    const key = data.slice(keyed).join('');
    text = [...data.slice(0, keyed), `(${Buffer.from(key, 'base64').length} bytes)`].join(' ');
  }
  // Long hex is printed in groups, in either case; SVCB's lists in quotes, a certificate's type by name.
  if (['DS', 'CDS', 'TLSA', 'SMIMEA', 'SSHFP'].includes(type!)) {
    const fixed = type === 'SSHFP' ? 2 : 3;
    text = [...data.slice(0, fixed), data.slice(fixed).join('').toLowerCase()].join(' ');
  }
  if (type === 'HTTPS' || type === 'SVCB') text = text.replaceAll('"', '');
  if (type === 'CERT') text = text.replace('PKIX', '1');
  return [owner, ttl, cls, type, text].join(' ');
}

for (const name of ['bind-types', 'bind-dnssec'])
  test(`${name}: the same records with the same texts`, () => {
    const printed = readFileSync(join(folder, `${name}.dig.txt`), 'utf8');
    const theirs = printed
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(';'))
      .map(fromDig)
      .map(comparable);
    const ours = readConversations(folder, name)
      .flatMap((conversation) => feed(dns, conversation).exchanges)
      .flatMap((exchange) => exchange.response!.headers)
      .filter(([section]) => section !== 'OPT')
      .map(([, line]) => comparable(line));
    assert.ok(ours.length > 30, `${ours.length} records`);
    assert.deepEqual(ours, theirs);
  });
