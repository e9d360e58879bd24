/** Completion and live validity, for shells and views. */

import { type Candidate, candidatesFor } from './candidates.ts';
import { compile } from './compile.ts';
import { Reached } from './cursor.ts';
import { QueryError } from './error.ts';
import { tokenize } from './lexer.ts';
import { allNames } from './nearby.ts';
import { parse } from './parser.ts';
import type { Schema } from './schema.ts';

export type { Candidate } from './candidates.ts';

/** `text.slice(from, to)` is what a candidate's text takes the place of. */
export interface Completion {
  readonly from: number;
  readonly to: number;
  /** Best first; empty where nothing fits, or the query is wrong before the cursor. */
  readonly candidates: readonly Candidate[];
}

const wordEnd = /[\p{L}\p{N}_.:/@-]*$/u;
const wordStart = /^[\p{L}\p{N}_.:/@-]*/u;

/** @param cursor offset in UTF-16 units */
export function complete(text: string, cursor: number, schema: Schema): Completion {
  const before = text.slice(0, cursor);
  let from = before.length - wordEnd.exec(before)![0].length;
  let to = before.length + wordStart.exec(text.slice(cursor))![0].length;
  let typed = before.slice(from);
  try {
    let reached = reach(text.slice(0, from), schema);
    if (reached instanceof QueryError) {
      // Within quotes that are open: the whole text in them is completed.
      if (reached.expected !== '"' && reached.expected !== "'") return { from, to, candidates: [] };
      from = reached.position;
      typed = before.slice(from);
      to = cursor;
      reached = reach(text.slice(0, from), schema);
    }
    if (!(reached instanceof Reached)) return { from, to, candidates: [] };
    return { from, to, candidates: candidatesFor(reached, typed, schema) };
  } catch (error) {
    if (error instanceof QueryError) return { from, to, candidates: [] };
    throw error;
  }
}

/** Where the parser stands at the end of `text`; an error when the quote there is open. */
function reach(text: string, schema: Schema): Reached | QueryError | undefined {
  let tokens: ReturnType<typeof tokenize>;
  try {
    tokens = tokenize(text);
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
  const end = tokens.at(-1)!;
  try {
    parse(text, [...tokens.slice(0, -1), { ...end, kind: 'cursor' }], schema);
  } catch (error) {
    if (error instanceof Reached) return error;
    throw error;
  }
  return undefined;
}

/**
 * - empty: nothing is asked, everything shown
 * - incomplete: no query yet, but more of it could make it one
 * - invalid: more of it does not help
 */
export interface Validity {
  readonly state: 'empty' | 'valid' | 'incomplete' | 'invalid';
  readonly error?: QueryError;
  readonly notes: readonly string[];
}

/** For a line that is being typed. */
export function check(text: string, schema: Schema): Validity {
  if (text.trim() === '') return { state: 'empty', notes: [] };
  try {
    return { state: 'valid', notes: compile(text, schema).notes };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { state: isUnfinished(text, error, schema) ? 'incomplete' : 'invalid', error, notes: [] };
  }
}

function isUnfinished(text: string, error: QueryError, schema: Schema): boolean {
  const end = text.trimEnd().length;
  if (error.reason === 'syntax' && (error.position >= end || error.message.endsWith('is not closed')))
    return true;
  // A name of which the beginning is there.
  const word = text.slice(error.position, end);
  if (error.reason === 'limit' || error.position + error.length < end) return false;
  return allNames(schema).some((name) => name.startsWith(word) && name !== word);
}
