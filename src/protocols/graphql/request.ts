/** What a request asks for, wherever it says so: https://github.com/graphql/graphql-over-http */
import { scalarOf, scanItems, scanMembers } from '../../util/json-scan.ts';
import { type Operation, parseDocument } from './document.ts';

export interface Asked {
  readonly type: Operation['type'] | undefined;
  readonly name: string;
  readonly fields: readonly string[];
  /** SHA-256 of a persisted query, when that is all there is. */
  readonly hash: string | undefined;
}

/** Operations sent at once that are looked at. */
const maxBatch = 20;

/** POST: JSON, one or an array; the document itself with application/graphql. undefined: it is no GraphQL. */
export function askedByBody(contentType: string, text: string): readonly Asked[] | undefined {
  if (/^application\/graphql\s*($|;)/i.test(contentType)) return both(asked(text, undefined, undefined));
  const items = scanItems(text, 0);
  if (!items) return both(askedByObject(text, 0));
  const all: Asked[] = [];
  for (const item of items.slice(0, maxBatch)) {
    const one = askedByObject(text, item.from);
    if (!one) return undefined;
    all.push(one);
  }
  return all.length > 0 ? all : undefined;
}

/** GET: `?query=...&operationName=...&extensions=...`. */
export function askedByUri(uri: string): readonly Asked[] | undefined {
  const mark = uri.indexOf('?');
  if (mark < 0) return undefined;
  const values = new Map<string, string>();
  for (const pair of uri.slice(mark + 1).split('&')) {
    const equals = pair.indexOf('=');
    if (equals > 0) values.set(pair.slice(0, equals), unescaped(pair.slice(equals + 1)));
  }
  const extensions = values.get('extensions');
  const hash = extensions === undefined ? undefined : hashOf(extensions, 0);
  return both(asked(values.get('query'), values.get('operationName'), hash));
}

function both(one: Asked | undefined): readonly Asked[] | undefined {
  return one && [one];
}

function askedByObject(text: string, at: number): Asked | undefined {
  const members = scanMembers(text, at);
  if (!members) return undefined;
  const query = members.get('query');
  const extensions = members.get('extensions');
  const name = members.get('operationName');
  return asked(
    query?.kind === 'string' ? scalarOf(text, query) : undefined,
    name?.kind === 'string' ? scalarOf(text, name) : undefined,
    extensions?.kind === 'object' ? hashOf(text, extensions.from) : undefined,
  );
}

function hashOf(text: string, at: number): string | undefined {
  const persisted = scanMembers(text, at)?.get('persistedQuery');
  if (persisted?.kind !== 'object') return undefined;
  return scalarOf(text, scanMembers(text, persisted.from)?.get('sha256Hash'))?.slice(0, 64);
}

function asked(
  document: string | undefined,
  name: string | undefined,
  hash: string | undefined,
): Asked | undefined {
  const operations = document ? parseDocument(document) : undefined;
  if (!operations) {
    // A query that the server knows already; a text that is no document is something else's.
    return hash !== undefined && !document
      ? { type: undefined, name: name ?? '', fields: [], hash }
      : undefined;
  }
  const chosen = operations.find((operation) => operation.name === name) ?? operations[0]!;
  return { type: chosen.type, name: name || chosen.name, fields: chosen.fields, hash };
}

/** Percent-encoding and + undone, byte by byte. */
function unescaped(text: string): string {
  return text
    .replace(/\+/g, ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}
