/** What decoded views show of exchanges: a mask in every secret's place, counted. Never changes what it is given. */
import type { Body, Exchange, FieldValue, Message, StreamMessage } from '../model/index.ts';
import { latin1 } from '../util/bytes.ts';
import { isProtobuf } from '../util/protobuf.ts';
import { isText } from '../util/text.ts';
import { Finders } from './finders.ts';
import { defaultRules, type Rules } from './rules.ts';
import { filled, masked, Spans, Tally } from './spans.ts';

export interface Redactor {
  /** Messages are cleaned when they are first looked at. Encoded bodies are left to who undoes the encoding. */
  exchange(exchange: Exchange): Exchange;
  /**
   * For who shows only some fields and nothing of the messages: these fields are clean, all else is as it was. A
   * line an exchange is most of what is shown, and most exchanges come back as they are.
   */
  fieldsOf(exchange: Exchange, names: readonly string[]): Exchange;
  /** Of a body, its encodings undone. Lengths change where it is text, else they stay. */
  bytes(contentType: string, bytes: Uint8Array): Uint8Array;
  /** Text of a body, one byte a character. */
  text(contentType: string, text: string): string;
  /** How often what was masked, in all that was shown. */
  readonly tally: Tally;
}

export function createRedactor(rules: Rules = defaultRules): Redactor {
  const finders = new Finders(rules);
  const tally = new Tally();
  const spans = new Spans();

  const isAllowed = (secret: string) => finders.isAllowed(secret);

  function apply(text: string): string {
    return spans.count === 0 ? text : masked(text, spans, tally, isAllowed);
  }

  function url(text: string): string {
    spans.clear();
    finders.url(text, spans);
    return apply(text);
  }

  function field(isSecret: boolean, value: FieldValue): FieldValue {
    if (typeof value === 'string') {
      if (value === '') return value;
      if (spans.count > 0) spans.clear();
      finders.value(isSecret, value, spans);
      return apply(value);
    }
    if (!Array.isArray(value)) return value;
    let changed: string[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const clean = field(isSecret, value[i]) as string;
      if (clean === value[i]) continue;
      changed ??= [...value];
      changed[i] = clean;
    }
    return changed ?? value;
  }

  /** Of lists of names that come again and again. */
  const verdicts = new WeakMap<readonly string[], readonly boolean[]>();

  function verdictsOf(names: readonly string[]): readonly boolean[] {
    let known = verdicts.get(names);
    if (!known) {
      known = names.map((name) => finders.isSecretField(name));
      verdicts.set(names, known);
    }
    return known;
  }

  function fields(
    given: Exchange['fields'],
    names: readonly string[],
    areSecret?: readonly boolean[],
  ): Exchange['fields'] {
    let changed: Record<string, FieldValue> | undefined;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = given[name];
      if (typeof value !== 'string' && typeof value !== 'object') continue;
      const clean = field(areSecret ? areSecret[i]! : finders.isSecretField(name), value);
      if (clean === value) continue;
      changed ??= { ...given };
      changed[name] = clean;
    }
    return changed ?? given;
  }

  function headers(given: Headers): Headers {
    let changed: (readonly [string, string])[] | undefined;
    for (let i = 0; i < given.length; i++) {
      const [name, value] = given[i]!;
      spans.clear();
      finders.header(name, value, spans);
      const clean = apply(value);
      if (clean === value) continue;
      changed ??= [...given];
      changed[i] = [name, clean];
    }
    return changed ?? given;
  }

  function text(contentType: string, given: string): string {
    spans.clear();
    finders.text(contentType, given, spans);
    return apply(given);
  }

  function bytes(contentType: string, given: Uint8Array): Uint8Array {
    if (given.length === 0) return given;
    const before = latin1(given);
    if (!isText(given) || isProtobuf(contentType)) {
      spans.clear();
      finders.text(contentType, before, spans);
      return filled(given, spans, tally, isAllowed);
    }
    const clean = text(contentType, before);
    return clean === before ? given : Uint8Array.from(clean, (c) => c.charCodeAt(0));
  }

  function body(given: Body): Body {
    if (given.encodings.length > 0) return given;
    const clean = bytes(given.contentType, given.bytes);
    return clean === given.bytes ? given : { ...given, bytes: clean };
  }

  function part(given: StreamMessage): StreamMessage {
    const clean = body(given.body);
    return clean === given.body ? given : { ...given, body: clean };
  }

  const cleaning: Cleaning = { url, headers, body };
  return {
    tally,
    text,
    bytes,
    fieldsOf(exchange, names) {
      const clean = fields(exchange.fields, names, verdictsOf(names));
      return clean === exchange.fields ? exchange : { ...exchange, fields: clean };
    },
    exchange(exchange) {
      const clean: { -readonly [K in keyof Exchange]: Exchange[K] } = {
        ...exchange,
        fields: fields(exchange.fields, Object.keys(exchange.fields)),
      };
      const { request, response, messages } = exchange;
      if (request) clean.request = new CleanMessage(request, cleaning);
      if (response) clean.response = new CleanMessage(response, cleaning);
      if (messages) {
        let parts: readonly StreamMessage[] | undefined;
        Object.defineProperty(clean, 'messages', {
          enumerable: true,
          get: () => {
            parts ??= messages.map(part);
            return parts;
          },
        });
      }
      return clean;
    },
  };
}

type Headers = Message['headers'];

interface Cleaning {
  url(text: string): string;
  headers(headers: Headers): Headers;
  body(body: Body): Body;
}

/**
 * A message whose parts are cleaned when they are first looked at: a line an exchange shows neither headers
 * nor bodies, and looking through every body costs many times what reading the exchange did.
 */
class CleanMessage implements Message {
  readonly #message: Message;
  readonly #cleaning: Cleaning;
  readonly startAt: number;
  readonly endAt: number;
  readonly wireBytes: number;
  #startLine: string | undefined;
  #headers: Headers | undefined;
  #trailers: Headers | undefined;
  #body: Body | undefined;

  constructor(message: Message, cleaning: Cleaning) {
    this.#message = message;
    this.#cleaning = cleaning;
    this.startAt = message.startAt;
    this.endAt = message.endAt;
    this.wireBytes = message.wireBytes;
  }

  get startLine(): string {
    this.#startLine ??= this.#cleaning.url(this.#message.startLine);
    return this.#startLine;
  }

  get headers(): Headers {
    this.#headers ??= this.#cleaning.headers(this.#message.headers);
    return this.#headers;
  }

  get trailers(): Headers {
    this.#trailers ??= this.#cleaning.headers(this.#message.trailers);
    return this.#trailers;
  }

  get body(): Body | undefined {
    const { body } = this.#message;
    this.#body ??= body && this.#cleaning.body(body);
    return this.#body;
  }
}
