/** One exchange that may be JSON-RPC 2.0 (https://www.jsonrpc.org/specification), single or batch. */
import type { Exchange, FieldValue, InnerAnalyzer, Side } from '../../model/index.ts';
import { headerValue } from '../../util/headers.ts';
import { type JsonValue, scalarOf, scanItems, scanMembers } from '../../util/json-scan.ts';
import { Kept } from '../../util/kept.ts';

/** Bytes of a body that are looked at. */
const lookLimit = 64 * 1024;
export const bufferLimit = 2 * lookLimit;

/** Calls sent at once that are told by name. */
const maxBatch = 50;

interface Asked {
  readonly method: string;
  /** As it is written; undefined: nobody waits for an answer. */
  readonly id: string | undefined;
}

export class Call implements InnerAnalyzer {
  readonly #request = new Kept(lookLimit);
  readonly #response = new Kept(lookLimit);

  /** The request is something else: nothing more is kept. */
  #isOff = false;

  data(side: Side, bytes: Uint8Array): void {
    if (!this.#isOff) (side === 'client' ? this.#request : this.#response).add(bytes);
  }

  /** The request is mostly over by then. */
  answered({ request }: Exchange): void {
    if (this.#request.length === 0) return;
    this.#isOff = !this.#request.text(headerValue(request, 'content-encoding')).includes('"jsonrpc"');
    if (this.#isOff) this.#request.clear();
  }

  gap(): void {}

  buffered(): number {
    return this.#request.length + this.#response.length;
  }

  finish(exchange: Exchange): Exchange {
    const { request, response } = exchange;
    const text = this.#request.text(headerValue(request, 'content-encoding'));
    const isBatch = scanItems(text, 0) !== undefined;
    const asked = objects(text)
      .slice(0, maxBatch)
      .map((at) => askedAt(text, at));
    if (asked.length === 0 || asked.includes(undefined)) return exchange;
    const calls = asked as Asked[];
    const answers = answersOf(this.#response.text(headerValue(response, 'content-encoding')), response);
    const errors = answers.flatMap((answer) => answer.error ?? []);
    const fields: Record<string, FieldValue> = {
      ...exchange.fields,
      'jsonrpc.method': calls.map((call) => call.method).join(', '),
      'jsonrpc.id': calls.flatMap((call) => call.id ?? []).join(', ') || undefined,
      'jsonrpc.batch': isBatch ? calls.length : undefined,
      'jsonrpc.notification': calls.every((call) => call.id === undefined) || undefined,
      'jsonrpc.error.code': errors[0]?.code,
      'jsonrpc.error.message': errors[0]?.message,
      'jsonrpc.errors': errors.length > 0 && isBatch ? errors.length : undefined,
    };
    const failed = errors.length > 0 && exchange.outcome === 'ok';
    return {
      ...exchange,
      protocol: 'jsonrpc',
      fields,
      outcome: failed ? outcomeOf(errors[0]!.code) : exchange.outcome,
    };
  }
}

/** Where the objects are: one, or those of an array. */
function objects(text: string): number[] {
  return scanItems(text, 0)?.map((item) => item.from) ?? [0];
}

function askedAt(text: string, at: number): Asked | undefined {
  const members = scanMembers(text, at);
  const method = members?.get('method');
  if (!members || method?.kind !== 'string' || !isVersion2(text, members)) return undefined;
  return { method: scalarOf(text, method)!.slice(0, 200), id: idOf(text, members) };
}

function isVersion2(text: string, members: Map<string, JsonValue>): boolean {
  return scalarOf(text, members.get('jsonrpc')) === '2.0';
}

function idOf(text: string, members: Map<string, JsonValue>): string | undefined {
  return scalarOf(text, members.get('id'))?.slice(0, 100);
}

interface Answer {
  readonly error: { readonly code: number | undefined; readonly message: string } | undefined;
}

/** JSON, or events whose data are (as the Model Context Protocol has it). */
function answersOf(text: string, response: Exchange['response']): Answer[] {
  const isEvents = /^text\/event-stream\b/i.test(headerValue(response, 'content-type') ?? '');
  const texts = isEvents
    ? text.split(/\r\n?|\n/).flatMap((line) => (line.startsWith('data:') ? line.slice(5) : []))
    : [text];
  return texts.flatMap((one) => objects(one).flatMap((at) => answerAt(one, at) ?? []));
}

function answerAt(text: string, at: number): Answer | undefined {
  const members = scanMembers(text, at);
  if (!members || !isVersion2(text, members)) return undefined;
  const error = members.get('error');
  if (error?.kind !== 'object') return members.has('result') ? { error: undefined } : undefined;
  const inside = scanMembers(text, error.from)!;
  const code = Number(scalarOf(text, inside.get('code')));
  return {
    error: {
      code: Number.isFinite(code) ? code : undefined,
      message: (scalarOf(text, inside.get('message')) ?? '').slice(0, 500),
    },
  };
}

/** Section 5.1: what was sent was wrong, or the server failed; other codes are the application's. */
function outcomeOf(code: number | undefined): Exchange['outcome'] {
  if (code === undefined) return 'failed';
  if (code === -32603 || (code <= -32000 && code >= -32099)) return 'serverError';
  return code <= -32600 && code >= -32700 ? 'clientError' : 'failed';
}
