/** What a protocol's declared fields make of an exchange: what was asked, of what, and what came of it. */
import type { Exchange, FieldSpec, FieldValue, SinkContext } from '../../model/index.ts';
import { template } from './template.ts';

interface Part {
  readonly name: string;
  readonly grouping: NonNullable<FieldSpec['grouping']>;
}

export interface Plan {
  readonly title: string;
  readonly operation: readonly Part[];
  readonly subject: readonly Part[];
  readonly result: readonly Part[];
}

/** Longer values say no more, and memory is kept for each. */
const maxValue = 200;
export class Plans {
  readonly #fields: SinkContext['fields'];
  /** Names of protocols come from the registry: there are no more than that. */
  readonly #plans = new Map<string, Plan>();

  constructor(fields: SinkContext['fields']) {
    this.#fields = fields;
  }

  of(protocol: string): Plan {
    let plan = this.#plans.get(protocol);
    if (plan === undefined) {
      const declared = this.#fields.get(protocol);
      plan = made(declared?.title ?? protocol, declared?.fields ?? []);
      this.#plans.set(protocol, plan);
    }
    return plan;
  }
}

function made(title: string, specs: readonly FieldSpec[]): Plan {
  const parts = (role: FieldSpec['role'], usual: Part['grouping']) =>
    specs.filter((spec) => spec.role === role).map(({ name, grouping = usual }) => ({ name, grouping }));
  return {
    title,
    operation: parts('operation', 'value'),
    subject: parts('subject', 'path'),
    result: parts('result', 'value'),
  };
}

/** As entries are grouped; parts that are not told apart are left out. */
export const groupText = (exchange: Exchange, parts: readonly Part[]): string =>
  joined(exchange, parts, ({ grouping }, value) => (grouping === 'none' ? '' : grouped(grouping, value)));

/** As failures are: the names that groups leave out are what one looks for then. */
export const errorText = (exchange: Exchange, parts: readonly Part[]): string =>
  joined(exchange, parts, ({ grouping }, value) => grouped(grouping, value));

/** As it was. */
export const valueText = (exchange: Exchange, parts: readonly Part[]): string =>
  joined(exchange, parts, (_part, value) => cut(value));

const grouped = (grouping: Part['grouping'], value: string) =>
  grouping === 'path' ? template(value) : cut(value);

function joined(
  exchange: Exchange,
  parts: readonly Part[],
  shown: (part: Part, value: string) => string,
): string {
  let text = '';
  for (let i = 0; i < parts.length; i++) {
    const value = textOf(exchange.fields[parts[i]!.name]);
    const one = value === '' ? '' : shown(parts[i]!, value);
    if (one !== '') text = text === '' ? one : `${text} ${one}`;
  }
  return text;
}

function textOf(value: FieldValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function cut(text: string): string {
  return text.length <= maxValue ? text : text.slice(0, maxValue);
}
