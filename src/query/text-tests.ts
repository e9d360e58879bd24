/** Tests of texts, bytes and names against a literal. */
import { latin1 } from '../util/bytes.ts';
import { createMatcher, PatternError } from '../util/regex/index.ts';
import type { Test, Value } from './access.ts';
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { formsOf, plainForms, quoted, type TextForms } from './literals.ts';
import { parseBytes, parseMac, parseNetwork } from './networks.ts';
import { parseNumber } from './numbers.ts';
import type { Source } from './source.ts';

/** A value as characters, a byte a character where it is bytes. */
export function characters(value: Value): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? latin1(value) : String(value);
}

export type Order = '<' | '<=' | '>' | '>=';

/** Equality with a text, or with an address, a MAC, bytes when the literal is written as such. */
export function textEquals(compilation: Compilation, source: Source, literal: Literal): Test {
  if (literal.kind === 'word') {
    const special = unquoted(compilation, source, literal);
    if (special) return special;
  }
  const forms = formsOf(compilation, literal);
  checkValue(compilation, source, literal, forms.text);
  return isText(forms);
}

function isText({ bytes, text, isPlain }: TextForms): Test {
  const { length } = bytes;
  if (isPlain)
    return Object.assign(
      (value: Value) =>
        value === bytes || (typeof value === 'object' && value.length === length && latin1(value) === bytes),
      { needle: bytes },
    );
  return (value) =>
    value === bytes || value === text || (typeof value === 'object' && latin1(value) === bytes);
}

/** What a word without quotes may be besides text. */
function unquoted(compilation: Compilation, source: Source, literal: Literal): Test | undefined {
  const { text, at } = literal;
  if (source.isSlice || source.type === 'bytes') {
    const bytes = byteLiteral(text);
    if (bytes !== undefined) return isText(plainForms(bytes));
  }
  const network = parseNetwork(text);
  if (network) return (value) => typeof value === 'string' && network.holds(value);
  const mac = parseMac(text);
  if (mac !== undefined)
    return (value) => value === text || (typeof value === 'string' && parseMac(value) === mac);
  if (text === 'true' || text === 'false')
    compilation.note(
      `${source.name} is text: alone it asks whether it is there, and not ${source.name} whether not`,
    );
  const { codes } = source.field ?? {};
  const number = parseNumber(text);
  if (number === undefined) return undefined;
  if (codes) return undefined;
  // Elements of lists are texts even where they are numbers.
  if (source.field?.isMany && source.field.protocol !== '')
    return (value) =>
      value === text || (typeof value === 'string' && Number(value) === number && value !== '');
  return compilation.fail('type', `${source.name} is text, and ${text} is a number`, at, {
    hint: `as text it goes into quotes: "${text}"`,
  });
}

/** `47:45`, or the number of one byte. */
function byteLiteral(text: string): string | undefined {
  const number = parseNumber(text);
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number < 256)
    return String.fromCharCode(number);
  return parseBytes(text);
}

/** A value that the field never has is a slip. */
function checkValue(compilation: Compilation, { field, name }: Source, { at }: Literal, text: string): void {
  const { values, codes } = field ?? {};
  if (!values || values.includes(text)) return;
  // Code points without a name are named by their number: TYPE65280.
  if (codes && /^[A-Z]+\d+$/.test(text)) return;
  const near = values.find((value) => value.toLowerCase() === text.toLowerCase());
  compilation.fail('value', `${name} is never ${JSON.stringify(text)}`, at, {
    expected: values.length > 12 ? `${values.slice(0, 12).join(', ')} ...` : values.join(', '),
    hint: near === undefined ? '' : `did you mean ${near}?`,
  });
}

export function textOrder(compilation: Compilation, source: Source, order: Order, literal: Literal): Test {
  if (literal.kind === 'word' && !source.isSlice) {
    const network = parseNetwork(literal.text);
    if (network) {
      if (!network.isHost)
        compilation.fail('type', `${literal.text} is a network: addresses are in it or not`, literal.at, {
          expected: "'=='",
        });
      const passes = ordered(order);
      return (value) => typeof value === 'string' && passes(network.compare(value), 0);
    }
  }
  const special = literal.kind === 'word' && source.isSlice ? byteLiteral(literal.text) : undefined;
  if (special === undefined && literal.kind === 'word' && parseNumber(literal.text) !== undefined)
    compilation.fail('type', `${source.name} is text, and ${literal.text} is a number`, literal.at, {
      hint: `len(${source.name}) is its length; as text the number goes into quotes: "${literal.text}"`,
    });
  const { bytes } = special === undefined ? formsOf(compilation, literal) : plainForms(special);
  switch (order) {
    case '<':
      return (value) => characters(value) < bytes;
    case '<=':
      return (value) => characters(value) <= bytes;
    case '>':
      return (value) => characters(value) > bytes;
    case '>=':
      return (value) => characters(value) >= bytes;
  }
}

/** NaN passes nothing. */
export function ordered(order: Order): (a: number, b: number) => boolean {
  switch (order) {
    case '<':
      return (a, b) => a < b;
    case '<=':
      return (a, b) => a <= b;
    case '>':
      return (a, b) => a > b;
    case '>=':
      return (a, b) => a >= b;
  }
}

export function textContains(compilation: Compilation, source: Source, literal: Literal): Test {
  const special =
    literal.kind === 'word' && (source.isSlice || source.type === 'bytes')
      ? parseSeveralBytes(literal.text)
      : undefined;
  const { bytes, text, isPlain } =
    special === undefined ? formsOf(compilation, literal) : plainForms(special);
  if (isPlain) {
    // The platform's expressions find a text in half the time that `includes` takes.
    const pattern = new RegExp(quoted(bytes));
    return Object.assign((value: Value) => pattern.test(characters(value)), { needle: bytes });
  }
  return (value) => characters(value).includes(bytes) || (typeof value === 'string' && value.includes(text));
}

/** Two digits alone are text: `contains 47` looks for them. */
function parseSeveralBytes(text: string): string | undefined {
  return /[:.-]/.test(text) ? parseBytes(text) : undefined;
}

export function textMatches(compilation: Compilation, literal: Literal): Test {
  if (literal.kind === 'word')
    compilation.fail('syntax', "'matches' takes a pattern in quotes", literal.at, {
      hint: `"${literal.text}", or r"..." where backslashes are many`,
    });
  const { pattern } = literal.quoted;
  try {
    const matcher = createMatcher(pattern);
    compilation.matchers.push(matcher);
    return (value) => (typeof value === 'object' ? matcher.bytes(value) : matcher.text(characters(value)));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    // The place within the pattern is the place within the query while nothing was escaped before it.
    const start = literal.at.position + compilation.written(literal.at).indexOf('"') + 1;
    const isVerbatim = compilation.query.startsWith(pattern, start);
    const at = isVerbatim ? { position: start + error.position, length: error.length } : literal.at;
    return compilation.fail('syntax', `in the pattern: ${error.message}`, at, { hint: error.hint });
  }
}
