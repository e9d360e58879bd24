/** Headers and trailers, by name or all of them. */
import type { Message } from '../model/index.ts';
import { type Entry, type MessageSide, messages, type Test, type Where } from './access.ts';
import type { Field } from './field.ts';

type Pairs = Message['headers'];

/** `header.NAME`, `request.header.NAME`, `response.header.NAME` */
const form = /^(?:(request|response)\.)?header\.(.+)$/;

export function headerField(name: string): Field | undefined {
  const found = form.exec(name);
  return found ? headerNamed((found[1] ?? 'both') as MessageSide, found[2]!) : undefined;
}

/** What stands before the dot or the bracket, and which messages it means. */
export const headerRoots: ReadonlyMap<string, MessageSide> = new Map([
  ['header', 'both'],
  ['request.header', 'request'],
  ['response.header', 'response'],
]);

export function headerNamed(side: MessageSide, header: string): Field {
  const wanted = header.toLowerCase();
  return {
    name: side === 'both' ? `header.${header}` : `${side}.header.${header}`,
    aliases: [],
    protocol: '',
    type: 'text',
    isMany: true,
    needsHeads: true,
    description: `Values of the header or trailer ${header}`,
    where: (test) => {
      const ask = (pairs: Pairs, entry: Entry) => {
        for (let i = 0; i < pairs.length; i++) {
          const [name, value] = pairs[i]!;
          // Lengths first: lower case is made of the few that may be it.
          if (name.length === wanted.length && (name === wanted || name.toLowerCase() === wanted))
            if (test(value, entry)) return true;
        }
        return false;
      };
      const { needle } = test;
      return messages(side, (message, entry) => {
        // Looked through once, instead of being taken apart.
        const { rawHead } = message;
        const isThere = needle === undefined || rawHead === undefined || rawHead.includes(needle);
        return (isThere && ask(message.headers, entry)) || ask(message.trailers, entry);
      });
    },
  };
}

/** Names and values of all headers. */
export function anyHeader(side: MessageSide): Where {
  return (test) =>
    messages(
      side,
      (message, entry) => anyOf(message.headers, test, entry) || anyOf(message.trailers, test, entry),
    );
}

export function anyOf(pairs: Pairs, test: Test, entry: Entry): boolean {
  for (let i = 0; i < pairs.length; i++)
    if (test(pairs[i]![0], entry) || test(pairs[i]![1], entry)) return true;
  return false;
}
