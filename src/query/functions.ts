/** Functions of fields. */
import { latin1 } from '../util/bytes.ts';
import type { Value, Where } from './access.ts';
import type { Call } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { mapped, numeric, type Source, textual, typeNames } from './source.ts';

interface FunctionSpec {
  readonly description: string;
  readonly isVariadic?: boolean;
  /** What it takes, for errors. */
  readonly takes: string;
  takesType(type: Source['type']): boolean;
  make(args: readonly Source[], name: string): Source;
}

const isText = (type: Source['type']) => textual.has(type);
const isNumeric = (type: Source['type']) => numeric.has(type);

/** As text; undefined for what is none. */
export function asText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? latin1(value) : undefined;
}

export const functions: ReadonlyMap<string, FunctionSpec> = new Map<string, FunctionSpec>([
  [
    'len',
    {
      description: 'Length in bytes',
      takes: 'text',
      takesType: isText,
      make: ([source], name) =>
        mapped(source!, 'number', name, (v) =>
          typeof v === 'string' || typeof v === 'object' ? v.length : undefined,
        ),
    },
  ],
  [
    'lower',
    {
      description: 'In lower case',
      takes: 'text',
      takesType: isText,
      make: ([source], name) => mapped(source!, 'text', name, (v) => asText(v)?.toLowerCase()),
    },
  ],
  [
    'upper',
    {
      description: 'In upper case',
      takes: 'text',
      takesType: isText,
      make: ([source], name) => mapped(source!, 'text', name, (v) => asText(v)?.toUpperCase()),
    },
  ],
  [
    'count',
    {
      description: 'How many values the field has; a missing field has no count',
      takes: 'a field',
      takesType: () => true,
      make: ([source], name) => counted(source!, name),
    },
  ],
  [
    'string',
    {
      description: 'A number, boolean or address as text',
      takes: 'a number, a boolean or an address',
      takesType: (type) => ['number', 'size', 'boolean', 'address', 'host', 'text'].includes(type),
      make: ([source], name) =>
        mapped(source!, 'text', name, (v) => (typeof v === 'object' ? undefined : String(v))),
    },
  ],
  [
    'abs',
    {
      description: 'Without its sign',
      takes: 'a number',
      takesType: isNumeric,
      make: ([source], name) =>
        mapped(source!, source!.type, name, (v) => (typeof v === 'number' ? Math.abs(v) : undefined)),
    },
  ],
  ['max', extreme('The largest of all values', Math.max)],
  ['min', extreme('The smallest of all values', Math.min)],
]);

function extreme(description: string, better: (a: number, b: number) => number): FunctionSpec {
  return {
    description,
    isVariadic: true,
    takes: 'numbers',
    takesType: isNumeric,
    make: (args, name) =>
      folded(args, args[0]!.type, name, (so, v) => (so === undefined ? v : better(so, v))),
  };
}

function counted(source: Source, name: string): Source {
  let count = 0;
  const where: Where = (test, setup) => {
    const all = source.where(() => {
      count++;
      return false;
    }, setup);
    return (entry) => {
      count = 0;
      all(entry);
      return count > 0 && test(count, entry);
    };
  };
  return { type: 'number', name, where };
}

/** One value of all that the sources have. */
function folded(
  sources: readonly Source[],
  type: Source['type'],
  name: string,
  fold: (so: number | undefined, value: number) => number,
): Source {
  const where: Where = (test, setup) => {
    let result: number | undefined;
    const all = sources.map((source) =>
      source.where((value) => {
        if (typeof value === 'number') result = fold(result, value);
        return false;
      }, setup),
    );
    return (entry) => {
      result = undefined;
      for (const each of all) each(entry);
      return result !== undefined && test(result, entry);
    };
  };
  return { type, name, where };
}

/** A call whose function is known. */
export function called(compilation: Compilation, call: Call, args: readonly Source[], name: string): Source {
  const spec = functions.get(call.name)!;
  if (args.length > 1 && !spec.isVariadic)
    compilation.fail('type', `${call.name}() takes one field`, call.args[1]!.at);
  args.forEach((arg, i) => {
    if (!spec.takesType(arg.type))
      compilation.fail(
        'type',
        `${call.name}() takes ${spec.takes}, and ${arg.name} is ${typeNames[arg.type]}`,
        call.args[i]!.at,
      );
    if (arg.type !== args[0]!.type && spec.isVariadic)
      compilation.fail(
        'type',
        `${arg.name} is ${typeNames[arg.type]}, ${args[0]!.name} is ${typeNames[args[0]!.type]}`,
        call.args[i]!.at,
      );
  });
  return spec.make(args, name);
}
