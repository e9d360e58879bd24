/** What every step of compiling one query shares. */

import type { Matcher } from '../util/regex/index.ts';
import type { Setup } from './access.ts';
import { QueryError, type QueryErrorDetail, type QueryErrorReason, type Span } from './error.ts';
import type { Field } from './field.ts';
import type { Schema } from './schema.ts';

export class Compilation {
  readonly query: string;
  readonly schema: Schema;
  readonly setup: Setup;
  /** Things that are right, but perhaps not meant. */
  readonly notes: string[] = [];
  /** Fields looked at. */
  readonly uses = new Set<string>();
  readonly matchers: Matcher[] = [];
  needsBody = false;
  needsHeads = false;

  constructor(query: string, schema: Schema, setup: Setup) {
    this.query = query;
    this.schema = schema;
    this.setup = setup;
  }

  use(field: Field): Field {
    this.uses.add(field.name);
    if (field.needsBody) this.needsBody = true;
    if (field.needsHeads) this.needsHeads = true;
    return field;
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  written(at: Span): string {
    return this.query.slice(at.position, at.position + at.length);
  }

  fail(reason: QueryErrorReason, message: string, at: Span, detail?: QueryErrorDetail): never {
    throw new QueryError(reason, message, this.query, at, detail);
  }
}
