/** Payment card numbers: by issuer, length and check digit (ISO/IEC 7812-1), written as people write them. */
import type { Spans } from './spans.ts';

export const cardName = 'card number';

/**
 * Sixteen to nineteen digits in fours, fifteen or fourteen as 4-6-5 and 4-6-4, blanks or hyphens between all
 * groups or none. Nothing that belongs to a longer number, an identifier or a fraction may touch them.
 */
const form =
  /(?<![\w.+-])[2-6]\d{3}(?:([ -]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|([ -]?)\d{6}\2\d{4,5})(?![\w]|[.-]\w)/g;

/** Thirteen-digit cards are gone, and such numbers are times in milliseconds and goods' codes. */
export const shortestCard = 14;

export function findCards(text: string, spans: Spans): void {
  if (text.length < shortestCard) return;
  form.lastIndex = 0;
  for (let hit = form.exec(text); hit; hit = form.exec(text)) {
    const digits = hit[0].replace(/[ -]/g, '');
    if (isIssued(digits) && hasCheckDigit(digits)) {
      const at = hit.index;
      // Bare within JSON it is a number: `:4111...,`
      const isNumber = digits.length === hit[0].length && isBareValue(text, at, at + digits.length);
      spans.add(at, at + hit[0].length, cardName, isNumber);
    } else form.lastIndex = hit.index + 4;
  }
}

function isBareValue(text: string, from: number, to: number): boolean {
  let before = from - 1;
  while (before >= 0 && text[before] === ' ') before--;
  const after = text[to];
  return (
    text[before] === ':' && text[before - 1] === '"' && (after === ',' || after === '}' || after === '\n')
  );
}

/** Ranges of the large issuers. */
function isIssued(digits: string): boolean {
  const two = Number(digits.slice(0, 2));
  const three = Number(digits.slice(0, 3));
  const four = Number(digits.slice(0, 4));
  switch (digits.length) {
    case 14:
      return two === 36 || two === 38 || (three >= 300 && three <= 305);
    case 15:
      return two === 34 || two === 37;
    case 16:
      return (
        digits[0] === '4' ||
        (two >= 51 && two <= 55) ||
        (four >= 2221 && four <= 2720) ||
        four === 6011 ||
        (three >= 644 && three <= 659) ||
        (four >= 3528 && four <= 3589) ||
        two === 62 ||
        four === 5018 ||
        four === 5020 ||
        four === 6304 ||
        four === 6759
      );
    default:
      return two === 62 || four === 6304 || four === 6759;
  }
}

/** Luhn's formula. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const twice = digit * 2;
    sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  // Zeros and the like have it too, and are no number of anybody.
  return sum % 10 === 0 && new Set(digits).size > 1;
}
