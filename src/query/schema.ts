/** The fields and protocols a query can name. */
import type { Exchange, FieldSpec } from '../model/index.ts';
import { type Entry, exchangeOf, one, type Predicate, type Where } from './access.ts';
import { type Field, fieldOf } from './field.ts';
import { generalFields } from './general.ts';
import { headerField } from './headers.ts';
import { allTexts } from './texts.ts';

/** What the schema needs of a protocol; ProtocolModule and InnerModule have it. */
export interface ProtocolFields {
  readonly name: string;
  readonly title: string;
  readonly fields: readonly FieldSpec[];
}

export interface Schema {
  /** By name or alias; headers by any name. */
  field(name: string): Field | undefined;
  /** Whether an entry is of that protocol: `http`, `tcp`, `ipv6`. */
  protocol(name: string): Predicate | undefined;
  /** Fields whose names begin with `name` and a dot: `http.request` is any of them. */
  group(name: string): readonly Field[] | undefined;
  /** A field, a protocol or a group. */
  has(name: string): boolean;
  /** The general ones first, then in the order of the protocols. */
  readonly fields: readonly Field[];
  readonly protocols: readonly { readonly name: string; readonly title: string }[];
}

/** What carries the protocols; known without declaring anything. */
const carriers: readonly (readonly [name: string, title: string, is: Predicate])[] = [
  ['tcp', 'TCP', (e) => e.connection.transport === 'tcp'],
  ['udp', 'UDP', (e) => e.connection.transport === 'udp'],
  ['ip', 'IPv4', (e) => !e.connection.client.address.includes(':')],
  ['ipv6', 'IPv6', (e) => e.connection.client.address.includes(':')],
];

/** @param protocols the registry's modules, those that ride inside others' messages too */
export function createSchema(protocols: Iterable<ProtocolFields>): Schema {
  const modules = [...protocols];
  const fields = new Map<string, Field>();
  const byName = new Map<string, Field>();
  const groups = new Map<string, Field[]>();
  const predicates = new Map(carriers.map(([name, , is]) => [name, is] as const));

  const add = (field: Field) => {
    // Protocols that share a name (Wireshark's http2 and gRPC, say) mean the same by it.
    if (byName.has(field.name)) return;
    fields.set(field.name, field);
    for (const name of [field.name, ...field.aliases]) byName.set(name, field);
    for (let dot = field.name.indexOf('.'); dot > 0; dot = field.name.indexOf('.', dot + 1)) {
      const group = field.name.slice(0, dot);
      const members = groups.get(group);
      if (members) members.push(field);
      else groups.set(group, [field]);
    }
  };
  for (const field of generalFields) add(field);
  add(protocolField(modules));
  add(errorField(modules));
  add(textField(modules));
  for (const { name, fields: specs } of modules) for (const spec of specs) add(fieldOf(spec, name));
  // A carrier's name is that of all that it carries, whatever it declares of itself.
  for (const module of modules)
    if (!predicates.has(module.name)) predicates.set(module.name, isOf(module, modules));

  const field = (name: string) => byName.get(name) ?? headerField(name);
  return {
    field,
    protocol: (name) => predicates.get(name),
    group: (name) => groups.get(name),
    has: (name) => field(name) !== undefined || predicates.has(name) || groups.has(name),
    fields: [...fields.values()],
    protocols: [
      ...modules.filter(({ name }) => !carriers.some(([carrier]) => carrier === name)),
      ...carriers.map(([name, title]) => ({ name, title })),
    ],
  };
}

function protocolField(modules: readonly ProtocolFields[]): Field {
  const names = new Map(modules.map(({ title, name }) => [title, name]));
  return {
    name: 'protocol',
    aliases: [],
    protocol: '',
    type: 'text',
    isMany: false,
    description: 'Protocol of the entry by its short name; tcp or udp when none is known',
    where: one((e) => names.get(e.protocol) ?? e.protocol),
    values: [...new Set([...modules.map(({ name }) => name), 'tcp', 'udp'])],
    isAlways: true,
  };
}

const outcomeWords: Readonly<Record<Exchange['outcome'], string>> = {
  ok: '',
  info: '',
  clientError: 'client error',
  serverError: 'server error',
  failed: 'failed',
  unanswered: 'no answer',
};

/** What went wrong on the way, what the protocol shows as the result, and how it went: as texts, if it is one. */
function errorField(modules: readonly ProtocolFields[]): Field {
  const results = new Map(
    modules.map(({ name, fields }) => [name, fields.filter((f) => f.role === 'result').map((f) => f.name)]),
  );
  const where: Where = (test) => (entry) => {
    const exchange = exchangeOf(entry);
    const words = exchange && outcomeWords[exchange.outcome];
    if (!exchange || !words) return false;
    if (test(words, entry)) return true;
    if (exchange.error && test(exchange.error.text, entry)) return true;
    const result = (results.get(exchange.protocol) ?? [])
      .map((name) => exchange.fields[name] ?? '')
      .filter((value) => value !== '')
      .join(' ');
    return result !== '' && test(result, entry);
  };
  return {
    name: 'error',
    aliases: [],
    protocol: '',
    type: 'text',
    isMany: true,
    description:
      'What went wrong, in words: connection refused, 503 Service Unavailable, NXDOMAIN, no answer ...',
    where,
  };
}

function textField(modules: readonly ProtocolFields[]): Field {
  const numbers = modules.flatMap(({ fields }) => fields.filter((f) => f.type === 'number'));
  return {
    name: 'text',
    aliases: ['frame'],
    protocol: '',
    type: 'bytes',
    isMany: true,
    description: 'All that is shown: ends, fields, first lines, headers, bodies',
    where: allTexts(new Set(numbers.map(({ name }) => name))),
    isAlways: true,
    needsBody: true,
    needsHeads: true,
  };
}

/**
 * Its own entries, and those of protocols that ride on it and show its fields beside theirs: GraphQL's are
 * http too. Not those of a protocol that borrows its names: HTTP/2 has http.host, and is not http.
 */
function isOf(module: ProtocolFields, modules: readonly ProtocolFields[]): Predicate {
  const isMine = shows(module, modules);
  const borrowers = modules
    .filter((other) => other !== module && other.fields.some((f) => f.name.startsWith(`${module.name}.`)))
    .map((other) => shows(other, modules));
  return (entry) => {
    if (entry.protocol === module.name || entry.protocol === module.title) return true;
    if (!isMine(entry)) return false;
    for (let i = 0; i < borrowers.length; i++) if (borrowers[i]!(entry)) return false;
    return true;
  };
}

/** An entry of it, or with a field that is its own: by its name, or because nobody else declares it. */
function shows({ name, title, fields }: ProtocolFields, modules: readonly ProtocolFields[]): Predicate {
  const others = new Set(
    modules.flatMap((module) => (module.name === name ? [] : module.fields.map((f) => f.name))),
  );
  const own = fields.map((f) => f.name).filter((f) => f.startsWith(`${name}.`) || !others.has(f));
  return (entry: Entry) => {
    if (entry.protocol === name || entry.protocol === title) return true;
    const values = exchangeOf(entry)?.fields;
    if (values === undefined) return false;
    for (let i = 0; i < own.length; i++) if (values[own[i]!] !== undefined) return true;
    return false;
  };
}
