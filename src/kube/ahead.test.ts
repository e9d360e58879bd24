import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ahead } from './ahead.ts';
import type { Wire, WireListener } from './wire.ts';

/** Connections that are made when the test says so. */
function stage() {
  const made: { to: WireListener; open: () => void; fail: (why: Error) => void; isClosed: boolean }[] = [];
  const connect = (to: WireListener) =>
    new Promise<Wire>((done, fail) => {
      const one = {
        to,
        open: () =>
          done({
            send: () => {},
            close: () => {
              one.isClosed = true;
            },
          }),
        fail,
        isClosed: false,
      };
      made.push(one);
    });
  const heard: string[] = [];
  const listener: WireListener = {
    bytes: (bytes) => void heard.push(Buffer.from(bytes).toString()),
    ended: (why) => void heard.push(`ended: ${why}`),
  };
  return { made, connect, heard, listener };
}

test('it connects before anybody asks, and keeps what comes, in order', async () => {
  const { made, connect, heard, listener } = stage();
  const taken = new Ahead().connect(connect);
  assert.equal(made.length, 1);
  made[0]!.open();
  made[0]!.to.bytes(Buffer.from('a'));
  made[0]!.to.bytes(Buffer.from('b'));
  await taken(listener);
  made[0]!.to.bytes(Buffer.from('c'));
  made[0]!.to.ended('over');
  assert.deepEqual(heard, ['a', 'b', 'c', 'ended: over']);
  // The second time it is another.
  const again = taken(listener);
  assert.equal(made.length, 2);
  made[1]!.open();
  await again;
});

test('why it could not be made is told to whoever asks, and to nobody else', async () => {
  const { made, connect, listener } = stage();
  const taken = new Ahead().connect(connect);
  made[0]!.fail(new Error('no way'));
  await new Promise(setImmediate);
  await assert.rejects(taken(listener), /no way/);
});

test('what nobody has taken is closed, also when it is made later', async () => {
  const { made, connect, listener } = stage();
  const ahead = new Ahead();
  const taken = ahead.connect(connect);
  ahead.connect(connect);
  ahead.connect(connect);
  made[0]!.open();
  made[1]!.open();
  await taken(listener);
  ahead.close();
  made[2]!.open();
  await new Promise(setImmediate);
  assert.deepEqual(
    made.map(({ isClosed }) => isClosed),
    [false, true, true],
  );
});
