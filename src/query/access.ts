/** How a query reaches into what it filters. */
import type { Body, Clock, ConversationSummary, Exchange, Message } from '../model/index.ts';

/** What is filtered. */
export type Entry = Exchange | ConversationSummary;
/** Texts of messages hold a byte a character; bodies are bytes. Durations are nanoseconds. */
export type Value = string | number | boolean | Uint8Array;
/** The entry comes along for what is compared with another of its fields. */
export interface Test {
  (value: Value, entry: Entry): boolean;
  /** Looks for a part of a text: what passes in a text passes in every text that it is a part of. */
  readonly isPart?: boolean;
  /** What every text that passes holds, as it stands. */
  readonly needle?: string;
  /** No number passes. */
  readonly isText?: boolean;
}
export type Predicate = (entry: Entry) => boolean;

export interface Setup {
  /** What `Timestamp` 0 stands for; read when entries are looked at, for before the first frame it is not known. */
  readonly clock: Clock;
  /** A body's bytes with its content encodings undone, as far as that goes. */
  readonly bytesOf: (body: Body) => Uint8Array;
}

/**
 * A predicate that says whether any value passes the test, made once: no closure is made for an entry. An
 * entry without a value passes no test.
 */
export type Where = (test: Test, setup: Setup) => Predicate;

export function exchangeOf(entry: Entry): Exchange | undefined {
  return (entry as Exchange).fields === undefined ? undefined : (entry as Exchange);
}

export function summaryOf(entry: Entry): ConversationSummary | undefined {
  return (entry as Exchange).fields === undefined ? (entry as ConversationSummary) : undefined;
}

export function one(get: (entry: Entry) => Value | undefined): Where {
  return (test) => (entry) => {
    const value = get(entry);
    return value !== undefined && test(value, entry);
  };
}

export function several(...gets: readonly ((entry: Entry) => Value | undefined)[]): Where {
  return (test) => (entry) => {
    for (const get of gets) {
      const value = get(entry);
      if (value !== undefined && test(value, entry)) return true;
    }
    return false;
  };
}

export function list(get: (entry: Entry) => readonly Value[] | undefined): Where {
  return (test) => (entry) => {
    const values = get(entry);
    if (values !== undefined)
      for (let i = 0; i < values.length; i++) if (test(values[i]!, entry)) return true;
    return false;
  };
}

export function declared(name: string): Where {
  return (test) => (entry) => {
    const value = exchangeOf(entry)?.fields[name];
    if (value === undefined) return false;
    if (typeof value !== 'object') return test(value, entry);
    for (let i = 0; i < value.length; i++) if (test(value[i]!, entry)) return true;
    return false;
  };
}

/** Messages a field looks at. */
export type MessageSide = 'request' | 'response' | 'both';

/** Asks of the messages, the request first. */
export function messages(side: MessageSide, ask: (message: Message, entry: Entry) => boolean): Predicate {
  return (entry) => {
    const exchange = exchangeOf(entry);
    if (exchange === undefined) return false;
    const { request, response } = exchange;
    if (side !== 'response' && request !== undefined && ask(request, entry)) return true;
    return side !== 'request' && response !== undefined && ask(response, entry);
  };
}
