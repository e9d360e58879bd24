/** Roles as SGR parameters (ECMA-48, and xterm's 38;5 and 38;2), by what the terminal can and how bright it is. */
import { attribute, attributesOf, ink, inkOf, paper, paperOf } from './style.ts';

/** Colours: none (NO_COLOR), the terminal's own 16, 256, or any. */
export type Depth = 0 | 16 | 256 | 24;
export type Brightness = 'dark' | 'light';

/** The terminal's own number (0 to 15), the number of the cube, red green blue. */
type Color = readonly [own: number, cube: number, rgb: readonly [number, number, number]];

interface Pair {
  readonly dark: Color;
  readonly light: Color;
}

const pair = (dark: Color, light: Color): Pair => ({ dark, light });

/** Contrast of at least 4.5:1 to black and to white (WCAG AA), where the terminal lets us choose. */
const inks: Readonly<Record<number, Pair>> = {
  [ink.dim]: pair([8, 248, [168, 168, 168]], [8, 241, [98, 98, 98]]),
  [ink.ok]: pair([2, 114, [126, 200, 128]], [2, 22, [0, 100, 30]]),
  [ink.clientError]: pair([3, 179, [220, 175, 90]], [3, 94, [135, 80, 0]]),
  [ink.failed]: pair([1, 210, [255, 130, 125]], [1, 124, [175, 0, 20]]),
  [ink.unanswered]: pair([5, 176, [215, 140, 215]], [5, 90, [135, 0, 135]]),
  [ink.request]: pair([6, 116, [125, 205, 215]], [6, 24, [0, 90, 130]]),
  [ink.response]: pair([4, 147, [170, 175, 255]], [4, 55, [85, 30, 175]]),
  [ink.accent]: pair([6, 80, [95, 215, 215]], [4, 25, [0, 85, 175]]),
  [ink.string]: pair([2, 150, [175, 210, 140]], [2, 22, [0, 95, 20]]),
  [ink.number]: pair([3, 180, [215, 180, 140]], [3, 94, [130, 75, 0]]),
  [ink.warn]: pair([3, 221, [255, 215, 95]], [3, 94, [135, 80, 0]]),
  [ink.hashed + 0]: pair([6, 80, [95, 215, 215]], [6, 23, [0, 95, 95]]),
  [ink.hashed + 1]: pair([4, 111, [135, 175, 255]], [4, 19, [0, 40, 175]]),
  [ink.hashed + 2]: pair([5, 177, [215, 135, 255]], [5, 54, [95, 0, 135]]),
  [ink.hashed + 3]: pair([14, 123, [150, 240, 240]], [6, 30, [0, 110, 120]]),
  [ink.hashed + 4]: pair([12, 153, [175, 215, 255]], [4, 25, [0, 85, 160]]),
  [ink.hashed + 5]: pair([13, 218, [255, 175, 215]], [5, 89, [140, 0, 90]]),
};

const papers: Readonly<Record<number, Pair>> = {
  [paper.selected]: pair([4, 24, [20, 65, 105]], [6, 153, [175, 215, 250]]),
  [paper.bar]: pair([8, 236, [48, 48, 48]], [7, 254, [228, 228, 228]]),
  [paper.match]: pair([3, 53, [90, 30, 95]], [3, 229, [255, 250, 170]]),
  [paper.dialog]: pair([0, 235, [38, 38, 38]], [7, 255, [240, 240, 240]]),
  [paper.wrong]: pair([1, 52, [95, 0, 0]], [1, 224, [255, 215, 215]]),
  [paper.marked]: pair([8, 237, [58, 50, 30]], [7, 230, [250, 245, 215]]),
};

const foreground = (n: number) => (n < 8 ? `${30 + n}` : `${82 + n}`);

export interface Theme {
  readonly depth: Depth;
  readonly brightness: Brightness;
  /** The whole sequence that makes a style, whatever was set before. */
  sgr(style: number): string;
}

export function createTheme(depth: Depth, brightness: Brightness): Theme {
  const made = new Map<number, string>();
  return {
    depth,
    brightness,
    sgr(style) {
      let text = made.get(style);
      if (text === undefined) {
        text = `\x1b[${['0', ...parameters(style, depth, brightness)].join(';')}m`;
        made.set(style, text);
      }
      return text;
    },
  };
}

function parameters(style: number, depth: Depth, brightness: Brightness): string[] {
  const [front, back, attributes] = [inkOf(style), paperOf(style), attributesOf(style)];
  const out: string[] = [];
  if (attributes & attribute.bold) out.push('1');
  if (attributes & attribute.underline) out.push('4');
  const color = inks[front]?.[brightness];
  const below = papers[back]?.[brightness];
  // Of the terminal's own colours nobody knows which go together: what is selected is turned around.
  const isTurned = back !== paper.none && back !== paper.dialog && depth <= 16;
  if (depth === 0) {
    if (front === ink.failed || front === ink.warn) out.push('1');
    if (isTurned) out.push('7');
  } else if (depth === 16) {
    if (isTurned) out.push('7');
    // Some themes have bright black on black: faint is seen everywhere.
    else if (front === ink.dim) out.push('2');
    else if (color) out.push(foreground(color[0]));
  } else {
    if (color) out.push(depth === 256 ? `38;5;${color[1]}` : `38;2;${color[2].join(';')}`);
    if (below) out.push(depth === 256 ? `48;5;${below[1]}` : `48;2;${below[2].join(';')}`);
  }
  if (attributes & attribute.reverse && !out.includes('7')) out.push('7');
  return out;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @param wanted of --color */
export function depthOf(env: Environment, wanted: string): Depth {
  if (wanted === 'never' || (wanted === 'auto' && env['NO_COLOR'])) return 0;
  if (/^(truecolor|24bit)$/.test(env['COLORTERM'] ?? '')) return 24;
  return /256|kitty|ghostty|alacritty/.test(env['TERM'] ?? '') ? 256 : 16;
}

/** COLORFGBG, as rxvt and Konsole set it: `15;0`, the last is the background's number. undefined: not set. */
export function brightnessOf(env: Environment): Brightness | undefined {
  const back = /;(\d+)$/.exec(env['COLORFGBG'] ?? '')?.[1];
  if (back === undefined) return undefined;
  return Number(back) === 7 || Number(back) > 8 ? 'light' : 'dark';
}

/** From the answer to OSC 11: `rgb:ffff/ffff/dddd`, one to four digits each. */
export function brightnessOfAnswer(text: string): Brightness | undefined {
  const [, ...parts] = /rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i.exec(text) ?? [];
  if (parts.length < 3) return undefined;
  const [red, green, blue] = parts.map((hex) => Number.parseInt(hex!, 16) / (16 ** hex!.length - 1));
  // Luma, ITU-R BT.709.
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue! > 0.5 ? 'light' : 'dark';
}
