import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attribute, hashedInk, ink, paper, styled } from './style.ts';
import { brightnessOf, brightnessOfAnswer, createTheme, depthOf } from './theme.ts';

test('how many colours there are is in the environment', () => {
  assert.equal(depthOf({ TERM: 'xterm-256color' }, 'auto'), 256);
  assert.equal(depthOf({ TERM: 'xterm', COLORTERM: 'truecolor' }, 'auto'), 24);
  assert.equal(depthOf({ TERM: 'linux' }, 'auto'), 16);
  assert.equal(depthOf({ TERM: 'xterm-256color', NO_COLOR: '1' }, 'auto'), 0);
  assert.equal(depthOf({ TERM: 'xterm-256color', NO_COLOR: '1' }, 'always'), 256);
  assert.equal(depthOf({ COLORTERM: 'truecolor' }, 'never'), 0);
});

test('without colours no sequence has one, and what is selected is still seen', () => {
  const theme = createTheme(0, 'dark');
  for (let front = 0; front < 24; front++)
    for (let back = 0; back < 7; back++)
      assert.doesNotMatch(theme.sgr(styled(front, back)), /[34]\d|38|48|9\d/);
  assert.equal(theme.sgr(styled(ink.ok, paper.selected)), '\x1b[0;7m');
  assert.equal(theme.sgr(styled(ink.plain, 0, attribute.underline)), '\x1b[0;4m');
});

test('each depth has its own sequences, dark and light differ', () => {
  const style = styled(ink.failed, paper.selected);
  assert.equal(createTheme(16, 'dark').sgr(style), '\x1b[0;7m');
  assert.equal(createTheme(16, 'dark').sgr(styled(ink.failed)), '\x1b[0;31m');
  assert.equal(createTheme(256, 'dark').sgr(style), '\x1b[0;38;5;210;48;5;24m');
  assert.equal(createTheme(256, 'light').sgr(style), '\x1b[0;38;5;124;48;5;153m');
  assert.equal(createTheme(24, 'light').sgr(style), '\x1b[0;38;2;175;0;20;48;2;175;215;250m');
});

test('the background is told by COLORFGBG or by the terminal itself', () => {
  assert.equal(brightnessOf({ COLORFGBG: '15;0' }), 'dark');
  assert.equal(brightnessOf({ COLORFGBG: '0;default;15' }), 'light');
  assert.equal(brightnessOf({}), undefined);
  assert.equal(brightnessOfAnswer(']11;rgb:ffff/ffff/dddd'), 'light');
  assert.equal(brightnessOfAnswer(']11;rgb:1e/1e/1e'), 'dark');
  assert.equal(brightnessOfAnswer('?1;2c'), undefined);
});

/** WCAG 2.1, relative luminance and contrast. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const luminance = (rgb: readonly number[]) => {
    const [r, g, b] = rgb.map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high! + 0.05) / (low! + 0.05);
}

test('text is readable on black, on white and where it is selected (WCAG AA)', () => {
  for (const brightness of ['dark', 'light'] as const) {
    const theme = createTheme(24, brightness);
    const rgb = (sgr: string, kind: 38 | 48) =>
      new RegExp(`${kind};2;(\\d+);(\\d+);(\\d+)`).exec(sgr)?.slice(1).map(Number);
    for (let front = 1; front < 22; front++)
      for (const back of [
        paper.none,
        paper.selected,
        paper.bar,
        paper.match,
        paper.dialog,
        paper.wrong,
        paper.marked,
      ]) {
        const sgr = theme.sgr(styled(front, back));
        const text = rgb(sgr, 38);
        if (!text) continue;
        const below = rgb(sgr, 48) ?? (brightness === 'dark' ? [0, 0, 0] : [255, 255, 255]);
        // Selected and matched text is bold: 3:1 is asked of it.
        const least = back === paper.none || back === paper.bar || back === paper.dialog ? 4.5 : 3;
        assert.ok(
          contrast(text, below) >= least,
          `${brightness} ink ${front} on ${back}: ${contrast(text, below)}`,
        );
      }
  }
});

test('the same name has the same ink', () => {
  assert.equal(hashedInk('http'), hashedInk('http'));
  assert.ok(
    new Set(['http', 'dns', 'redis', 'mysql', 'kafka', 'tls', 'amqp', 'mqtt'].map(hashedInk)).size >= 3,
  );
});
