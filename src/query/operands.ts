/** Operands as sources: what a name means. */

import { calculated } from './arithmetic.ts';
import type { Index, Literal, Operand, Word } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { called, functions } from './functions.ts';
import { headerNamed, headerRoots } from './headers.ts';
import { listed, nearFields, nearNames } from './nearby.ts';
import { parseQuantity } from './numbers.ts';
import { sliced } from './slices.ts';
import { constant, type Source } from './source.ts';

/** Whether an operand has values of its own, rather than being a value. */
export function isSource(compilation: Compilation, operand: Operand): boolean {
  return operand.kind === 'word'
    ? compilation.schema.field(operand.text) !== undefined
    : operand.kind !== 'string';
}

/** @throws QueryError when it names nothing */
export function sourceOf(compilation: Compilation, operand: Operand): Source {
  const name = compilation.written(operand.at);
  switch (operand.kind) {
    case 'word':
      return fieldSource(compilation, operand);
    case 'string':
      return compilation.fail('type', `${name} is text, and no field`, operand.at, { expected: 'a field' });
    case 'index':
      return headerSource(compilation, operand);
    case 'slice': {
      const of = sourceOf(compilation, operand.of);
      if (of.type !== 'text' && of.type !== 'bytes' && of.type !== 'host')
        compilation.fail('type', `${of.name} is no text, so it has no slices`, operand.at);
      return sliced(of, operand.ranges, name);
    }
    case 'call': {
      if (!functions.has(operand.name)) unknownFunction(compilation, operand.name, operand.nameAt);
      const args = operand.args.map((arg) => numberOrSource(compilation, arg));
      return called(compilation, operand, args, name);
    }
    case 'arithmetic': {
      const left = numberOrSource(compilation, operand.left);
      const right = numberOrSource(compilation, operand.right);
      return calculated(compilation, operand, left, right, name);
    }
  }
}

/** Within arithmetic a number is a source too. */
function numberOrSource(compilation: Compilation, operand: Operand): Source {
  if (operand.kind !== 'word' || isSource(compilation, operand)) return sourceOf(compilation, operand);
  const quantity = parseQuantity(operand.text);
  if (!quantity) return sourceOf(compilation, operand);
  return constant(quantity.type, quantity.value, operand.text);
}

function fieldSource(compilation: Compilation, word: Word): Source {
  const { schema } = compilation;
  const field = schema.field(word.text);
  if (!field) return unknownField(compilation, word);
  compilation.use(field);
  return { type: field.type, name: word.text, where: field.where, field };
}

function headerSource(compilation: Compilation, { of, name, at }: Index): Source {
  const side = headerRoots.get(of.text);
  if (side === undefined)
    compilation.fail('type', `${of.text} has no values by name`, at, {
      hint: `these have: ${[...headerRoots.keys()].map((root) => `${root}["content-type"]`).join(', ')}`,
    });
  const field = compilation.use(headerNamed(side, name));
  return { type: field.type, name: field.name, where: field.where, field };
}

/** Names of other tools -> what is meant here. */
const otherwise: Readonly<Record<string, string>> = {
  'frame.time': 'time',
  'frame.time_epoch': 'time',
  'frame.len': 'size',
  'frame.protocols': 'protocol',
  'tcp.stream': 'connection',
  'ip.host': 'peer',
  'ip.src_host': 'client',
  'ip.dst_host': 'server',
  'tcp.payload': 'body',
  'http.file_data': 'body',
  host: 'peer',
  src: 'client',
  dst: 'server',
  method: 'http.request.method',
  status: 'http.response.code',
  path: 'http.request.uri',
  url: 'http.request.uri',
  latency: 'duration',
  pid: 'container',
};

/** @param isAlone it may have been meant as text. @throws QueryError with the nearest names */
export function unknownField(compilation: Compilation, { text, at }: Literal, isAlone = false): never {
  const { schema } = compilation;
  if (schema.protocol(text))
    compilation.fail('type', `${text} is a protocol, and has no value`, at, {
      hint: `alone it asks whether the entry is ${text}; '${text} contains "x"' looks into its texts`,
    });
  const group = schema.group(text);
  if (group)
    compilation.fail('name', `${text} is a group of fields`, at, {
      expected: `one of ${listed(group.map(({ name }) => name))}`,
    });
  if (parseQuantity(text))
    compilation.fail('type', `${text} is a number, and no field`, at, { expected: 'a field' });
  const meant = Object.hasOwn(otherwise, text) ? otherwise[text]! : undefined;
  const near = meant !== undefined && schema.has(meant) ? meant : nearFields(text, schema);
  const hint = near === '' ? "'porthole fields' lists them" : `did you mean ${near}?`;
  return compilation.fail('name', `there is no field ${text}`, at, {
    hint: isAlone ? `${hint} For the text: "${text}"` : hint,
  });
}

function unknownFunction(compilation: Compilation, name: string, at: Operand['at']): never {
  const names = [...functions.keys()];
  const near = nearNames(name, names);
  return compilation.fail('name', `there is no function ${name}`, at, {
    expected: `one of ${names.map((known) => `${known}()`).join(', ')}`,
    hint: near === '' ? '' : `did you mean ${near}?`,
  });
}
