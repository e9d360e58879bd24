/** Words of pcap-filter(7): at each place the longest of the rules below wins, the first of equals. */
import { FilterError, type Span } from './error.ts';
import { parseIpv6 } from './ipv6.ts';
import { containerWords, keywords } from './keywords.ts';
import { maxLength } from './limits.ts';
import { constants } from './names.ts';

/**
 * - keyword: reserved; its spelling is normalised (`&&` is `and`, `==` is `=`). `container` and `pod` are
 *   where a name follows
 * - name: of a host, port, protocol; anything escaped by a backslash is one
 * - number: decimal, 0x hexadecimal, 0 octal, or one of the named constants
 * - ipv4: two to four numbers with dots; ipv6, mac: addresses; arcnet: $ and two digits
 */
export type TokenKind = 'keyword' | 'name' | 'number' | 'ipv4' | 'ipv6' | 'mac' | 'arcnet' | 'symbol' | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
  /** Of a number; 0 otherwise. */
  readonly value: number;
}

const n = '(?:[0-9]+|0[xX][0-9A-Fa-f]+)';
const b = '[0-9A-Fa-f]{1,2}';
/** In order of precedence among matches of equal length. */
const rules: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ['symbol', />=|<=|!=|==|<<|>>|&&|\|\||[-+*/%:[\]!<>()&|^=]/y],
  ['arcnet', new RegExp(`\\$${b}`, 'y')],
  [
    'mac',
    new RegExp(
      `${b}(?:(?::${b}){5}|(?:-${b}){5}|(?:\\.${b}){5})|[0-9A-Fa-f]{4}(?:\\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12}`,
      'y',
    ),
  ],
  ['number', /0[xX][0-9A-Fa-f]+|[0-9]+/y],
  ['ipv4', new RegExp(`${n}(?:\\.${n}){1,3}`, 'y')],
  ['name', /[A-Za-z0-9](?:[-_.A-Za-z0-9]*[.A-Za-z0-9])?/y],
];
/** What may be an IPv6 address, none being longer; its longest part that is one counts. */
const ipv6Run = /(?:[0-9A-Fa-f]{0,4}:){1,8}[0-9A-Fa-f.]{0,15}/y;
/** Letters of which only one rule makes a word: most of any text, told at once. Longer ones are none of those. */
const plainRun = /[A-Za-z0-9_.:-]{1,48}/y;
const maxPlain = 48;
const plainIpv4 = /^\d+\.\d+\.\d+\.\d+$/;
/** Twelve digits are a MAC address. */
const plainNumber = /^\d{1,11}$/;
const brokenMac = new RegExp(`${b}:+(?:${b}:+)+`, 'y');
const escapedName = /\\[^ !()\n\t]+/y;
const blank = /[ \r\n\t]+/y;
/** Of a container or pod: PROJECT/NAME, RUNTIME:NAME and globs too. */
const containerName = /[A-Za-z0-9_*?][-.\w/:*?@]*/y;
const normal: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '!': 'not', '==': '=' };

/** Splits the expression; the last token is the end. @throws FilterError at what can be no word. */
export function tokenize(expression: string): Token[] {
  if (expression.length > maxLength)
    throw new FilterError(
      'limit',
      `the filter is ${expression.length} characters long; ${maxLength} is the most`,
      expression,
      { position: maxLength, length: 1 },
    );
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    at += matchLength(blank, expression, at);
    if (at >= expression.length) break;
    const last = tokens.at(-1);
    const token = (last && isContainerWord(last) && nameOfContainer(expression, at)) || next(expression, at);
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: '', value: 0, position: expression.length, length: 1 });
  return tokens;
}

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex - at : 0;
}

function plain(expression: string, position: number): Token | undefined {
  const length = matchLength(plainRun, expression, position);
  if (length === 0 || length === maxPlain) return undefined;
  const text = expression.slice(position, position + length);
  if (keywords.has(text)) return { kind: 'keyword', text, value: 0, position, length };
  if (plainNumber.test(text))
    return { kind: 'number', text, value: toNumber(expression, text, position), position, length };
  if (plainIpv4.test(text)) return { kind: 'ipv4', text, value: 0, position, length };
  return undefined;
}

function next(expression: string, position: number): Token {
  const known = plain(expression, position);
  if (known) return known;
  let kind: TokenKind = 'end';
  let length = 0;
  for (const [ruleKind, pattern] of rules) {
    const matched = matchLength(pattern, expression, position);
    if (matched > length) [kind, length] = [ruleKind, matched];
  }
  const six = ipv6Length(expression, position);
  // Before names, after numbers: equal length cannot be.
  if (six > length) [kind, length] = ['ipv6', six];
  if (matchLength(brokenMac, expression, position) > length)
    fail(expression, position, matchLength(brokenMac, expression, position), 'this is no MAC address', {
      expected: 'six pairs of hexadecimal digits: 00:00:5e:00:53:01',
    });
  const escaped = matchLength(escapedName, expression, position);
  if (escaped > length) {
    const text = expression.slice(position + 1, position + escaped);
    return { kind: 'name', text, value: 0, position, length: escaped };
  }
  if (length === 0) unexpected(expression, position);
  const text = expression.slice(position, position + length);
  if (kind === 'number') return { kind, text, value: toNumber(expression, text, position), position, length };
  if (kind === 'symbol') {
    const spelled = normal[text] ?? text;
    return { kind: keywords.has(spelled) ? 'keyword' : 'symbol', text: spelled, value: 0, position, length };
  }
  if (kind === 'name') {
    const constant = constants.get(text);
    if (constant !== undefined) return { kind: 'number', text, value: constant, position, length };
    const isKeyword = containerWords.has(text)
      ? namesFollow(expression, position + length)
      : keywords.has(text);
    if (isKeyword) return { kind: 'keyword', text, value: 0, position, length };
  }
  return { kind, text, value: 0, position, length };
}

function isContainerWord({ kind, text }: Token): boolean {
  return kind === 'keyword' && containerWords.has(text);
}

/** The name at a place after `container` or `pod`; undefined where there is a reserved word or no name. */
function nameOfContainer(expression: string, position: number): Token | undefined {
  const length = matchLength(containerName, expression, position);
  const text = expression.slice(position, position + length);
  return length === 0 || keywords.has(text) ? undefined : { kind: 'name', text, value: 0, position, length };
}

/** Is there a name, a list or a backslash after blanks? libpcap takes none of them after a name. */
function namesFollow(expression: string, after: number): boolean {
  const at = after + matchLength(blank, expression, after);
  if (at === after) return false;
  return expression[at] === '(' || expression[at] === '\\' || nameOfContainer(expression, at) !== undefined;
}

function ipv6Length(expression: string, at: number): number {
  const run = matchLength(ipv6Run, expression, at);
  if (run < 2) return 0;
  let text = expression.slice(at, at + run);
  // A second run of zeros is of no address.
  const second = text.indexOf('::', text.indexOf('::') + 2);
  if (second > 1) text = text.slice(0, second);
  if (!text.includes('::') && text.split(':').length < 7) return 0;
  for (let length = text.length; length >= 2; length--) if (parseIpv6(text.slice(0, length))) return length;
  return 0;
}

function toNumber(expression: string, text: string, position: number): number {
  const isOctal = text.length > 1 && text.startsWith('0') && !/^0x/i.test(text);
  if (isOctal && /[89]/.test(text))
    fail(
      expression,
      position,
      text.length,
      `${text} begins with 0, so it is octal, and 8 and 9 are no octal digits`,
    );
  const value = isOctal ? Number.parseInt(text, 8) : Number(text);
  if (!(value <= 0xffffffff))
    fail(expression, position, text.length, `${text} does not fit in 32 bits`, {
      expected: 'a number up to 4294967295',
    });
  return value;
}

const characterHints: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/[\u2018-\u201f'"`]/, 'quotes belong to the shell; within the filter there are none'],
  [/[\u2010-\u2015\u2212]/, 'this dash is not a minus sign'],
  [/[,;]/, "a list is written with 'or': port 80 or 443"],
  [/\\/, 'a backslash stands right before a name: ip proto \\tcp'],
  [/[{}]/, 'parentheses are round: (tcp or udp)'],
];

function unexpected(expression: string, position: number): never {
  const character = String.fromCodePoint(expression.codePointAt(position)!);
  const shown = /\p{C}|\p{Z}/u.test(character)
    ? `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
    : character;
  const hint = characterHints.find(([pattern]) => pattern.test(character))?.[1] ?? '';
  fail(expression, position, character.length, `unexpected character ${shown}`, { hint });
}

function fail(
  expression: string,
  position: number,
  length: number,
  message: string,
  detail: { expected?: string; hint?: string } = {},
): never {
  throw new FilterError('syntax', message, expression, { position, length }, detail);
}
