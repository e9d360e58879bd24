/**
 * How a cell looks, in one number: a role of the foreground, one of the background, attributes. What a role is in
 * colours is the theme's; nothing that draws knows of colours.
 */
export const ink = {
  plain: 0,
  dim: 1,
  ok: 2,
  clientError: 3,
  failed: 4,
  unanswered: 5,
  request: 6,
  response: 7,
  accent: 8,
  string: 9,
  number: 10,
  warn: 11,
  /** Six that a text is hashed to: protocols, targets. None of them is red, green or yellow: outcomes own those. */
  hashed: 16,
} as const;
export const hashedInks = 6;

export const paper = { none: 0, selected: 1, bar: 2, match: 3, dialog: 4, wrong: 5, marked: 6 } as const;

export const attribute = { bold: 1, underline: 2, reverse: 4 } as const;

/** @param foreground of `ink` @param background of `paper` @param attributes of `attribute`, added up */
export const styled = (foreground: number, background = 0, attributes = 0): number =>
  foreground | (background << 8) | (attributes << 16);

export const inkOf = (style: number): number => style & 0xff;
export const paperOf = (style: number): number => (style >> 8) & 0xff;
export const attributesOf = (style: number): number => (style >> 16) & 0xff;
export const withPaper = (style: number, background: number): number => (style & ~0xff00) | (background << 8);
export const withAttributes = (style: number, attributes: number): number => style | (attributes << 16);

/** The same text always has the same ink. FNV-1a. */
export function hashedInk(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return ink.hashed + ((hash >>> 0) % hashedInks);
}
