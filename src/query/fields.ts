/** The list for `porthole fields`. */
import { QueryError } from './error.ts';
import type { FieldType } from './field.ts';
import { nearNames } from './nearby.ts';
import type { Schema } from './schema.ts';

export interface FieldRow {
  readonly name: string;
  /** '' for the fields of every entry. */
  readonly protocol: string;
  readonly type: FieldType;
  /** Whether it can have several values. */
  readonly isMany: boolean;
  readonly description: string;
  readonly aliases: readonly string[];
  /** All values it can have, when they are known; else empty. */
  readonly values: readonly string[];
}

/** @param protocol only its fields; 'general' those of every entry. @throws QueryError for an unknown one */
export function fieldsOf(schema: Schema, protocol?: string): FieldRow[] {
  const wanted = protocol === 'general' ? '' : protocol;
  const rows = schema.fields
    .filter((field) => wanted === undefined || field.protocol === wanted)
    .map(({ name, protocol: of, type, isMany, description, aliases, values = [] }) => ({
      name,
      protocol: of,
      type,
      isMany,
      description,
      aliases,
      values,
    }));
  if (protocol !== undefined && rows.length === 0) unknownProtocol(schema, protocol);
  return rows;
}

function unknownProtocol(schema: Schema, protocol: string): never {
  const names = ['general', ...schema.protocols.map(({ name }) => name)];
  const at = { position: 0, length: protocol.length };
  const near = nearNames(protocol, names);
  throw new QueryError('name', `no protocol ${protocol} declares fields`, protocol, at, {
    expected: `one of ${[...new Set(schema.fields.map((f) => f.protocol || 'general'))].join(', ')}`,
    hint: near === '' ? '' : `did you mean ${near}?`,
  });
}
