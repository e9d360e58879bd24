/** Entries as rows: by the roles of the declared fields, never by a protocol's name. */
import type {
  Clock,
  Connection,
  DeclaredFields,
  Endpoint,
  Exchange,
  Message,
  SinkContext,
} from '../model/index.ts';
import type { Redactor } from '../redact/index.ts';
import { escapeLine, escapeText } from '../sinks/text/escape.ts';
import { conversationText, lossText, type Roles, rolesOf, valuesOf } from '../sinks/text/line.ts';
import type { Held } from './held.ts';
import type { Row } from './ports.ts';

/** Of a subject or a result in a row: what is longer is seen in the detail. */
const maxText = 2000;
const cut = (text: string) => (text.length > maxText ? `${text.slice(0, maxText)}…` : text);

export const endText = ({ address, port, name }: Endpoint, withPort: boolean): string => {
  const shown = name ? escapeText(name) : withPort && address.includes(':') ? `[${address}]` : address;
  return withPort ? `${shown}:${port}` : shown;
};

/** A process says who an address without name is. */
export const whoText = (end: Endpoint, withPort: boolean): string =>
  !end.name && end.process
    ? `${endText(end, false)}(${escapeLine(end.process.comm)})${withPort ? `:${end.port}` : ''}`
    : endText(end, withPort);

const sizeOf = (message: Message | undefined) => message?.wireBytes ?? 0;

export class RowMaker {
  readonly #redactor: Redactor | undefined;
  readonly #roles = new Map<string, Roles>();
  #fields: ReadonlyMap<string, DeclaredFields> = new Map();
  clock: Clock = { baseSec: 0 };

  constructor(redactor: Redactor | undefined) {
    this.#redactor = redactor;
  }

  open({ clock, fields }: SinkContext): void {
    this.clock = clock;
    this.#fields = fields;
  }

  get declared(): ReadonlyMap<string, DeclaredFields> {
    return this.#fields;
  }

  titleOf(protocol: string): string {
    return this.#fields.get(protocol)?.title ?? protocol;
  }

  rolesOf(protocol: string): Roles {
    let roles = this.#roles.get(protocol);
    if (!roles) {
      const declared = this.#fields.get(protocol);
      roles = rolesOf(declared?.title ?? protocol, declared?.fields ?? []);
      this.#roles.set(protocol, roles);
    }
    return roles;
  }

  /** Unix milliseconds. */
  ms(at: number): number {
    return this.clock.baseSec * 1000 + at / 1e6;
  }

  row(id: number, held: Held, isMarked: boolean, extra: readonly string[]): Row {
    switch (held.kind) {
      case 'exchange':
        return this.#ofExchange(id, held.exchange, held.isOpen, isMarked, extra);
      case 'conversation': {
        const { summary } = held;
        return {
          ...ends(summary.connection),
          id,
          at: this.ms(summary.startAt),
          durationNs: summary.endAt - summary.startAt,
          kind: 'conversation',
          protocol: summary.connection.transport,
          outcome: 'info',
          operation: escapeText(summary.protocol),
          subject: '',
          result: conversationText(summary),
          requestBytes: summary.clientBytes,
          responseBytes: summary.serverBytes,
          isIncomplete: summary.lostBytes > 0 || summary.connection.joinedMidStream,
          isMarked,
          extra,
        };
      }
      case 'loss':
        return { ...bare(id, held.atMs, isMarked, extra), kind: 'loss', subject: lossText(held.loss) };
      case 'note':
        return { ...bare(id, held.atMs, isMarked, extra), kind: 'note', subject: escapeText(held.text) };
    }
  }

  #ofExchange(
    id: number,
    given: Exchange,
    isOpen: boolean,
    isMarked: boolean,
    extra: readonly string[],
  ): Row {
    const roles = this.rolesOf(given.protocol);
    const exchange = this.#redactor ? this.#redactor.fieldsOf(given, roles.all) : given;
    const { request, response, error, outcome } = exchange;
    const said = valuesOf(exchange, roles.result);
    const reason = error
      ? escapeLine(error.text)
      : outcome === 'unanswered' && said === '' && !isOpen
        ? 'no answer'
        : '';
    return {
      ...ends(exchange.connection),
      id,
      at: this.ms(exchange.startAt),
      durationNs: isOpen ? undefined : exchange.endAt - exchange.startAt,
      kind: 'exchange',
      protocol: exchange.protocol,
      outcome: isOpen ? 'open' : outcome,
      operation: valuesOf(exchange, roles.operation) || roles.title,
      subject: cut(valuesOf(exchange, roles.subject)),
      result: cut(said === '' || reason === '' ? said + reason : `${said}, ${reason}`),
      requestBytes: sizeOf(request),
      responseBytes: sizeOf(response),
      isIncomplete: !isOpen && exchange.missing.length > 0,
      isMarked,
      extra,
    };
  }
}

function ends({ target, client, server }: Connection): Pick<Row, 'target' | 'client' | 'server'> {
  return { target: escapeText(target), client: whoText(client, false), server: whoText(server, true) };
}

function bare(
  id: number,
  at: number,
  isMarked: boolean,
  extra: readonly string[],
): Omit<Row, 'kind' | 'subject'> {
  const none = { protocol: '', target: '', client: '', server: '', operation: '', result: '' };
  return {
    ...none,
    ...{ id, at, isMarked, extra },
    durationNs: undefined,
    outcome: 'info',
    requestBytes: 0,
    responseBytes: 0,
    isIncomplete: false,
  };
}
