/** All that is shown of an entry, as texts: what bare words are looked for in. */
import type { Exchange, Message } from '../model/index.ts';
import { type Entry, exchangeOf, type Setup, type Test, type Where } from './access.ts';
import { anyOf } from './headers.ts';

/**
 * Ends, target, fields, start lines, headers and trailers, bodies last, for they are long.
 * @param plainNumbers fields whose number is shown as it is (a duration is not)
 */
export function allTexts(plainNumbers: ReadonlySet<string>): Where {
  return (test, setup) => (entry) => {
    const { client, server, target } = entry.connection;
    if (test(client.address, entry) || test(server.address, entry) || test(target, entry)) return true;
    if (client.name !== undefined && test(client.name, entry)) return true;
    if (server.name !== undefined && test(server.name, entry)) return true;
    const exchange = exchangeOf(entry);
    if (exchange === undefined) return false;
    const { request, response, error } = exchange;
    return (
      (error !== undefined && test(error.text, entry)) ||
      inFields(exchange, plainNumbers, test) ||
      (request !== undefined && inHead(request, test, entry)) ||
      (response !== undefined && inHead(response, test, entry)) ||
      (request !== undefined && inBody(request, test, entry, setup)) ||
      (response !== undefined && inBody(response, test, entry, setup))
    );
  };
}

function inFields(exchange: Exchange, plainNumbers: ReadonlySet<string>, test: Test): boolean {
  const { fields } = exchange;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'string') {
      if (test(value, exchange)) return true;
    } else if (typeof value === 'number') {
      if (!test.isText && plainNumbers.has(name) && test(value, exchange)) return true;
    } else if (typeof value === 'object')
      for (let i = 0; i < value.length; i++) if (test(value[i]!, exchange)) return true;
  }
  return false;
}

/** Mostly it is not there, and the head is looked through once instead of being taken apart. */
function inHead(message: Message, test: Test, entry: Entry): boolean {
  if (test.isPart) {
    const { rawHead } = message;
    if (rawHead !== undefined && !test(rawHead, entry)) return anyOf(message.trailers, test, entry);
  }
  return (
    test(message.startLine, entry) ||
    anyOf(message.headers, test, entry) ||
    anyOf(message.trailers, test, entry)
  );
}

function inBody(message: Message, test: Test, entry: Entry, setup: Setup): boolean {
  return message.body !== undefined && test(setup.bytesOf(message.body), entry);
}
