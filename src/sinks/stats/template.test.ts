import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { template } from './template.ts';

const cases: readonly (readonly [subject: string, expected: string])[] = [
  ['/', '/'],
  ['', ''],
  ['/users/17?page=2', '/users/{id}'],
  ['/users/17#top', '/users/{id}'],
  ['/users/17;v=2', '/users/{id}'],
  ['/users/-3/', '/users/{id}/'],
  ['/users/{id}', '/users/{id}'],
  ['/a//b/1', '/a//b/{id}'],
  ['/o/3f2504e0-4f89-11d3-9a0c-0305e82c3301/x', '/o/{id}/x'],
  ['/o/3F2504E0-4F89-11D3-9A0C-0305E82C3301', '/o/{id}'],
  ['/o/{3f2504e0-4f89-11d3-9a0c-0305e82c3301}', '/o/{id}'],
  ['/o/65f1c0ffee65f1c0ffee65f1', '/o/{id}'],
  ['/commit/1a2b3c4d', '/commit/{id}'],
  ['/commit/1a2b3c', '/commit/1a2b3c'],
  ['/o/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/o/{id}'],
  ['/o/01arz3ndektsv4rrffq69g5fav', '/o/{id}'],
  ['/o/0ujtsYcgvSTl8PAuAdqWYSMnLOv', '/o/{id}'],
  ['/o/V1StGXR8_Z5jdHi6B-myT', '/o/{id}'],
  ['/days/2024-01-31', '/days/{id}'],
  ['/app.8f3e2a1b.js', '/app.{id}.js'],
  ['/img_20261.png', '/img_{id}.png'],
  ['/17.json', '/{id}.json'],
  ['/user-1234/posts', '/user-{id}/posts'],
  ['/v2/items', '/v2/items'],
  ['/jquery-3.6.0.min.js', '/jquery-3.6.0.min.js'],
  ['/lib/3.6.0/x', '/lib/3.6.0/x'],
  ['/oauth2/token', '/oauth2/token'],
  ['/svc/GetUserProfileV2Details', '/svc/GetUserProfileV2Details'],
  ['/facade/deadbeef', '/facade/deadbeef'],
  ['/how-to-set-up-a-2nd-monitor-in-10-minutes', '/how-to-set-up-a-2nd-monitor-in-10-minutes'],
  ['/shop.v1.Cart/AddItem', '/shop.v1.Cart/AddItem'],
  ['http://me:secret@shop.example/users/17?token=1', 'http://shop.example/users/{id}'],
  ['http://shop.example', 'http://shop.example'],
  ['example.org:443', 'example.org:443'],
  ['*', '*'],
];

for (const [subject, expected] of cases)
  test(`${subject || '(nothing)'} -> ${expected || '(nothing)'}`, () =>
    assert.equal(template(subject), expected));

test('any text gives one of limited length, and the same again', () => {
  const subject = fc.oneof(
    fc.string({ maxLength: 600 }),
    fc
      .array(fc.constantFrom('/', '1', 'a', 'F', '-', '.', '{', '}', '?', ':', '@', '://'), {
        maxLength: 400,
      })
      .map((a) => a.join('')),
  );
  fc.assert(
    fc.property(subject, (text) => {
      const once = template(text);
      // A placeholder may be longer than what it stands for.
      assert.ok(once.length <= 4 * 200);
      assert.ok(!once.includes('?') && !once.includes('#'));
      if (text.startsWith('/')) assert.equal(template(once).slice(0, 150), once.slice(0, 150));
    }),
  );
});
