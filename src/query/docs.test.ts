import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { declarations } from '../protocols/registry.ts';
import { compile, createSchema, fieldsOf, QueryError } from './index.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/query.md'), 'utf8');
const schema = createSchema(declarations);

test('the examples of docs/query.md are queries', () => {
  const examples = [...text.matchAll(/^ {4}porthole .*-Y '([^']+)'/gm)].map(([, query]) => query!);
  assert.ok(examples.length >= 5);
  for (const example of examples) compile(example, schema);
});

test('its mistake is shown as it says', () => {
  const [, query, shown] = /^ {4}\$ porthole watch web -Y '(.*)'\n((?: {4}.*\n)+)/m.exec(text)!;
  assert.throws(
    () => compile(query!, schema),
    (error) => error instanceof QueryError && error.format() === shown!.replace(/^ {4}/gm, '').trimEnd(),
  );
});

test('it has every field that every entry has', () => {
  for (const { name, aliases } of fieldsOf(schema, 'general'))
    for (const word of [name, ...aliases]) {
      const family = `${word.split('.')[0]}.*`;
      assert.ok(text.includes(`\`${word}\``) || text.includes(`\`${family}\``), word);
    }
});
