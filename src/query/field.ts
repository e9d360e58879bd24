/** A field as the query language knows it, whoever declared it. */
import type { FieldSpec } from '../model/index.ts';
import { declared, type Where } from './access.ts';

/**
 * - text: characters; number: as it is
 * - duration: nanoseconds; a literal without a unit is seconds, as Wireshark has it
 * - size: bytes
 * - time: a Timestamp; literals are dates
 * - address: IP addresses only; host: an address or a name
 * - bytes: bodies
 */
export type FieldType =
  | 'text'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'size'
  | 'time'
  | 'address'
  | 'host'
  | 'bytes';

export interface Field {
  readonly name: string;
  readonly aliases: readonly string[];
  /** ProtocolModule.name of who declared it; '' for the fields of every entry. */
  readonly protocol: string;
  readonly type: FieldType;
  /** Whether it can have several values. */
  readonly isMany: boolean;
  readonly description: string;
  readonly where: Where;
  /** All values it can have, when they are known. */
  readonly values?: readonly string[];
  /** Names of code points -> their numbers. */
  readonly codes?: ReadonlyMap<string, number>;
  /** Every entry has it: whether it is there is no question. */
  readonly isAlways?: boolean;
  /** It looks at bodies: they have to be kept. */
  readonly needsBody?: boolean;
  /** It looks at headers or trailers. */
  readonly needsHeads?: boolean;
}

const types: Readonly<Record<FieldSpec['type'], FieldType>> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  bytes: 'size',
  durationNs: 'duration',
  list: 'text',
};

export function fieldOf(spec: FieldSpec, protocol: string): Field {
  return {
    name: spec.name,
    aliases: [],
    protocol,
    type: types[spec.type],
    isMany: spec.type === 'list',
    description: spec.description,
    where: declared(spec.name),
    ...(spec.codes ? { codes: new Map(Object.entries(spec.codes)), values: Object.keys(spec.codes) } : {}),
  };
}
