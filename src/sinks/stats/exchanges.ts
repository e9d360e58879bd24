/** What exchanges sum up to: how often, how well and how fast each endpoint answers; what went wrong; the slowest. */
import type { Exchange, SinkContext } from '../../model/index.ts';
import { utf8FromBytes } from '../../util/text.ts';
import { Histogram } from './histogram.ts';
import { isBad, type Outcome, Outcomes } from './outcomes.ts';
import { nobody, type Party, partyOf, serverKey } from './party.ts';
import { errorText, groupText, type Plan, Plans, valueText } from './plan.ts';
import { own, type Row, Rows } from './rows.ts';
import { Slowest } from './slowest.ts';

/** Templates of paths of all servers; some KiB each with its histogram. Scanners ask for more, once each. */
const maxEndpoints = 1024;
/** Kinds of failure. */
const maxErrors = 1024;
/** As in traffic.ts. */
const maxProtocols = 128;

/** How well and how fast. */
class Answers implements Row<Answers> {
  readonly outcomes = new Outcomes();
  /** Of exchanges with request and response: first byte of one to the last of the other. */
  readonly latency = new Histogram();

  merge(other: Answers): void {
    this.outcomes.merge(other.outcomes);
    this.latency.merge(other.latency);
  }

  get weight(): number {
    return this.outcomes.total;
  }
}

export class ProtocolRow extends Answers {
  readonly protocol: string;

  constructor(protocol: string) {
    super();
    this.protocol = protocol;
  }
}

export class EndpointRow extends Answers {
  protocol = '';
  server: Party = nobody;
  port = 0;
  operation = '';
  subject = '';
}

export class ErrorRow implements Row<ErrorRow> {
  protocol = '';
  server: Party = nobody;
  port = 0;
  operation = '';
  subject = '';
  result = '';
  outcome: Outcome = 'failed';
  count = 0;

  merge(other: ErrorRow): void {
    this.count += other.count;
  }

  get weight(): number {
    return this.count;
  }
}

export class Exchanges {
  readonly protocols = new Rows(maxProtocols, (protocol) => new ProtocolRow(protocol));
  readonly endpoints = new Rows(maxEndpoints, () => new EndpointRow());
  readonly errors = new Rows(maxErrors, () => new ErrorRow());
  readonly slowest: Slowest;
  count = 0;
  /** Those of which something was not captured. */
  incomplete = 0;
  readonly #plans: Plans;
  readonly #redact: (exchange: Exchange) => Exchange;

  /**
   * @param slowest how many are kept
   * @param redact for what is kept as text
   */
  constructor(fields: SinkContext['fields'], slowest: number, redact: (exchange: Exchange) => Exchange) {
    this.#plans = new Plans(fields);
    this.slowest = new Slowest(slowest);
    this.#redact = redact;
  }

  add(exchange: Exchange): void {
    const { outcome, startAt, endAt } = exchange;
    const plan = this.#plans.of(exchange.protocol);
    this.count++;
    if (exchange.missing.length > 0) this.incomplete++;
    const protocol = this.protocols.at(plan.title);
    protocol.outcomes[outcome]++;
    const endpoint = this.#endpoint(exchange, plan);
    endpoint.outcomes[outcome]++;
    endpoint.server = partyOf(exchange.connection.server, endpoint.server);
    if (isBad(outcome)) this.#error(exchange, plan).count++;
    if (!exchange.request || !exchange.response) return;
    protocol.latency.add(endAt - startAt);
    endpoint.latency.add(endAt - startAt);
    if (this.slowest.isSlow(endAt - startAt)) this.#keep(exchange, plan);
  }

  #endpoint(exchange: Exchange, plan: Plan): EndpointRow {
    const { server } = exchange.connection;
    const operation = groupText(exchange, plan.operation);
    const subject = groupText(exchange, plan.subject);
    const row = this.endpoints.at(`${plan.title}\0${serverKey(server)}\0${operation}\0${subject}`);
    if (row.protocol !== '') return row;
    const clean = this.#redact(exchange);
    row.protocol = plan.title;
    row.port = server.port;
    row.operation = shown(groupText(clean, plan.operation) || plan.title);
    row.subject = shown(groupText(clean, plan.subject));
    return row;
  }

  #error(exchange: Exchange, plan: Plan): ErrorRow {
    const { outcome } = exchange;
    const { server } = exchange.connection;
    const operation = groupText(exchange, plan.operation);
    const subject = errorText(exchange, plan.subject);
    const result = resultText(exchange, plan);
    const key = `${plan.title}\0${serverKey(server)}\0${operation}\0${subject}\0${result}\0${outcome}`;
    const row = this.errors.at(key);
    row.server = partyOf(server, row.server);
    if (row.protocol !== '') return row;
    const clean = this.#redact(exchange);
    row.protocol = plan.title;
    row.port = server.port;
    row.operation = shown(groupText(clean, plan.operation) || plan.title);
    row.subject = shown(errorText(clean, plan.subject));
    row.result = shown(resultText(clean, plan)) || (outcome === 'unanswered' ? 'no answer' : '');
    row.outcome = outcome;
    return row;
  }

  #keep(exchange: Exchange, plan: Plan): void {
    const clean = this.#redact(exchange);
    const { client, server } = exchange.connection;
    this.slowest.add({
      at: exchange.startAt,
      durationNs: exchange.endAt - exchange.startAt,
      protocol: plan.title,
      client: partyOf(client, nobody),
      server: partyOf(server, nobody),
      port: server.port,
      operation: shown(groupText(clean, plan.operation) || plan.title),
      subject: shown(valueText(clean, plan.subject)),
      result: shown(resultText(clean, plan)),
      outcome: exchange.outcome,
    });
  }
}

/** What the protocol says came of it, and what went wrong besides. */
function resultText(exchange: Exchange, { result }: Plan): string {
  const said = valueText(exchange, result);
  const kind = exchange.error?.kind ?? '';
  return said === '' || kind === '' ? said + kind : `${said}, ${kind}`;
}

/** Text that is kept: a copy, its bytes read as UTF-8 where they are it. */
function shown(text: string): string {
  return own(utf8FromBytes(text));
}
