/** Words and texts that stand alone: looked for in all that is shown, case ignored. */
import { latin1 } from '../util/bytes.ts';
import type { Predicate, Test } from './access.ts';
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { formsOf, type TextForms } from './literals.ts';
import { parseNetwork } from './networks.ts';
import { parseNumber } from './numbers.ts';
import { captureWord } from './slips.ts';

export function foundText(compilation: Compilation, literal: Literal): Predicate {
  captureWord(compilation, literal);
  const forms = formsOf(compilation, literal);
  if (forms.text === '')
    compilation.fail('value', 'nothing is looked for', literal.at, { expected: 'some text' });
  const field = compilation.use(compilation.schema.field('text')!);
  return field.where(literal.kind === 'word' ? wordTest(forms) : textTest(forms), compilation.setup);
}

/** Without quotes a number is looked for in numbers too, and an address is no part of a longer one. */
function wordTest(forms: TextForms): Test {
  const network = parseNetwork(forms.text);
  if (network && !network.isHost) return (value) => typeof value === 'string' && network.holds(value);
  if (network) return characterTest(new RegExp(`(?<![\\w.:])${quoted(forms.text)}(?!\\w|[.:]\\w)`, 'i'));
  const number = parseNumber(forms.text);
  const isIn = textTest(forms);
  return number === undefined ? isIn : (value, entry) => value === number || isIn(value, entry);
}

/**
 * A literal has nothing to try again: the platform's expressions find it in one pass, and faster than ours.
 * Case is ASCII's: bytes above are parts of UTF-8, of which the flag would make Latin-1.
 */
function textTest({ bytes, text, isPlain }: TextForms): Test {
  if (isPlain && !/[\x80-\xff]/.test(text)) return characterTest(new RegExp(quoted(text), 'i'));
  return characterTest(new RegExp(`${bothCases(bytes)}|${bothCases(text)}`));
}

function characterTest(pattern: RegExp): Test {
  return (value) =>
    typeof value === 'string'
      ? pattern.test(value)
      : typeof value === 'object'
        ? pattern.test(latin1(value))
        : false;
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function bothCases(text: string): string {
  return quoted(text).replace(/[a-z]/gi, (c) => `[${c.toLowerCase()}${c.toUpperCase()}]`);
}
