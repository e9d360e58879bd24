/** Statistics and map of a query's entries, kept up to date while they come: looked at once each, a little at a time. */
import type { Exchange, FieldSpec } from '../model/index.ts';
import type { Query } from '../query/index.ts';
import { errorText, groupText, Plans } from '../sinks/stats/plan.ts';
import { escapeLine, escapeText } from '../sinks/text/escape.ts';
import { quoted } from './detail.ts';
import type { Held, Shelf } from './held.ts';
import type { Statistics, TrafficMap } from './ports.ts';
import { type RowMaker, whoText } from './row.ts';
import { isError, Sum, Table } from './sums.ts';
import { TimeBins } from './time-bins.ts';
import { entryOf } from './values.ts';

interface Operation {
  readonly operation: string;
  readonly subject: string;
  /** One of them, for its query. */
  readonly exchange: Pick<Exchange, 'protocol' | 'fields'>;
}

interface Ends {
  /** As rows and as queries have them. */
  readonly shown: string;
  readonly client: string;
  readonly server: string;
}

interface Edge extends Ends {
  readonly protocols: Set<string>;
}

export interface TallyOptions {
  readonly shelf: Shelf;
  readonly rows: RowMaker;
  /** undefined: it lists nothing, for it is no query. */
  readonly query: Query | undefined;
  /** What may be shown of the fields. */
  clean(exchange: Exchange, names: readonly string[]): Exchange;
}

export class Tally {
  readonly #options: TallyOptions;
  readonly #plans: Plans;
  readonly #total = new Sum();
  readonly #bins = new TimeBins();
  readonly #protocols = new Table<string>();
  readonly #operations = new Table<Operation>();
  readonly #peers = new Table<Ends>();
  readonly #errors = new Table<{ readonly text: string; readonly outcome: string }>();
  readonly #edges = new Table<Edge>();
  readonly #nodes = new Map<string, boolean>();
  /** Under way when they were looked at. */
  readonly #pending = new Set<number>();
  /** The oldest that is in it, and the next that is looked at. */
  readonly first: number;
  next: number;

  constructor(options: TallyOptions) {
    this.#options = options;
    this.#plans = new Plans(options.rows.declared);
    this.first = options.shelf.first;
    this.next = this.first;
  }

  /** @returns whether all are done */
  work(count: number): boolean {
    const { shelf } = this.#options;
    this.next = Math.max(this.next, shelf.first);
    const end = Math.min(shelf.next, this.next + count);
    for (; this.next < end; this.next++) {
      const held = shelf.get(this.next);
      if (held) this.#look(this.next, held);
    }
    return this.next === shelf.next;
  }

  /** It is over. */
  changed(id: number, held: Held): void {
    if (this.#pending.delete(id)) this.#look(id, held);
  }

  statistics(bins: number): Statistics {
    const ends = ({ client, server }: Ends) => `client == ${quoted(client)} && server == ${quoted(server)}`;
    const operationText = ({ operation, subject }: Operation) =>
      escapeLine(subject === '' ? operation : `${operation} ${subject}`);
    return {
      total: this.#total.group('', ''),
      series: this.#bins.series(bins),
      byProtocol: this.#protocols.groups(escapeText, (name) => `protocol == ${quoted(name)}`),
      byOperation: this.#operations.groups(operationText, (of) => this.#queryOf(of)),
      byPeer: this.#peers.groups(({ shown }) => shown, ends),
      byError: this.#errors.groups(
        ({ text }) => escapeLine(text),
        ({ outcome }) => `outcome == ${outcome}`,
      ),
    };
  }

  map(edgesMax: number): TrafficMap {
    const rows = this.#edges.rows(edgesMax);
    const named = new Set(rows.flatMap(({ of }) => [of.client, of.server]));
    const seconds = Math.max(1, this.#bins.spanMs / 1000);
    return {
      nodes: [...named].map((name) => ({
        ...{ name: escapeText(name), isTarget: this.#nodes.get(name) === true },
        query: `peer == ${quoted(name)}`,
      })),
      edges: rows.map(({ of, sum }) => ({
        ...{ from: escapeText(of.client), to: escapeText(of.server), protocols: [...of.protocols] },
        group: sum.group(
          `${escapeText(of.client)} -> ${escapeText(of.server)}`,
          `client == ${quoted(of.client)} && server == ${quoted(of.server)}`,
        ),
        perSecond: sum.count / seconds,
      })),
      more: this.#edges.more + this.#edges.size - rows.length,
    };
  }

  #look(id: number, held: Held): void {
    if (held.kind === 'exchange' && held.isOpen) {
      this.#pending.add(id);
      return;
    }
    const entry = entryOf(held);
    if (!entry || this.#options.query?.matches(entry) !== true) return;
    if (held.kind === 'exchange') this.#exchange(held.exchange);
    else if (held.kind === 'conversation') {
      const { connection, startAt, clientBytes, serverBytes } = held.summary;
      const { transport } = connection;
      const bytes = clientBytes + serverBytes;
      this.#all(connection, startAt, transport, undefined, false, bytes);
      this.#protocols.row(transport, () => transport)?.sum.add(undefined, false, bytes);
    }
  }

  #exchange(exchange: Exchange): void {
    const { protocol, connection, startAt, endAt, request, response, outcome, error } = exchange;
    const durationNs = endAt - startAt;
    const failed = isError(outcome);
    const bytes = (request?.wireBytes ?? 0) + (response?.wireBytes ?? 0);
    this.#all(connection, startAt, protocol, durationNs, failed, bytes);
    this.#protocols.row(protocol, () => protocol)?.sum.add(durationNs, failed, bytes);
    const plan = this.#plans.of(protocol);
    const operation = groupText(exchange, plan.operation) || plan.title;
    const subject = groupText(exchange, plan.subject);
    const masked = (): Operation => {
      const clean = this.#options.clean(exchange, this.#options.rows.rolesOf(protocol).all);
      return {
        operation: groupText(clean, plan.operation) || plan.title,
        subject: groupText(clean, plan.subject),
        exchange: { protocol, fields: clean.fields },
      };
    };
    this.#operations.row(`${protocol}\n${operation}\n${subject}`, masked)?.sum.add(durationNs, failed, bytes);
    if (!failed) return;
    const text = error?.kind || errorText(exchange, plan.result) || outcome;
    this.#errors.row(`${outcome}\n${text}`, () => ({ text, outcome }))?.sum.add(durationNs, true, bytes);
  }

  #all(
    { client, server, target }: Exchange['connection'],
    startAt: number,
    protocol: string,
    durationNs: number | undefined,
    failed: boolean,
    bytes: number,
  ): void {
    this.#total.add(durationNs, failed, bytes);
    this.#bins.add(this.#options.rows.ms(startAt), durationNs, failed, bytes);
    const ends = { client: client.name ?? client.address, server: server.name ?? server.address };
    const key = `${ends.client}\n${ends.server}`;
    const shown = () => `${whoText(client, false)} -> ${whoText(server, true)}`;
    this.#peers
      .row(`${key}\n${server.port}`, () => ({ ...ends, shown: shown() }))
      ?.sum.add(durationNs, failed, bytes);
    const edge = this.#edges.row(key, () => ({ ...ends, shown: '', protocols: new Set() }));
    if (!edge) return;
    edge.sum.add(durationNs, failed, bytes);
    edge.of.protocols.add(protocol);
    if (!this.#nodes.has(ends.client)) this.#nodes.set(ends.client, target !== '' && ends.client === target);
    if (!this.#nodes.has(ends.server)) this.#nodes.set(ends.server, target !== '' && ends.server === target);
  }

  /** Selects the group, by the declared fields that it is grouped by. */
  #queryOf({ exchange }: Operation): string {
    const { fields } = this.#options.rows.declared.get(exchange.protocol) ?? { fields: [] };
    const parts = [`protocol == ${quoted(exchange.protocol)}`];
    for (const spec of fields) {
      if (spec.role !== 'operation' && spec.role !== 'subject') continue;
      const part = fieldQuery(spec, exchange.fields[spec.name]);
      if (part !== '') parts.push(part);
    }
    return parts.join(' && ');
  }
}

const isPlain = (text: string) => text.length <= 300 && /^[\x20-\x7e]*$/.test(text) && !text.includes('***');

function fieldQuery(spec: FieldSpec, value: Exchange['fields'][string]): string {
  const { name, role, grouping = role === 'subject' ? 'path' : 'value' } = spec;
  if (grouping === 'none' || value === undefined || value === '') return '';
  if (typeof value === 'number' || typeof value === 'boolean') return `${name} == ${value}`;
  const text = typeof value === 'string' ? value : value[0]!;
  if (!isPlain(text)) return '';
  if (grouping === 'value') return `${name} == ${quoted(text)}`;
  // What varies: anything but what ends the part of a path.
  const grouped = groupText({ fields: { [name]: text } } as unknown as Exchange, [{ name, grouping }]);
  const pattern = grouped
    .split('{id}')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/"']/g, (c) => (c === '"' || c === "'" ? '.' : `\\${c}`)))
    .join('[^/?#;]+');
  // Groups are made of the first two hundred characters.
  return `${name} matches r"^${pattern}${grouped.length < 200 ? '([?#;]|$)' : ''}"`;
}
