/** Messages of WebSocket beside tshark's: opcodes, texts, close codes. On our recordings and public captures. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fixtureNames } from '../../src/protocols/testing/fixture.ts';
import { opcodes } from '../../src/protocols/websocket/frame.ts';
import { ours } from '../support/exchanges.ts';
import { missing, tsharkFields } from '../support/tools.ts';
import { noTraces, traces } from '../support/traces.ts';

const fields = [
  'tcp.srcport',
  'websocket.opcode',
  'websocket.fin',
  'websocket.payload.close.status_code',
  'websocket.payload.text',
  'data-text-lines',
];

/** Frames of each sender, in order: `text`, `close 1000`; those that continue a message belong to it. */
async function compare(path: string, options: readonly string[] = []): Promise<number> {
  const mine = new Map<string, string[]>();
  const theirs = new Map<string, string[]>();
  const add = (map: typeof mine, port: string | number, line: string) =>
    map.set(String(port), [...(map.get(String(port)) ?? []), line]);
  const { exchanges } = await ours(path);
  for (const e of exchanges) {
    if (e.protocol !== 'websocket') continue;
    const { client, server } = e.connection;
    const code = e.fields['websocket.payload.close.status_code'];
    const name = String(opcodes[String(e.fields['websocket.opcode'])]);
    add(mine, e.request ? client.port : server.port, code === undefined ? name : `${name} ${code}`);
  }
  for (const [port, opcodes, , codes] of tsharkFields(path, fields, ['-Y', 'websocket', ...options])) {
    const left = codes === '' ? [] : codes!.split('\x1f');
    for (const opcode of opcodes!.split('\x1f')) {
      if (opcode === '0') continue;
      const code = opcode === '8' ? left.shift() : undefined;
      add(theirs, port!, code === undefined ? opcode : `${opcode} ${code}`);
    }
  }
  // A message that is interrupted by a control frame begins before it and ends behind it.
  const ordered = (map: typeof mine) =>
    Object.fromEntries([...map].sort().map(([port, lines]) => [port, [...lines].sort()]));
  assert.deepEqual(ordered(mine), ordered(theirs), path);
  return [...theirs.values()].flat().length;
}

/** Texts with compression undone, as -x shows them: only where tshark undoes it. */
async function compareTexts(path: string): Promise<number> {
  const { exchanges } = await ours(path);
  const mine = exchanges
    .flatMap((e) => e.fields['websocket.payload.text'] ?? [])
    .map((t) => Buffer.from(String(t), 'latin1').toString());
  const rows = tsharkFields(path, ['websocket.payload.text'], ['-Y', 'websocket.payload.text']);
  // tshark decompresses frames, not messages: what comes of one in parts is no text.
  const theirs = rows.flatMap(([texts]) => texts!.split('\x1f')).filter((text) => !text.includes('\ufffd'));
  for (const text of theirs)
    assert.ok(
      mine.some((m) => m.startsWith(text.slice(0, 100))),
      `${path}: ${text}`,
    );
  return theirs.length;
}

const skip = missing('tshark');
const folder = resolve(import.meta.dirname, '../../src/protocols/websocket/fixtures');

test('recordings', { skip }, async () => {
  let count = 0;
  let texts = 0;
  for (const name of fixtureNames(folder)) {
    // An opcode that nobody knows is a message of tshark's; ours has a bad frame.
    if (name === 'broken') continue;
    const path = join(folder, `${name}.pcap`);
    count += await compare(path);
    texts += await compareTexts(path);
  }
  assert.ok(count > 60, `${count} messages compared`);
  assert.ok(texts > 20, `${texts} texts compared`);
});

test('public captures', { skip: skip || noTraces }, async () => {
  // No handshake in it: tshark is told what it is.
  const options = ['-d', 'tcp.port==12345,websocket'];
  for (const path of traces().filter((name) => /websocket/.test(name)))
    assert.ok((await compare(path, options)) > 0, path);
});
