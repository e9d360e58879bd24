import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLabelSelector } from './label-selector.ts';

const web = { app: 'web', tier: 'front', 'app.kubernetes.io/name': 'shop', empty: '' };

test('what Kubernetes selects', () => {
  for (const [text, fits] of [
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=web, tier=back', false],
    ['app!=db', true],
    ['none!=x', true],
    ['app!=web', false],
    ['app in (web, db)', true],
    ['app in (db)', false],
    ['app notin (db,cache),tier', true],
    ['none notin (db)', true],
    ['app notin (web)', false],
    ['tier', true],
    ['!tier', false],
    ['!beta', true],
    ['! beta', true],
    ['app.kubernetes.io/name=shop', true],
    ['empty=', true],
    ['none=', false],
    ['toString', false],
  ] as const) {
    const selects = parseLabelSelector(text);
    assert.ok(typeof selects === 'function', text);
    assert.equal(selects(web), fits, text);
  }
});

test('what cannot be read', () => {
  for (const [text, wrong] of [
    ['app=web,,tier', ',tier'],
    ['app in web', 'app in web'],
    ['!app=web', '!app=web'],
    ['a=b c=d', 'a=b c=d'],
    ['=x', '=x'],
  ])
    assert.deepEqual(parseLabelSelector(text!), { wrong }, text);
});
