import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder, listLimit, tableCap } from './hpack.ts';
import { mayBeHeaderBlock } from './hpack-form.ts';
import { decodeHuffman, huffmanBroken } from './huffman.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

function decode(hpack: HpackDecoder, block: Uint8Array | string): string[] | undefined {
  const bytes = typeof block === 'string' ? hex(block) : block;
  return hpack.decode(bytes, 0, bytes.length)?.headers.map(([name, value]) => `${name}: ${value}`);
}

const first = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
const second = [...first, 'cache-control: no-cache'];
const third = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
];

test('requests without Huffman: RFC 7541 appendix C.3', () => {
  const hpack = new HpackDecoder();
  assert.deepEqual(decode(hpack, '828684410f7777772e6578616d706c652e636f6d'), first);
  assert.equal(hpack.size, 57);
  assert.deepEqual(decode(hpack, '828684be58086e6f2d6361636865'), second);
  assert.equal(hpack.size, 110);
  assert.deepEqual(decode(hpack, '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'), third);
  assert.equal(hpack.size, 164);
});

test('requests with Huffman: appendix C.4', () => {
  const hpack = new HpackDecoder();
  assert.deepEqual(decode(hpack, '828684418cf1e3c2e5f23a6ba0ab90f4ff'), first);
  assert.deepEqual(decode(hpack, '828684be5886a8eb10649cbf'), second);
  assert.deepEqual(decode(hpack, '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'), third);
  assert.equal(hpack.size, 164);
});

test('responses that evict: appendix C.6', () => {
  const hpack = new HpackDecoder();
  hpack.allow(256);
  const date = (second: number) => `date: Mon, 21 Oct 2013 20:13:2${second} GMT`;
  const location = 'location: https://www.example.com';
  // The example's table is 256 bytes from the start; on the wire it takes a size update.
  assert.deepEqual(
    decode(
      hpack,
      '3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
    ),
    [':status: 302', 'cache-control: private', date(1), location],
  );
  assert.equal(hpack.size, 222);
  assert.deepEqual(decode(hpack, '4883640effc1c0bf'), [
    ':status: 307',
    'cache-control: private',
    date(1),
    location,
  ]);
  assert.equal(hpack.size, 222);
  assert.deepEqual(
    decode(
      hpack,
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ),
    [
      ':status: 200',
      'cache-control: private',
      date(2),
      location,
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  );
  assert.equal(hpack.size, 215);
});

test('never indexed, without indexing, long integers', () => {
  const hpack = new HpackDecoder();
  assert.deepEqual(decode(hpack, '040c2f73616d706c652f70617468'), [':path: /sample/path']);
  assert.deepEqual(decode(hpack, '100870617373776f726406736563726574'), ['password: secret']);
  assert.equal(hpack.size, 0);
  const long = 'x'.repeat(1337);
  assert.deepEqual(decode(hpack, Buffer.concat([hex('00 01 61 7f ba 09'), latin1(long)])), [`a: ${long}`]);
});

test('a lost table: what it held is unknown, under a name that stays, and what comes is known', () => {
  const hpack = new HpackDecoder();
  hpack.lose();
  const unknown = (number: number) => `<unknown ${number}>: <unknown>`;
  assert.deepEqual(decode(hpack, '82 be bf 400161 0162'), [':method: GET', unknown(62), unknown(63), 'a: b']);
  // One entry further back since one was added.
  assert.deepEqual(decode(hpack, 'be bf c0 7f1d00'), ['a: b', unknown(62), unknown(63), '<unknown 91>: ']);
  assert.equal(hpack.lost, true);
  // Emptied by its sender: no more unknown entries, so this one is wrong.
  assert.deepEqual(decode(hpack, '20 3f e1 1f 82'), [':method: GET']);
  assert.equal(hpack.lost, false);
  assert.equal(decode(hpack, 'be'), undefined);
});

test('what is no block is told, and the table is lost then', () => {
  for (const block of [
    '80',
    'be',
    'ff',
    'ffffffffffff',
    '41',
    '4182',
    '410a61',
    '00',
    '0001',
    '00017f',
    '3fffffffff7f',
  ]) {
    const hpack = new HpackDecoder();
    assert.equal(decode(hpack, block), undefined, block);
    assert.ok(hpack.weirds?.includes('http2_bad_header_block'), block);
    assert.equal(hpack.lost, true);
  }
});

test('sizes: updates late or larger than allowed are told, larger tables are kept in part', () => {
  const hpack = new HpackDecoder();
  decode(hpack, '82 20');
  assert.deepEqual(hpack.weirds, ['http2_table_size_update_late']);
  decode(hpack, '3f e2 1f 82');
  assert.deepEqual(hpack.weirds, ['http2_table_larger_than_allowed']);
  hpack.allow(1 << 20);
  decode(hpack, '3f e1 ff 3f 82');
  assert.deepEqual(hpack.weirds, ['http2_table_capped']);
  const entry = Buffer.concat([hex('40 01 61 7f c1 3d'), Buffer.alloc(8000, 'v')]);
  for (let i = 0; i < 20; i++) {
    assert.equal(decode(hpack, entry)?.length, 1);
    assert.ok(hpack.size <= tableCap);
  }
  // The sender still has it; we do not.
  assert.deepEqual(decode(hpack, 'd1'), ['<unknown 81>: <unknown>']);
});

test('a bomb: one entry a thousand times stays within the limit, and the table in step', () => {
  const hpack = new HpackDecoder();
  const entry = Buffer.concat([hex('40 01 61 7f a1 1e'), Buffer.alloc(4000, 'v')]);
  decode(hpack, entry);
  const list = hpack.decode(new Uint8Array(10_000).fill(0xbe), 0, 10_000)!;
  assert.deepEqual(hpack.weirds, ['http2_header_list_too_long']);
  assert.ok(list.size <= listLimit && list.headers.length < 100);
  assert.deepEqual(decode(hpack, '82'), [':method: GET']);
});

test('Huffman: every byte, and endings that are none', () => {
  // Codes of every length that there is, as appendix B has them.
  assert.equal(decodeHuffman(hex('f1e3c2e5f23a6ba0ab90f4ff'), 0, 12), 'www.example.com');
  // 5, 6, 7, 8, 10, 11, 12, 13, 14, 15 bits: 0 - : & ! + # $ ^ <
  const bits =
    '00000 010110 1011100 11111000 1111111000 11111111011 111111111010 1111111111001 11111111111100 111111111111100';
  assert.equal(decodeHuffman(packed(bits), 0, packed(bits).length), '0-:&!+#$^<');
  // 19 to 30 bits: \ 0x80 0x99 0x81 0x01 0x09 0xc7 0xc0 0xcb 0x02 0x0a
  const long =
    '1111111111111110000 11111111111111100110 111111111111111011100 1111111111111111010010 11111111111111111011000 ' +
    '111111111111111111101010 1111111111111111111101100 11111111111111111111100000 111111111111111111111011110 ' +
    '1111111111111111111111100010 111111111111111111111111111100';
  assert.equal(
    decodeHuffman(packed(long), 0, packed(long).length),
    '\\\x80\x99\x81\x01\x09\xc7\xc0\xcb\x02\x0a',
  );
  assert.equal(huffmanBroken, false);
  for (const wrong of ['ff', 'ffff', '00', 'f1e3c2e5f23a6ba0ab90f400', 'ffffffff']) {
    decodeHuffman(hex(wrong), 0, wrong.length / 2);
    assert.equal(huffmanBroken, true, wrong);
  }
  assert.equal(decodeHuffman(hex('07'), 0, 1), '0');
  assert.equal(huffmanBroken, false);
});

/** Padded with ones. */
function packed(bits: string): Uint8Array {
  const all = bits.replaceAll(' ', '');
  const whole = all.padEnd(Math.ceil(all.length / 8) * 8, '1');
  return Uint8Array.from({ length: whole.length / 8 }, (_, i) =>
    Number.parseInt(whole.slice(i * 8, i * 8 + 8), 2),
  );
}

test('what looks like a block', () => {
  for (const block of [
    '82 86 84',
    '88',
    '3f e1 1f 88',
    'be bf',
    '410f7777772e6578616d706c652e636f6d',
    '48 03 323031',
  ])
    assert.ok(mayBeHeaderBlock(hex(block), 0, hex(block).length), block);
  for (const block of [
    '',
    '20',
    '80',
    '90',
    '82 80',
    '41',
    '41 09 61',
    '00 00',
    '82 ff ff ff ff 01',
    '41 01 01',
  ])
    assert.ok(!mayBeHeaderBlock(hex(block), 0, hex(block).length), block);
});
