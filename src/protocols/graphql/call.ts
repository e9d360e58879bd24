/** One exchange that may be GraphQL: its request is judged when it is over, its response for errors. */
import type { Exchange, FieldValue, InnerAnalyzer, Side } from '../../model/index.ts';
import { headerValue } from '../../util/headers.ts';
import { type JsonValue, scalarOf, scanItems, scanMembers } from '../../util/json-scan.ts';
import { Kept } from '../../util/kept.ts';
import { type Asked, askedByBody, askedByUri } from './request.ts';

/** Bytes of a body that are looked at: documents run to some tens of KiB. */
const lookLimit = 64 * 1024;
export const bufferLimit = 2 * lookLimit;

/** Codes of errors that are the asker's: what Apollo and others put into extensions.code. */
const clientCodes =
  /^(GRAPHQL_(PARSE|VALIDATION)_FAILED|BAD_(USER_INPUT|REQUEST)|UNAUTHENTICATED|UNAUTHORIZED|FORBIDDEN|NOT_FOUND|PERSISTED_QUERY_NOT_(FOUND|SUPPORTED)|OPERATION_RESOLUTION_FAILURE)$/;

export class Call implements InnerAnalyzer {
  readonly #request = new Kept(lookLimit);
  readonly #response = new Kept(lookLimit);
  readonly #uri: string;
  /** undefined: not judged yet; 'none': something else. */
  #asked: readonly Asked[] | 'none' | undefined;

  constructor(exchange: Exchange) {
    this.#uri = String(exchange.fields['http.request.uri'] ?? '');
    if (exchange.fields['http.request.method'] === 'GET') this.#asked = askedByUri(this.#uri) ?? 'none';
  }

  data(side: Side, bytes: Uint8Array): void {
    if (this.#asked === 'none') return;
    if (side === 'client') this.#request.add(bytes);
    else this.#response.add(bytes);
  }

  gap(): void {}

  /** The request is mostly over by then: what is none of ours is not kept any longer. */
  answered(exchange: Exchange): void {
    if (this.#asked !== undefined || this.#request.length === 0) return;
    if (this.#judge(exchange) === 'none') this.#request.clear();
    // Something may still come, and be what makes it a document.
    else if (this.#request.length < lookLimit) this.#asked = undefined;
  }

  #judge({ request }: Exchange): readonly Asked[] | 'none' {
    if (this.#asked === undefined) {
      const text = this.#request.text(headerValue(request, 'content-encoding'));
      this.#asked = askedByBody(headerValue(request, 'content-type') ?? '', text) ?? 'none';
    }
    return this.#asked;
  }

  buffered(): number {
    return this.#request.length + this.#response.length;
  }

  finish(exchange: Exchange): Exchange {
    const asked = this.#judge(exchange);
    if (asked === 'none') return exchange;
    const errors = this.#errors(exchange);
    const one = asked.length === 1 ? asked[0]! : undefined;
    const hasErrors = errors.count > 0;
    const fields: Record<string, FieldValue> = {
      ...exchange.fields,
      'graphql.operation_type': one ? one.type : asked.map((a) => a.type ?? 'query').join(', '),
      'graphql.operation_name': one ? nameOf(one) : asked.map(nameOf).join(', '),
      'graphql.selection': one && one.fields.length > 0 ? [...one.fields] : undefined,
      'graphql.hash': one?.hash,
      'graphql.batch': one ? undefined : asked.length,
      'graphql.errors': hasErrors ? errors.count : undefined,
      'graphql.error': errors.message,
      'graphql.error_code': errors.code,
    };
    return {
      ...exchange,
      protocol: 'graphql',
      fields,
      outcome: hasErrors && exchange.outcome === 'ok' ? outcomeOf(errors.code) : exchange.outcome,
    };
  }

  #errors(exchange: Exchange): Errors {
    const text = this.#response.text(headerValue(exchange.response, 'content-encoding'));
    const batch = scanItems(text, 0);
    const answers = batch ?? [{ from: 0 }];
    let count = 0;
    let first: JsonValue | undefined;
    for (const { from } of answers) {
      const errors = scanMembers(text, from)?.get('errors');
      const items = errors?.kind === 'array' ? scanItems(text, errors.from)! : [];
      first ??= items[0];
      count += items.length;
    }
    if (!first) return { count, message: undefined, code: undefined };
    const members = scanMembers(text, first.from);
    const extensions = members?.get('extensions');
    const code = extensions?.kind === 'object' ? scanMembers(text, extensions.from)?.get('code') : undefined;
    return {
      count,
      message: scalarOf(text, members?.get('message'))?.slice(0, 500),
      code: scalarOf(text, code)?.slice(0, 100),
    };
  }
}

interface Errors {
  readonly count: number;
  readonly message: string | undefined;
  readonly code: string | undefined;
}

/** An anonymous operation is known by what it selects. */
function nameOf({ name, fields, hash }: Asked): string {
  if (name !== '') return name;
  return fields.length > 0 ? `{${fields.join(' ')}}` : (hash ?? '');
}

function outcomeOf(code: string | undefined): Exchange['outcome'] {
  if (code === undefined) return 'failed';
  return clientCodes.test(code) ? 'clientError' : 'serverError';
}
