/** What `Frames` sends makes every terminal show the picture, and no more than changed is sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ScreenModel } from '../testing/screen-model.ts';
import { Frames } from './frames.ts';
import { attribute, ink, paper, styled } from './style.ts';
import { cellText, Surface, wideRest } from './surface.ts';
import { createTheme } from './theme.ts';

const theme = createTheme(256, 'dark');

function stage(width: number, height: number, odd?: (char: string) => number | undefined) {
  const [surface, frames, screen] = [
    new Surface(width, height),
    new Frames(theme),
    new ScreenModel(width, height, odd),
  ];
  return {
    ...{ surface, screen, frames },
    show() {
      const sent = frames.next(surface);
      screen.write(sent);
      return sent;
    },
  };
}

test('the first picture is whole, the same one again is nothing', () => {
  const { surface, screen, show } = stage(20, 3);
  surface.put(2, 1, 'hello', styled(ink.ok));
  assert.match(show(), /^\x1b\[\?2026h[\s\S]*\x1b\[\?2026l$/);
  assert.deepEqual(screen.rows(), ['', '  hello', '']);
  assert.equal(screen.styleAt(2, 1), '38;5;114');
  assert.equal(show(), '');
});

test('one changed cell is one cell sent', () => {
  const { surface, screen, show } = stage(160, 50);
  for (let y = 0; y < 50; y++) surface.put(0, y, 'x'.repeat(160), 0);
  show();
  surface.put(80, 25, 'y', 0);
  const sent = show();
  assert.ok(sent.length < 50, JSON.stringify(sent));
  assert.equal(screen.rows()[25]![80], 'y');
});

test('the rest of a row that has become blank is erased', () => {
  const { surface, screen, show } = stage(80, 2);
  surface.put(0, 0, 'a long line of text, longer than it will be', styled(ink.failed));
  show();
  surface.clear();
  surface.put(0, 0, 'short', styled(ink.failed));
  const sent = show();
  assert.ok(sent.includes('\x1b[K') && sent.length < 60, JSON.stringify(sent));
  assert.deepEqual(screen.rows(), ['short', '']);
});

test('wide characters and marks take their columns, and none is cut in half', () => {
  const { surface, screen, show } = stage(8, 2);
  surface.put(0, 0, '日本e\u0301x語語', 0);
  assert.equal(surface.put(0, 1, 'ab日', 0, 3), 3, 'half of it has no room');
  show();
  assert.deepEqual(screen.rows(), ['日本e\u0301x語', 'ab']);
  // Over the right half: the left half goes too.
  surface.put(1, 0, 'z', 0);
  show();
  assert.equal(screen.rows()[0], ' z本e\u0301x語');
});

test('what is right of a character whose width is in doubt stands in its column all the same', () => {
  // U+231A is wide in some terminals, narrow by our table; U+65E5 is drawn narrow by a terminal with a bad table.
  for (const odd of [
    (char: string) => (char === '\u0b95' ? 2 : undefined),
    (char: string) => (char === '日' ? 1 : undefined),
  ]) {
    const { surface, screen, show } = stage(20, 1, odd);
    surface.put(0, 0, '日\u0b95 end', 0);
    surface.put(10, 0, 'right', 0);
    show();
    assert.equal(screen.cells[10]!.text + screen.cells[11]!.text, 'ri');
  }
});

test('control characters never reach the terminal', () => {
  const { surface, screen, show } = stage(12, 1);
  surface.put(0, 0, 'a\x1b[2Jb\x9bc\n', 0);
  surface.put(11, 0, '\u202e', 0);
  show();
  assert.equal(screen.rows()[0], 'a·[2Jb·c·  ·');
});

test('the cursor is where the picture has it, or nowhere', () => {
  const { surface, screen, show } = stage(10, 2);
  show();
  assert.equal(screen.isCursorSeen, false);
  surface.cursor = { x: 4, y: 1 };
  show();
  assert.deepEqual([screen.isCursorSeen, screen.cursor], [true, { x: 4, y: 1 }]);
  assert.equal(show(), '');
});

test('a tint changes what is under the text', () => {
  const { surface, screen, show } = stage(10, 1);
  surface.put(0, 0, 'ok', styled(ink.ok));
  surface.tint(0, 0, 10, paper.selected, attribute.bold);
  show();
  assert.equal(screen.styleAt(0, 0), '1;38;5;114;48;5;24');
  assert.equal(screen.styleAt(9, 0), '1;48;5;24');
});

test('any pictures one after the other: the screen is the last one', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'ab 日語é\u0301Ж…│0'), maxLength: 14 });
  const puts = fc.array(fc.tuple(fc.nat(11), fc.nat(3), texts, fc.constantFrom(0, 2, 4, 0x100, 0x10000)), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), puts), { maxLength: 6 }), (pictures) => {
      const { surface, screen, show } = stage(12, 4);
      for (const [isCleared, all] of pictures) {
        if (isCleared) surface.clear();
        for (const [x, y, text, style] of all) surface.put(x, y, text, style);
        show();
        for (let y = 0; y < 4; y++)
          for (let x = 0; x < 12; x++) {
            const cell = surface.text[y * 12 + x]!;
            assert.equal(screen.cells[y * 12 + x]!.text, cell === wideRest ? '' : cellText(cell));
          }
      }
    }),
    { numRuns: 300 },
  );
});
