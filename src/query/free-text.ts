/** Words and texts that stand alone: looked for in all that is shown, case ignored. */
import { latin1 } from '../util/bytes.ts';
import type { Entry, Predicate, Test, Value } from './access.ts';
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { formsOf, quoted, type TextForms } from './literals.ts';
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
  if (number === undefined) return isIn;
  return Object.assign((value: Value, entry: Entry) => value === number || isIn(value, entry), {
    isPart: true,
  });
}

/**
 * A literal has nothing to try again: the platform's expressions find it in one pass, and faster than ours.
 * Case is ASCII's: bytes above are parts of UTF-8, of which the flag would make Latin-1.
 */
function textTest({ bytes, text, isPlain }: TextForms): Test {
  const test =
    isPlain && !/[\x80-\xff]/.test(text)
      ? characterTest(new RegExp(quoted(text), 'i'), text.length)
      : characterTest(
          new RegExp(`${bothCases(bytes)}|${bothCases(text)}`),
          Math.min(bytes.length, text.length),
        );
  return Object.assign(test, { isPart: true, isText: true });
}

/** @param shortest of what it matches: most texts of an entry are shorter, and not even looked at */
function characterTest(pattern: RegExp, shortest = 1): Test {
  return (value) =>
    typeof value === 'string'
      ? value.length >= shortest && pattern.test(value)
      : typeof value === 'object'
        ? value.length >= shortest && pattern.test(latin1(value))
        : false;
}

function bothCases(text: string): string {
  return quoted(text).replace(/[a-z]/gi, (c) => `[${c.toLowerCase()}${c.toUpperCase()}]`);
}
