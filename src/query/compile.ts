/** From text to a predicate. */
import type { Clock, Platform } from '../model/index.ts';
import type { Entry, Predicate } from './access.ts';
import type { Node } from './ast.ts';
import { unfolder } from './body.ts';
import { compared } from './comparison.ts';
import { Compilation } from './compilation.ts';
import { QueryError } from './error.ts';
import { tokenize } from './lexer.ts';
import { member } from './membership.ts';
import { parse } from './parser.ts';
import { presence } from './presence.ts';
import type { Schema } from './schema.ts';
import { explained } from './slips.ts';

export interface QueryOptions {
  /** What `time` counts from; SinkContext has it. Without it times are Unix times. */
  readonly clock?: Clock;
  /** Undoes content encodings of bodies; without it they are looked at as sent. */
  readonly platform?: Platform;
}

export interface Query {
  readonly text: string;
  matches(entry: Entry): boolean;
  /** Things that are right, but perhaps not meant; one sentence each. */
  readonly notes: readonly string[];
  /** Names of the fields it looks at. */
  readonly uses: ReadonlySet<string>;
  /** It looks at bodies: they have to be kept (`bodyLimit`). */
  readonly needsBody: boolean;
  /** It looks at headers or trailers. */
  readonly needsHeads: boolean;
  /** Texts that a pattern was given up on, for they would have taken too long; they did not match. */
  givenUp(): number;
}

/** An empty query matches everything. @throws QueryError */
export function compile(text: string, schema: Schema, options: QueryOptions = {}): Query {
  const setup = { clock: options.clock ?? { baseSec: 0 }, bytesOf: unfolder(options.platform) };
  const compilation = new Compilation(text, schema, setup);
  const matches = predicateOf(compilation);
  return {
    text,
    matches,
    notes: compilation.notes,
    uses: compilation.uses,
    needsBody: compilation.needsBody,
    needsHeads: compilation.needsHeads,
    givenUp: () => compilation.matchers.reduce((sum, matcher) => sum + matcher.givenUp, 0),
  };
}

function predicateOf(compilation: Compilation): Predicate {
  const { query, schema } = compilation;
  if (query.trim() === '') return () => true;
  try {
    return predicate(compilation, parse(query, tokenize(query), schema));
  } catch (error) {
    throw error instanceof QueryError ? explained(error) : error;
  }
}

function predicate(compilation: Compilation, node: Node): Predicate {
  switch (node.kind) {
    case 'and':
      return every(node.items.map((item) => predicate(compilation, item)));
    case 'or':
      return some(node.items.map((item) => predicate(compilation, item)));
    case 'not': {
      const item = predicate(compilation, node.item);
      return (entry) => !item(entry);
    }
    case 'comparison':
      return compared(compilation, node);
    case 'membership':
      return member(compilation, node);
    case 'presence':
      return presence(compilation, node.operand);
  }
}

function every(items: readonly Predicate[]): Predicate {
  if (items.length === 2) {
    const [first, second] = items as [Predicate, Predicate];
    return (entry) => first(entry) && second(entry);
  }
  return (entry) => {
    for (let i = 0; i < items.length; i++) if (!items[i]!(entry)) return false;
    return true;
  };
}

function some(items: readonly Predicate[]): Predicate {
  if (items.length === 2) {
    const [first, second] = items as [Predicate, Predicate];
    return (entry) => first(entry) || second(entry);
  }
  return (entry) => {
    for (let i = 0; i < items.length; i++) if (items[i]!(entry)) return true;
    return false;
  };
}
