/** An operand alone: a field or a protocol that is there, or text that is anywhere. */
import type { Predicate, Test } from './access.ts';
import type { Literal, Operand } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { foundText } from './free-text.ts';
import { likelyNames } from './nearby.ts';
import { sourceOf, unknownField } from './operands.ts';

const present: Test = () => true;

export function presence(compilation: Compilation, operand: Operand): Predicate {
  const { setup } = compilation;
  switch (operand.kind) {
    case 'string':
      return foundText(compilation, operand);
    case 'word':
      return named(compilation, operand) ?? bareWord(compilation, operand);
    case 'index':
    case 'slice':
      return sourceOf(compilation, operand).where(present, setup);
    case 'arithmetic':
      // Wireshark's test of bits: tcp.flags & 2.
      if (operand.sign === '&') return sourceOf(compilation, operand).where((value) => value !== 0, setup);
      return incomplete(compilation, operand);
    case 'call':
      sourceOf(compilation, operand);
      return incomplete(compilation, operand);
  }
}

function incomplete(compilation: Compilation, { at }: Operand): never {
  return compilation.fail(
    'syntax',
    'this is no test yet',
    { position: at.position + at.length, length: 1 },
    {
      expected: "a comparison: '==', '<', '>' ...",
    },
  );
}

function named(compilation: Compilation, word: Literal): Predicate | undefined {
  const { schema, setup } = compilation;
  const field = schema.field(word.text);
  if (field) {
    if (field.isAlways) alwaysThere(compilation, word);
    compilation.use(field);
    if (field.type === 'boolean')
      compilation.note(
        `${word.text} alone asks whether the field is there; '${word.text} == true' whether it is true`,
      );
    return field.where(present, setup);
  }
  const protocol = schema.protocol(word.text);
  if (protocol) return protocol;
  const group = schema.group(word.text);
  if (!group) return undefined;
  const any = group.map((member) => compilation.use(member).where(present, setup));
  return (entry) => {
    for (let i = 0; i < any.length; i++) if (any[i]!(entry)) return true;
    return false;
  };
}

function alwaysThere(compilation: Compilation, { text, at }: Literal): never {
  return compilation.fail('syntax', `every entry has ${text}`, at, {
    expected: `a comparison: ${text} == ...`,
    hint: `for the text: "${text}"`,
  });
}

/** Text, unless it looks like a field that is misspelt. */
function bareWord(compilation: Compilation, word: Literal): Predicate {
  const { schema } = compilation;
  const { text } = word;
  const prefix = text.slice(0, Math.max(0, text.indexOf('.')));
  if (prefix !== '' && /^[a-z]/i.test(text) && (schema.group(prefix) || schema.protocol(prefix)))
    return unknownField(compilation, word, true);
  const near = /^[a-z][\w.]*$/i.test(text) ? likelyNames(text, schema) : '';
  if (near !== '') {
    if (prefix !== '') return unknownField(compilation, word, true);
    compilation.note(`${text} is looked for as text; did you mean ${near}?`);
  }
  return foundText(compilation, word);
}
