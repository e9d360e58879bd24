/** --proto and --proto-path: what messages of remote calls mean. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ProtoError, ProtoSchema, parseDescriptorSet, parseProtoBytes } from '../protobuf/index.ts';
import { CliError } from './errors.ts';
import type { OptionRow, Parsed } from './options.ts';

export const protoRows: readonly OptionRow[] = [
  {
    long: 'proto',
    value: 'FILE',
    repeat: true,
    help: 'show bodies of gRPC by this .proto file or descriptor set (with -vv)',
  },
  { long: 'proto-path', value: 'DIR', repeat: true, help: "where that file's imports are" },
];

/** Without --proto it knows what everybody has, and learns what servers say of themselves. @throws CliError */
export function loadSchema(parsed: Parsed): ProtoSchema {
  const schema = new ProtoSchema();
  const files = parsed.values('proto');
  const paths = [...parsed.values('proto-path'), ...files.map(dirname), '.'].map((path) => resolve(path));
  for (const file of files)
    telling(file, () => {
      if (!file.endsWith('.proto')) for (const one of parseDescriptorSet(read(file))) schema.add(one);
      else addSource(schema, nameOf(resolve(file), paths), file, paths);
    });
  if (files.length > 0) telling(files.join(', '), () => schema.check());
  return schema;
}

function telling(file: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtoError) throw new CliError(`--proto ${file}: ${error.message}`);
    throw error;
  }
}

function read(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliError(
      `--proto ${file}: it cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}`,
    );
  }
}

/** As an import would call it. */
function nameOf(file: string, paths: readonly string[]): string {
  for (const path of paths) {
    const name = relative(path, file);
    if (!name.startsWith('..') && !isAbsolute(name)) return name;
  }
  return file;
}

/** With whatever it imports. */
function addSource(schema: ProtoSchema, name: string, file: string, paths: readonly string[]): void {
  if (schema.has(name)) return;
  const parsed = parseProtoBytes(read(file), name);
  const imports = parsed.imports.filter((one) => !schema.has(one));
  // First, so that files that import each other end.
  schema.add(parsed);
  for (const one of imports) {
    const found = paths.map((path) => join(path, one)).find((path) => existsSync(path));
    if (!found)
      throw new CliError(
        `--proto: ${name} imports ${one}, which is in none of ${[...new Set(paths)].join(', ')}`,
        '--proto-path says where to look',
      );
    addSource(schema, one, found, paths);
  }
}
