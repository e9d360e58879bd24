import type { Body, Exchange, FieldValue, Message, StreamMessage } from '../model/index.ts';
import { redactJson } from './json.ts';
import { isSecretName, mask } from './rules.ts';
import { redactForm, redactHeader, redactMultipart, redactUrl } from './values.ts';

export function redactExchange(exchange: Exchange): Exchange {
  const fields = redactFields(exchange.fields);
  const { request, response } = exchange;
  if (!request && !response && fields === exchange.fields) return exchange;
  const clean: { -readonly [K in keyof Exchange]: Exchange[K] } = { ...exchange, fields };
  if (request) clean.request = new CleanMessage(request);
  if (response) clean.response = new CleanMessage(response);
  if (exchange.messages) clean.messages = exchange.messages.map(cleanPart);
  return clean;
}

/** Field names are ours: only clear ones count. `http.response.code` is a status, not a login code. */
const secretFields = new Map<string, boolean>();

function isSecretField(name: string): boolean {
  let secret = secretFields.get(name);
  if (secret === undefined) {
    const last = name.slice(name.lastIndexOf('.') + 1);
    secret = last !== 'code' && last !== 'key' && isSecretName(last);
    secretFields.set(name, secret);
  }
  return secret;
}

/**
 * For who shows only some fields and nothing of the messages: these fields are clean, all else is as it was. A line
 * an exchange is most of what is shown, and most exchanges come back as they are.
 */
export function redactFieldsOf(exchange: Exchange, names: readonly string[]): Exchange {
  const fields = redactFields(exchange.fields, names);
  return fields === exchange.fields ? exchange : { ...exchange, fields };
}

function redactFields(
  fields: Exchange['fields'],
  names: readonly string[] = Object.keys(fields),
): Exchange['fields'] {
  let changed: Record<string, FieldValue> | undefined;
  for (const name of names) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const clean = isSecretField(name) ? mask : redactValue(value);
    if (clean === value) continue;
    changed ??= { ...fields };
    changed[name] = clean;
  }
  return changed ?? fields;
}

/** `?s=x` */
const shortest = 4;

/** URLs, and texts that messages begin with: JSON, maybe cut, maybe behind a number. */
function redactValue(value: string): string {
  if (value.length < shortest) return value;
  return value.includes('{"') ? redactJson(value) : redactUrl(value);
}

function cleanPart(part: StreamMessage): StreamMessage {
  const body = redactBody(part.body);
  return body === part.body ? part : { ...part, body };
}

/**
 * A message whose parts are cleaned when they are first looked at: a line an exchange shows neither headers
 * nor bodies, and looking through every body costs many times what reading the exchange did.
 */
class CleanMessage implements Message {
  readonly #message: Message;
  readonly startAt: number;
  readonly endAt: number;
  readonly wireBytes: number;
  #headers: Headers | undefined;
  #trailers: Headers | undefined;
  #body: Body | undefined;

  constructor(message: Message) {
    this.#message = message;
    this.startAt = message.startAt;
    this.endAt = message.endAt;
    this.wireBytes = message.wireBytes;
  }

  get startLine(): string {
    return redactUrl(this.#message.startLine);
  }

  get headers(): Headers {
    this.#headers ??= redactHeaders(this.#message.headers);
    return this.#headers;
  }

  get trailers(): Headers {
    this.#trailers ??= redactHeaders(this.#message.trailers);
    return this.#trailers;
  }

  get body(): Body | undefined {
    const { body } = this.#message;
    this.#body ??= body && redactBody(body);
    return this.#body;
  }
}

type Headers = Message['headers'];

function redactHeaders(headers: Headers): Headers {
  let changed: [string, string][] | undefined;
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!;
    const clean = redactHeader(name, value);
    if (clean === value) continue;
    changed ??= headers.map(([n, v]) => [n, v]);
    changed[i] = [name, clean];
  }
  return changed ?? headers;
}

/** Encoded bodies are not looked into: who undoes the encoding calls redactBytes on what comes out. */
function redactBody(body: Body): Body {
  if (body.encodings.length > 0) return body;
  const bytes = redactBytes(body.contentType, body.bytes);
  return bytes === body.bytes ? body : { ...body, bytes };
}

/** Byte for byte, so that UTF-8 survives, and what is no text is looked through too. */
export function redactBytes(contentType: string, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const text = latin1(bytes);
  const clean = redactText(contentType, text);
  return clean === text ? bytes : Uint8Array.from(clean, (c) => c.charCodeAt(0));
}

/** Text of a body by its type; JSON and forms are told by content when the type says nothing. */
export function redactText(contentType: string, text: string): string {
  const type = contentType.toLowerCase();
  if (type.includes('multipart/')) return redactMultipart(contentType, text);
  const first = /\S/.exec(text)?.[0];
  if (type.includes('json') || first === '{' || first === '[') return redactJson(text);
  if (type.includes('form-urlencoded') || (type === '' && /^[\w.%+-]{1,256}=/.test(text)))
    return redactForm(text);
  return text;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as never);
  return text;
}
