/** As much of JSON Schema 2020-12 as docs/json.schema.json uses, and stricter: keys it does not name are wrong. */
import { isDeepStrictEqual } from 'node:util';

export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Record<string, Schema>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Record<string, Schema>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly oneOf?: readonly Schema[];
}

/** What is wrong, by place; nothing when it fits. @param known keys that schemas around it name */
export function mismatches(
  value: unknown,
  schema: Schema,
  root: Schema = schema,
  at = '$',
  known: readonly string[] = [],
): string[] {
  if (schema.$ref)
    return mismatches(value, root.$defs![schema.$ref.replace('#/$defs/', '')]!, root, at, known);
  const wrong: string[] = [];
  const say = (what: string) => void wrong.push(`${at}: ${what}`);
  if ('const' in schema && !isDeepStrictEqual(value, schema.const)) say(`${value} is not ${schema.const}`);
  if (schema.enum && !schema.enum.includes(value)) say(`${value} is none of ${schema.enum.join(', ')}`);
  if (schema.type && ![schema.type].flat().some((type) => isType(value, type)))
    say(`no ${schema.type}: ${value}`);
  if (typeof value === 'string' && schema.pattern && !new RegExp(schema.pattern, 'u').test(value))
    say(`'${value}' is not like ${schema.pattern}`);
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? value)) say(`${value} is below ${schema.minimum}`);
    if (value > (schema.maximum ?? value)) say(`${value} is above ${schema.maximum}`);
  }
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) say('too few items');
    if (value.length > (schema.maxItems ?? value.length)) say('too many items');
    if (schema.items)
      wrong.push(...value.flatMap((item, i) => mismatches(item, schema.items!, root, `${at}[${i}]`)));
  } else if (
    typeof value === 'object' &&
    value !== null &&
    (schema.properties || schema.additionalProperties)
  )
    wrong.push(...keysOf(value as Record<string, unknown>, schema, root, at, known));
  if (schema.oneOf) {
    const own = [...known, ...Object.keys(schema.properties ?? {})];
    const each = schema.oneOf.map((one) => mismatches(value, one, root, at, own));
    const fits = each.filter((found) => found.length === 0).length;
    const nearest = each.reduce((a, b) => (b.length < a.length ? b : a));
    if (fits !== 1) wrong.push(...(fits === 0 ? nearest : [`${at}: fits ${fits} of the alternatives`]));
  }
  return wrong;
}

function keysOf(
  value: Record<string, unknown>,
  { properties = {}, required = [], additionalProperties, oneOf }: Schema,
  root: Schema,
  at: string,
  known: readonly string[],
): string[] {
  const wrong = required.filter((key) => !(key in value)).map((key) => `${at}: ${key} is missing`);
  for (const [key, inner] of Object.entries(value)) {
    const schema = properties[key] ?? additionalProperties;
    if (schema) wrong.push(...mismatches(inner, schema, root, `${at}.${key}`));
    else if (!oneOf && !known.includes(key)) wrong.push(`${at}: ${key} is not in the schema`);
  }
  return wrong;
}

function isType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  // The schema's words for the others are typeof's.
  const kind: string = typeof value;
  return kind === type;
}
