/** Types that JSON writes in their own way: https://protobuf.dev/programming-guides/json/ */
import { decodeBase64 } from '../util/base64.ts';
import type { Writer } from './json.ts';
import { quote } from './quote.ts';
import type { ProtoSchema } from './schema.ts';
import { type Field, jsonNameOf, type MessageType } from './types.ts';

type Write = (
  type: MessageType,
  values: ReadonlyMap<Field, string[]>,
  writer: Writer,
  depth: number,
  schema: ProtoSchema,
) => string;

/** What a field's JSON is, quotes off. */
function plain(type: MessageType, values: ReadonlyMap<Field, string[]>, number: number): string | undefined {
  const text = values.get(type.fields.get(number)!)?.[0];
  return text?.startsWith('"') ? text.slice(1, -1) : text;
}

const nanosText = (nanos: number) => {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.replace(/(000){1,2}$/, '')}`;
};

const timestamp: Write = (type, values) => {
  const seconds = Number(plain(type, values, 1) ?? 0);
  const nanos = Number(plain(type, values, 2) ?? 0);
  // Years 1 to 9999, as the type says.
  const isDate = seconds >= -62_135_596_800 && seconds <= 253_402_300_799 && nanos >= 0 && nanos < 1e9;
  if (!isDate) return quote(`${seconds}s ${nanos}ns`);
  return `"${new Date(seconds * 1000).toISOString().slice(0, 19)}${nanosText(nanos)}Z"`;
};

const duration: Write = (type, values) => {
  const seconds = plain(type, values, 1) ?? '0';
  const nanos = Number(plain(type, values, 2) ?? 0);
  const sign = nanos < 0 && !seconds.startsWith('-') ? '-' : '';
  return `"${sign}${seconds}${nanosText(Math.abs(nanos))}s"`;
};

const fieldMask: Write = (type, values) => {
  const paths = values.get(type.fields.get(1)!) ?? [];
  return `"${paths.map((path) => path.slice(1, -1).split('.').map(jsonNameOf).join('.')).join(',')}"`;
};

const wrapper =
  (otherwise: string): Write =>
  (type, values) =>
    values.get(type.fields.get(1)!)?.[0] ?? otherwise;

/** Of Value whichever is set. */
const value: Write = (_type, values) => {
  for (const [field, [text]] of values) return field.name === 'null_value' ? 'null' : text!;
  return 'null';
};

const struct: Write = (type, values) => `{${(values.get(type.fields.get(1)!) ?? []).join(',')}}`;
const listValue: Write = (type, values) => `[${(values.get(type.fields.get(1)!) ?? []).join(',')}]`;

/** The message within, its type beside its fields. */
const any: Write = (type, values, writer, depth, schema) => {
  const url = plain(type, values, 1) ?? '';
  const base64 = plain(type, values, 2) ?? '';
  const inside = schema.message(url.slice(url.lastIndexOf('/') + 1));
  const head = `"@type":"${url}"`;
  if (!inside) return `{${head},"value":"${base64}"}`;
  const bytes = decodeBase64(base64);
  const text = writer.message(inside, bytes, depth + 1);
  if (special.has(inside.name)) return `{${head},"value":${text}}`;
  return text === '{}' ? `{${head}}` : `{${head},${text.slice(1)}`;
};

export const special: ReadonlyMap<string, Write> = new Map<string, Write>([
  ['google.protobuf.Timestamp', timestamp],
  ['google.protobuf.Duration', duration],
  ['google.protobuf.FieldMask', fieldMask],
  ['google.protobuf.Value', value],
  ['google.protobuf.Struct', struct],
  ['google.protobuf.ListValue', listValue],
  ['google.protobuf.Any', any],
  ['google.protobuf.DoubleValue', wrapper('0')],
  ['google.protobuf.FloatValue', wrapper('0')],
  ['google.protobuf.Int64Value', wrapper('"0"')],
  ['google.protobuf.UInt64Value', wrapper('"0"')],
  ['google.protobuf.Int32Value', wrapper('0')],
  ['google.protobuf.UInt32Value', wrapper('0')],
  ['google.protobuf.BoolValue', wrapper('false')],
  ['google.protobuf.StringValue', wrapper('""')],
  ['google.protobuf.BytesValue', wrapper('""')],
]);
