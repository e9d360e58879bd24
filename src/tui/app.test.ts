/** The whole face on a screen of its own: keys in, what is seen out. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { App } from './app.ts';
import { Frames } from './draw/frames.ts';
import { Surface } from './draw/surface.ts';
import { createTheme } from './draw/theme.ts';
import type { Player } from './stage.ts';
import { testDesk } from './testing/desk.ts';
import { ScreenModel } from './testing/screen-model.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

function stage(columns = 80, rows = 24, options: { query?: string; save?: (name: string) => string } = {}) {
  const desk = testDesk();
  const frames = new Frames(createTheme(256, 'dark'));
  const surface = new Surface(columns, rows);
  const screen = new ScreenModel(columns, rows);
  let player: Player | undefined;
  let quits = 0;
  const copied: string[] = [];
  const app = new App({
    desk,
    stage: {
      terminal: { hasMouse: false, copy: (text) => copied.push(text), suspend() {} },
      spent: { frames: 0, ms: 0, mostMs: 0 },
      play(given) {
        player = given;
      },
      draw() {},
      redraw() {},
    },
    title: 'web',
    query: options.query ?? '',
    isLive: true,
    showsTarget: false,
    save: options.save ?? ((name) => `/dir/${name}`),
    onQuit: () => quits++,
  });
  open.push({ close: () => app.quit() });
  const see = () => {
    surface.clear();
    player!.paint(surface);
    screen.write(frames.next(surface));
    return screen.rows();
  };
  return {
    ...{ desk, app, see, copied, screen },
    quits: () => quits,
    type(...keys: string[]) {
      for (const key of keys) {
        see();
        player!.input({ kind: 'key', key });
      }
      return see();
    },
    mouse(action: 'press' | 'up' | 'down', x: number, y: number) {
      player!.input({ kind: 'mouse', action, x, y });
      return see();
    },
    /** The line that is selected. */
    selected() {
      const rows = see();
      return rows.find((_, y) => /48;5;24/.test(screen.styleAt(3, y))) ?? '';
    },
  };
}

const many = (count: number) => Array.from({ length: count }, () => ({}));

test('the list at 80x24: title, filter, heads, rows, hints; nothing is wider than the screen', () => {
  const { desk, see } = stage();
  desk.add(...many(3), {
    outcome: 'serverError',
    result: '500 Internal Server Error',
    subject: `/${'long/'.repeat(40)}`,
  });
  const rows = see();
  assert.match(rows[0]!, /^ porthole web .* 12\/s 2 KiB\/s {2}4 {2}following$/);
  assert.match(rows[1]!, /^ filter \/ to narrow/);
  assert.match(rows[2]!, /^ {2}TIME +SERVER +PROTO +WHAT +SUBJECT +RESULT +.*TOOK$/);
  assert.match(rows[3]!, /^ {2}\d\d:\d\d:\d\d\S* 10\.0\.0\.2:80 +http +GET +\/item\/1 +200 OK +.*1\.5 ms$/);
  assert.match(rows[23]!, /^ \? help {2}Enter open {2}/);
});

test('following shows the newest; a move holds what is selected in its line while more come', () => {
  const { desk, type, selected, see } = stage();
  desk.add(...many(100));
  assert.match(selected(), /\/item\/100/);
  type('k', 'k');
  assert.match(selected(), /\/item\/98/);
  const line = see().findIndex((row) => row.includes('/item/98'));
  desk.add(...many(1000));
  assert.equal(
    see().findIndex((row) => row.includes('/item/98')),
    line,
  );
  assert.match(selected(), /\/item\/98/);
  type('G');
  desk.add({});
  assert.match(selected(), /\/item\/1101/);
});

test('frozen, the list stands still even when its entries are let go of', () => {
  const { desk, type, see } = stage();
  desk.add(...many(50));
  const before = type('p');
  desk.add(...many(200));
  desk.forget(240);
  const after = see();
  assert.deepEqual(after.slice(2, 23), before.slice(2, 23));
  assert.match(after[0]!, /frozen/);
  assert.match(type('p')[0]!, /live/);
});

test('a sorted list: the selected entry stays where it is on the screen', () => {
  const { desk, type, see } = stage();
  desk.add(...many(60).map((_, i) => ({ subject: `/m/${i}` })));
  see();
  type('o', 'down', 'enter');
  type('g', ...Array.from({ length: 30 }, () => 'j'));
  const at = see().findIndex((row) => row.includes('/m/34'));
  assert.ok(at > 0, see().join('\n'));
  desk.add(...many(10).map((_, i) => ({ subject: `/a/${i}` })));
  assert.equal(
    see().findIndex((row) => row.includes('/m/34')),
    at,
  );
});

test('the filter: wrong is told at once and not applied, Tab completes, Enter narrows, Escape takes back', () => {
  const { desk, type } = stage();
  desk.add(...many(30));
  let rows = type('/', '!');
  assert.match(rows[1]!, /^ filter !/);
  assert.match(rows[2]!, /no such thing/);
  rows = type('enter');
  assert.match(rows[1]!, /^ filter !/, 'still being typed');
  rows = type('backspace', 'i');
  assert.ok(rows.some((row) => /item\.first +the item\.first/.test(row)));
  rows = type('tab');
  assert.match(rows[1]!, /^ filter item\.$/);
  type('ctrl-u', '2', 'enter');
  rows = type();
  assert.match(rows[0]!, /12 of 30/);
  assert.match(rows[1]!, /^ filter 2$/);
  assert.match(type('escape')[0]!, /30 {2}/);
});

test('an exchange opened: tabs, its values as filters, the next one', () => {
  const { desk, type } = stage();
  desk.add(...many(3));
  let rows = type('g', 'enter');
  assert.match(
    rows[2]!,
    /1 Exchange {2}2 Request {2}3 Response {2}4 Hex {2}5 Timing {2}6 Packets {2}GET \/ite…/,
  );
  assert.match(rows[4]!, /^GET \/item\/1 HTTP\/1\.1$/);
  assert.ok(rows.includes('  "name": "é",'));
  rows = type('5');
  assert.ok(
    rows.some((row) => /^wait +1 ms .*█/.test(row)),
    rows.join('\n'),
  );
  rows = type(']', 'enter');
  assert.match(rows[4]!, /^00000000 {2}70 61 63 6b 65 74 .* packet$/);
  assert.match(type('1', 'J')[4]!, /^GET \/item\/2 HTTP/);
  rows = type('j', 'j', 'enter');
  assert.match(rows[1]!, /^ filter web\.example/);
});

test('on a tall screen list and detail stand together; Tab changes, + and - share, | stands them side by side', () => {
  const { desk, type } = stage(160, 50);
  desk.add(...many(30));
  let rows = type('g', 'enter');
  assert.ok(rows.some((row) => row.includes('/item/2 ')) && rows.some((row) => row.includes('2 Request')));
  const at = rows.findIndex((row) => row.includes('2 Request'));
  rows = type('tab', '+');
  assert.ok(rows.findIndex((row) => row.includes('2 Request')) > at);
  rows = type('|');
  assert.match(rows[2]!, /TIME .*│ ?1 Exchange/);
  rows = type('\\');
  assert.ok(!rows.some((row) => row.includes('2 Request')));
});

test('marks: set, seen alone, taken away', () => {
  const { desk, type } = stage();
  desk.add(...many(5));
  type('g', 'space', 'j', 'm');
  const rows = type('M');
  assert.deepEqual(
    rows.filter((row) => row.startsWith('*')).map((row) => /\/item\/\d/.exec(row)![0]),
    ['/item/1', '/item/3'],
  );
  assert.match(rows[0]!, /marked {2}.*2 of 5/);
  type('M', 'U');
  assert.ok(!type().some((row) => row.startsWith('*')));
});

test('the stream: both directions, what is missing, no control character reaches the screen', () => {
  const { desk, type } = stage();
  desk.add({});
  let rows = type('f');
  assert.match(rows[2]!, /Stream of 10\.0\.0\.1:40000 → 10\.0\.0\.2:80/);
  assert.ok(rows.some((row) => row.startsWith('GET /é HTTP/1.1')));
  assert.ok(rows.some((row) => row.includes('\\x1b[2J')));
  assert.ok(rows.some((row) => row.startsWith('! 12 B were not captured')));
  rows = type('s');
  assert.ok(!rows.some((row) => row.startsWith('HTTP/1.1')));
  rows = type('v');
  assert.ok(rows.some((row) => /^00000000 {2}47 45 54 20/.test(row)));
});

test('copy: a menu by letters, to the clipboard', () => {
  const { desk, type, copied } = stage();
  desk.add({});
  assert.ok(type('c').some((row) => row.includes('c curl command')));
  type('c');
  assert.deepEqual(copied, ['curl of 1']);
});

test('save: which, as what, under which name; what went wrong is said', () => {
  const names: string[] = [];
  const { desk, type } = stage(80, 24, {
    save(name) {
      names.push(name);
      if (name === 'x.har') throw new Error('x.har is there already');
      return `/dir/${name}`;
    },
  });
  desk.add(...many(3));
  type('g', 'm', 'x', 'm', 'h');
  let rows = type();
  assert.ok(rows.some((row) => /porthole-\d{8}-\d{6}\.har/.test(row)));
  rows = type('enter');
  assert.match(rows[23]!, /saved 5 B to \/dir\/porthole-\d+-\d+\.har/);
  assert.deepEqual(desk.saved, ['{"marked":true} har']);
  rows = type('w', 's', 'ctrl-u', ...'x.har', 'enter');
  assert.match(rows[23]!, /x\.har is there already/);
  assert.equal(names[1], 'x.har');
});

test('statistics: pictures, and a row that is a filter', () => {
  const { desk, type } = stage(120, 40);
  desk.add(...many(30));
  const rows = type('S');
  assert.match(rows[2]!, /Statistics of all entries/);
  assert.ok(rows.some((row) => /^entries\/s .*▁.*▄.*█/.test(row)));
  const at = rows.findIndex((row) => row.startsWith('http '));
  type(...Array.from({ length: at - 3 }, () => 'j'), 'enter');
  assert.match(type()[1]!, /^ filter item$/);
});

test('what is said on stderr meanwhile is at the bottom for a while, and on the page behind i', () => {
  const { desk, app, type, see } = stage();
  desk.add({});
  app.say('listening on web/eth0');
  assert.match(see()[23]!, /listening on web\/eth0/);
  assert.ok(type('i').some((row) => row.endsWith('listening on web/eth0')));
});

test('the command line has every command by name, and says which it does not know', () => {
  const { desk, type, quits } = stage();
  desk.add(...many(5));
  assert.match(type(':', ...'nonsense', 'enter')[23]!, /no command 'nonsense'/);
  type(':', ...'filter', 'space', ...'item', 'enter');
  assert.match(type()[1]!, /^ filter item$/);
  type(':', 'q', 'enter');
  assert.equal(quits(), 1);
});

test('back: page, detail, filter, then the end', () => {
  const { desk, type, quits } = stage();
  desk.add(...many(5));
  type('enter', 'S', 'q');
  assert.match(type()[2]!, /1 Exchange/);
  assert.match(type('q')[2]!, /TIME/);
  assert.equal(quits(), 0);
  type('q');
  assert.equal(quits(), 1);
});

test('the mouse: wheel and click', () => {
  const { desk, mouse, selected, see } = stage();
  desk.add(...many(100));
  see();
  mouse('up', 10, 10);
  assert.match(selected(), /\/item\/97/);
  mouse('press', 10, 3);
  assert.match(selected(), /\/item\/81/);
});

test('any size is drawn, with any pane open', () => {
  for (const [columns, rows] of [
    [10, 3],
    [20, 6],
    [40, 10],
    [80, 24],
    [119, 31],
    [300, 100],
  ] as const) {
    const { desk, type } = stage(columns, rows);
    desk.add(...many(200), { subject: '日本語'.repeat(50), kind: 'note' });
    for (const keys of [
      ['g'],
      ['enter'],
      ['6'],
      ['|'],
      ['\\'],
      ['S'],
      ['q'],
      ['?'],
      ['q'],
      ['i'],
      ['q'],
      ['f'],
      ['q'],
      ['x'],
      ['escape'],
      ['c'],
      ['escape'],
      ['/', 'i'],
      ['escape'],
    ])
      type(...keys);
  }
});
