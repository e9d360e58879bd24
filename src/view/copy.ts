/** An exchange as other programs take it: to be pasted. Text is what was sent, masked; nothing is run. */
import type { Body, Exchange, Message, Platform } from '../model/index.ts';
import { encodeBase64 } from '../util/base64.ts';
import { isText, utf8FromBytes } from '../util/text.ts';
import { plainOf } from './bodies.ts';
import type { CopyAs } from './ports.ts';

/** Bodies beyond this are no lines to paste. */
const bodyMax = 256 * 1024;

/** Headers that the program that sends it makes by itself, or that are of one connection alone. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'connection', 'transfer-encoding', 'keep-alive', 'te', 'upgrade'],
  ...['proxy-connection', ':method', ':path', ':scheme', ':authority'],
]);

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Body | undefined;
}

/** By the fields that HTTP's versions share. undefined: it is none. */
export function httpRequestOf({ fields, request, connection }: Exchange): HttpRequest | undefined {
  const method = fields['http.request.method'];
  const target = fields['http.request.uri'];
  if (!request || typeof method !== 'string' || typeof target !== 'string') return undefined;
  const { address, port } = connection.server;
  const literal = address.includes(':') ? `[${address}]` : address;
  const named =
    headerOf(request, 'host') ||
    headerOf(request, ':authority') ||
    `${fields['http.host'] ?? ''}` ||
    `${literal}:${port}`;
  const scheme = connection.secured || headerOf(request, ':scheme') === 'https' ? 'https' : 'http';
  const host = /:\d+$/.test(named) ? named : withPort(named, port, scheme);
  return {
    method,
    host,
    url: /^[a-z][a-z0-9+.-]*:\/\//i.test(target) ? target : `${scheme}://${host}${target}`,
    headers: request.headers.filter(([name]) => !ownHeaders.has(name.toLowerCase())),
    body: request.body && request.body.bytes.length > 0 ? request.body : undefined,
  };
}

const usualPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };
/** A Host without a port means the usual one; it went to another, so that is said. */
const withPort = (host: string, port: number, scheme: string) =>
  port === usualPorts[scheme] ? host : `${host}:${port}`;

function headerOf({ headers }: Message, wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}

/** What makes sense for it. */
export function copiesOf(exchange: Exchange): CopyAs[] {
  return httpRequestOf(exchange)
    ? ['curl', 'url', 'fetch', 'httpie', 'raw', 'har', 'json', 'mermaid']
    : ['json', 'raw', 'mermaid'];
}

const control = /[\x00-\x08\x0b-\x1f\x7f]/;

/** POSIX: within single quotes everything stands for itself. Control characters as bash, zsh and ksh have them. */
export function shellQuoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!control.test(text)) return `'${text.replace(/'/g, `'\\''`)}'`;
  const escaped = text.replace(/[\\'\x00-\x1f\x7f]/g, (c) =>
    c === '\\' || c === "'" ? `\\${c}` : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `$'${escaped}'`;
}

/** What a shell of any kind can have in quotes. */
const isPasted = (bytes: Uint8Array) => isText(bytes) && !control.test(dataText(bytes));

/** Encodings stay on: the header says so, and the bytes are what was sent. */
function bodyBytes(body: Body): Uint8Array {
  return body.bytes.subarray(0, bodyMax);
}

export function curlOf(request: HttpRequest, exchange: Exchange): string {
  const { method, url, headers, body } = request;
  const words = ['curl'];
  const hasBody = body !== undefined;
  if (method === 'HEAD') words.push('-I');
  else if (method !== (hasBody ? 'POST' : 'GET')) words.push('-X', shellQuoted(method));
  words.push(shellQuoted(url));
  // The name may mean another machine where it is run.
  const { address } = exchange.connection.server;
  const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(request.host)!;
  if (name !== address && name !== `[${address}]`) {
    const to = address.includes(':') ? `[${address}]` : address;
    words.push('--resolve', shellQuoted(`${name}:${port ?? usualPorts[url.split(':')[0]!]}:${to}`));
  }
  let isCompressed = false;
  for (const [header, value] of headers) {
    if (header.toLowerCase() === 'accept-encoding') isCompressed = true;
    // A header that is empty is said by a semicolon (curl(1), -H).
    words.push(
      '-H',
      shellQuoted(value === '' ? `${utf8FromBytes(header)};` : utf8FromBytes(`${header}: ${value}`)),
    );
  }
  if (isCompressed) words.push('--compressed');
  if (!body) return words.join(' ');
  const bytes = bodyBytes(body);
  // curl would name a type of its own.
  if (!headers.some(([header]) => header.toLowerCase() === 'content-type'))
    words.push('-H', "'Content-Type:'");
  if (isPasted(bytes) && bytes[0] !== at)
    return [...words, '--data-binary', shellQuoted(dataText(bytes))].join(' ');
  return `echo ${encodeBase64(bytes)} | base64 -d | ${[...words, '--data-binary', '@-'].join(' ')}`;
}

/** `--data-binary @NAME` reads a file. */
const at = 0x40;

function dataText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function fetchOf({ method, url, headers, body }: HttpRequest): string {
  const init: Record<string, unknown> = { method };
  if (headers.length > 0) init['headers'] = headers.map(([name, value]) => [name, value].map(utf8FromBytes));
  const bytes = body && bodyBytes(body);
  if (bytes && isText(bytes)) init['body'] = dataText(bytes);
  const text = JSON.stringify(init, null, 2);
  if (!bytes || isText(bytes)) return `await fetch(${JSON.stringify(url)}, ${text});`;
  const made = `Uint8Array.from(atob(${JSON.stringify(encodeBase64(bytes))}), (c) => c.charCodeAt(0))`;
  return `await fetch(${JSON.stringify(url)}, {\n  ...${text.replace(/\n/g, '\n  ')},\n  body: ${made},\n});`;
}

export function httpieOf({ method, url, headers, body }: HttpRequest): string {
  const words = ['http', shellQuoted(method), shellQuoted(url)];
  for (const [name, value] of headers)
    words.push(shellQuoted(value === '' ? `${name};` : utf8FromBytes(`${name}:${value}`)));
  if (!body) return words.join(' ');
  const bytes = bodyBytes(body);
  if (isPasted(bytes)) return [...words, '--raw', shellQuoted(dataText(bytes))].join(' ');
  return `echo ${encodeBase64(bytes)} | base64 -d | ${words.join(' ')}`;
}

/** Heads and bodies as they were sent, the encodings of bodies undone. */
export function rawOf(exchange: Exchange, platform: Platform): string {
  const parts: string[] = [];
  for (const side of ['request', 'response'] as const) {
    const message = exchange[side];
    if (!message) continue;
    const lines = message.startLine === '' ? [] : [message.startLine];
    for (const [name, value] of message.headers) lines.push(`${name}: ${value}`);
    const body = message.body ? plainOf(message.body, platform).bytes.subarray(0, bodyMax) : undefined;
    const text = body && (isText(body) ? dataText(body) : `(${body.length} bytes that are no text)`);
    parts.push([lines.map(utf8FromBytes).join('\r\n'), text ?? ''].join('\r\n\r\n'));
  }
  return parts.join('\n');
}
