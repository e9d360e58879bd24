import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sink } from '../model/index.ts';
import { fieldsOf, filtered, QueryError } from './index.ts';
import { lookup, post, schema, talk, unanswered } from './testing/entries.ts';

const counters = { captured: 0, received: 0, dropped: 0, freezes: 0, snaplenCut: 0, duplicates: 0 };

function recorder(): Sink & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    open: () => void seen.push('open'),
    opened: () => void seen.push('opened'),
    exchange: (e) => void seen.push(`exchange ${e.protocol}`),
    conversation: (s) => void seen.push(`conversation ${s.ended}`),
    loss: () => void seen.push('loss'),
    note: () => void seen.push('note'),
    batch: () => void seen.push('batch'),
    close: () => void seen.push('close'),
  };
}

test('entries are filtered, everything else passes', () => {
  const inner = recorder();
  const sink = filtered(inner, '(ended or error) and tcp', schema);
  sink.open?.({ clock: { baseSec: 0 }, fields: new Map() });
  sink.opened?.(unanswered);
  sink.opened?.(lookup);
  for (const exchange of [post, lookup, unanswered]) sink.exchange?.(exchange);
  sink.conversation?.(talk);
  sink.conversation?.({ ...talk, connection: lookup.connection });
  sink.loss?.({ kind: 'shed', count: 1 });
  sink.note?.('x');
  void sink.batch?.();
  void sink.close?.(counters);
  assert.deepEqual(inner.seen, [
    'open',
    'opened',
    'exchange http',
    'exchange http',
    'conversation rst',
    'loss',
    'note',
    'batch',
    'close',
  ]);
  assert.deepEqual(sink.counters(), { shown: 3, hidden: 2 });
});

test('what the inner sink does not take is not asked for', () => {
  const sink = filtered({ exchange() {} }, 'http', schema);
  assert.equal(sink.frame, undefined);
  assert.equal(sink.opened, undefined);
});

test('times count from the session that is opened', () => {
  const inner = recorder();
  const sink = filtered(inner, 'time > "2026-11-24T10:00:05Z"', schema);
  sink.open?.({ clock: { baseSec: Date.UTC(2026, 10, 24, 10) / 1000 }, fields: new Map() });
  for (const exchange of [post, lookup]) sink.exchange?.(exchange);
  assert.deepEqual(inner.seen, ['open', 'exchange dns']);
});

test('a wrong query is told before anything starts', () => {
  assert.throws(() => filtered(recorder(), 'http.', schema), QueryError);
});

test('fields are listed, the general ones first, or those of one protocol', () => {
  const all = fieldsOf(schema);
  assert.equal(all[0]!.protocol, '');
  assert.equal(all.at(-1)!.protocol, 'dns');
  for (const { name, description } of all) assert.ok(name !== '' && description !== '');
  assert.ok(fieldsOf(schema, 'http').every(({ name }) => name.startsWith('http.')));
  assert.ok(fieldsOf(schema, 'general').some(({ aliases }) => aliases.includes('target')));
  assert.deepEqual(fieldsOf(schema, 'dns').find(({ name }) => name === 'dns.qry.type')?.values, [
    'A',
    'CNAME',
    'AAAA',
  ]);
  assert.throws(() => fieldsOf(schema, 'htp'), /no protocol htp/);
});
