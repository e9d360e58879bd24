/** What stands in a query as a value, in the forms it may be met in. */
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { utf8Text } from './strings.ts';

/** A text literal: texts of messages are bytes, a byte a character; names of containers are not. */
export interface TextForms {
  readonly bytes: string;
  readonly text: string;
  /** The two are one. */
  readonly isPlain: boolean;
}

export function formsOf(compilation: Compilation, literal: Literal): TextForms {
  if (literal.kind === 'word') {
    const bytes = utf8Text(literal.text);
    return { bytes, text: literal.text, isPlain: bytes === literal.text };
  }
  const { text, bytes, badEscape } = literal.quoted;
  if (badEscape >= 0) {
    const at = { position: badEscape, length: 2 };
    compilation.fail('syntax', `${compilation.written(at)} is no escape`, at, {
      hint: 'a backslash itself is written \\\\, or the text as r"..."',
    });
  }
  return { bytes, text, isPlain: bytes === text };
}

export function plainForms(bytes: string): TextForms {
  return { bytes, text: bytes, isPlain: true };
}

/** As a pattern that matches it alone. */
export function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
