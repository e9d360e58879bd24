import type { Body, Exchange, FieldValue, Message } from '../model/index.ts';
import { isSecretName } from './rules.ts';
import { redactForm, redactHeader, redactJson, redactUrl } from './values.ts';

export function redactExchange(exchange: Exchange): Exchange {
  const request = exchange.request && redactMessage(exchange.request);
  const response = exchange.response && redactMessage(exchange.response);
  const fields = redactFields(exchange.fields);
  if (request === exchange.request && response === exchange.response && fields === exchange.fields)
    return exchange;
  return {
    ...exchange,
    fields,
    ...(request ? { request } : {}),
    ...(response ? { response } : {}),
  };
}

function redactFields(fields: Exchange['fields']): Exchange['fields'] {
  let changed: Record<string, FieldValue> | undefined;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    const last = name.slice(name.lastIndexOf('.') + 1);
    // `http.response.code` is a status, not a login code: names of fields are ours, only clear ones count.
    const clean = last !== 'code' && last !== 'key' && isSecretName(last) ? '***' : redactUrl(value);
    if (clean === value) continue;
    changed ??= { ...fields };
    changed[name] = clean;
  }
  return changed ?? fields;
}

function redactMessage(message: Message): Message {
  const startLine = redactUrl(message.startLine);
  const headers = redactHeaders(message.headers);
  const trailers = redactHeaders(message.trailers);
  const body = message.body && redactBody(message.body);
  if (
    startLine === message.startLine &&
    headers === message.headers &&
    trailers === message.trailers &&
    body === message.body
  )
    return message;
  return { ...message, startLine, headers, trailers, ...(body ? { body } : {}) };
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

/**
 * Encoded bodies are not looked into here: who undoes the encoding calls redactText on what comes out.
 */
function redactBody(body: Body): Body {
  if (body.encodings.length > 0 || body.bytes.length === 0) return body;
  const text = latin1(body.bytes);
  const clean = redactText(body.contentType, text);
  if (clean === text) return body;
  return { ...body, bytes: Uint8Array.from(clean, (c) => c.charCodeAt(0)) };
}

/** Text of a body by its type; JSON and forms are told by content when the type says nothing. */
export function redactText(contentType: string, text: string): string {
  const type = contentType.toLowerCase();
  const first = /\S/.exec(text)?.[0];
  if (type.includes('json') || first === '{' || first === '[') return redactJson(text);
  if (type.includes('form-urlencoded') || (type === '' && /^[\w.%+-]+=/.test(text))) return redactForm(text);
  return text;
}

/** Byte for byte, so that lengths and UTF-8 survive. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(bytes.length, at + 8192)));
  return text;
}
