/** What a field of the query language says of an entry: for columns that are chosen, for sorting, for statistics. */
import type { Exchange } from '../model/index.ts';
import type { Entry, Field, Setup, Value } from '../query/index.ts';
import { escapeLine } from '../sinks/text/escape.ts';
import { formatBytes, formatDuration } from '../sinks/text/units.ts';
import type { Held } from './held.ts';
import type { Column, Row } from './ports.ts';

/** What queries look at; undefined: a loss or a note. */
export function entryOf(held: Held): Entry | undefined {
  if (held.kind === 'exchange') return held.exchange;
  return held.kind === 'conversation' ? held.summary : undefined;
}

export interface Reader {
  readonly column: Column;
  text(held: Held): string;
  /** What rows are sorted by; undefined: it has none, and is last. */
  key(held: Held, row: () => Row): number | string | undefined;
}

const right: ReadonlySet<string> = new Set(['number', 'duration', 'size', 'time']);

/** @param clean what may be shown of an entry */
export function fieldReader(field: Field, setup: Setup, clean: (entry: Entry) => Entry): Reader {
  let found: Value[] = [];
  // It is asked whether any value passes: none does, and so all come by.
  const look = field.where((value) => {
    found.push(value);
    return false;
  }, setup);
  const valuesOf = (held: Held): Value[] => {
    const entry = entryOf(held);
    if (!entry) return [];
    found = [];
    look(clean(entry));
    return found;
  };
  const show = (value: Value): string => {
    if (typeof value === 'number')
      return field.type === 'duration'
        ? formatDuration(value)
        : field.type === 'size'
          ? formatBytes(value)
          : `${value}`;
    if (typeof value === 'string') return escapeLine(value);
    return typeof value === 'boolean' ? `${value}` : `${value.length} bytes`;
  };
  return {
    column: {
      name: field.name,
      label: field.name.slice(field.name.lastIndexOf('.') + 1),
      description: field.description,
      align: right.has(field.type) ? 'right' : 'left',
    },
    text: (held) => valuesOf(held).map(show).join(', '),
    key(held) {
      const [value] = valuesOf(held);
      if (typeof value === 'boolean') return value ? 1 : 0;
      return typeof value === 'object' ? value.length : value;
    },
  };
}

type Key = number | string | undefined;
type Fixed = readonly [
  label: string,
  description: string,
  align: Column['align'],
  key: (held: Held, row: () => Row) => Key,
];

/** Of the entry itself, without its row, whose texts have to be made. */
const number =
  (of: (entry: Exchange) => number, otherwise: (row: Row) => Key) => (held: Held, row: () => Row) =>
    held.kind === 'exchange' ? of(held.exchange) : otherwise(row());
const sent = ({ request }: Exchange) => request?.wireBytes ?? 0;
const received = ({ response }: Exchange) => response?.wireBytes ?? 0;
const text = (of: (row: Row) => string) => (_: Held, row: () => Row) => of(row());

/** Of every row. */
const fixed: Readonly<Record<string, Fixed>> = {
  time: ['time', 'First byte', 'left', (_, row) => row().at],
  target: ['target', 'Container, pod or process it was seen in', 'left', text((row) => row.target)],
  client: ['client', 'Who asked', 'left', text((row) => row.client)],
  server: ['server', 'Who was asked', 'left', text((row) => row.server)],
  protocol: ['protocol', 'What was spoken', 'left', text((row) => row.protocol)],
  operation: ['operation', 'What was asked for: method, kind', 'left', text((row) => row.operation)],
  subject: ['subject', 'What it was about: path, name', 'left', text((row) => row.subject)],
  result: ['result', 'What came of it: status, answer', 'left', text((row) => row.result)],
  duration: ['duration', 'First byte to last byte', 'right', durationOf],
  'request.size': ['up', 'Bytes of the request', 'right', number(sent, (row) => row.requestBytes)],
  'response.size': ['down', 'Bytes of the response', 'right', number(received, (row) => row.responseBytes)],
  size: [
    'size',
    'Bytes of both',
    'right',
    number(
      (e) => sent(e) + received(e),
      (row) => row.requestBytes + row.responseBytes,
    ),
  ],
  outcome: ['outcome', 'How it went', 'left', text((row) => row.outcome)],
};

function durationOf(held: Held, row: () => Row): Key {
  if (held.kind !== 'exchange') return row().durationNs;
  return held.isOpen ? undefined : held.exchange.endAt - held.exchange.startAt;
}

export const fixedReaders: ReadonlyMap<string, Reader> = new Map(
  Object.entries(fixed).map(([name, [label, description, align, key]]) => [
    name,
    { column: { name, label, description, align }, text: () => '', key },
  ]),
);
