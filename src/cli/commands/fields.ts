/** `porthole fields`: what a query can ask for. */
import { declarations } from '../../protocols/registry.ts';
import { createSchema, type FieldRow, fieldsOf } from '../../query/index.ts';
import { UsageError } from '../errors.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';
import { formatTable } from '../table.ts';

const rows: readonly OptionRow[] = [
  { long: 'json', help: 'one JSON object a line' },
  { short: 'h', long: 'help', help: 'this text' },
];

const help = () => `Lists the fields that a query (-Y) can ask for, with their types and meaning.

Usage: porthole fields [OPTIONS] [PROTOCOL]

PROTOCOL is general (the fields of every entry) or one of ${declarations.map((p) => p.name).join(', ')}.

${formatOptions(rows)}

Examples:
  porthole fields
  porthole fields http
  porthole fields --json | jq -r .name
`;

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const [protocol, more] = parsed.words;
  if (more !== undefined) throw new UsageError(`fields takes one protocol, got '${protocol}' and '${more}'`);
  const fields = fieldsOf(createSchema(declarations), protocol);
  if (parsed.has('json')) for (const field of fields) process.stdout.write(`${JSON.stringify(field)}\n`);
  else process.stdout.write(formatTable(['FIELD', 'TYPE', 'MEANING'], fields.map(line)));
  return 0;
}

function line({ name, type, isMany, description, aliases }: FieldRow): string[] {
  const also = aliases.length > 0 ? ` (also ${aliases.join(', ')})` : '';
  return [name, isMany ? `${type}, several` : type, description + also];
}
