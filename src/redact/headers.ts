/** Values of headers, trailers and metadata: the scheme of credentials and the names of cookies stay. */
import type { Names } from './names.ts';
import type { Spans } from './spans.ts';

/** Headers that counts are told of by name. */
export const headerRules = {
  authorization: 'Authorization',
  'proxy-authorization': 'Proxy-Authorization',
  cookie: 'Cookie',
  'set-cookie': 'Set-Cookie',
  'www-authenticate': 'WWW-Authenticate',
  'proxy-authenticate': 'Proxy-Authenticate',
} as const;
/** Any other whose name says that it holds a secret. */
export const headerRule = 'header';

const challenge = /\b(?:nonce|opaque|cnonce|response)="?([^",\s]+)/gi;
/** A scheme and a blank (RFC 9110 section 11.4). */
const scheme = /^[A-Za-z][\w-]{0,31}\s+(?=\S)/;

/** @returns whether the name alone has said what to do; else the value is still to be looked at */
export function findHeader(
  name: string,
  value: string,
  spans: Spans,
  names: Names,
  off: ReadonlySet<string>,
): boolean {
  const lower = name.toLowerCase();
  const rule = Object.hasOwn(headerRules, lower) ? headerRules[lower as keyof typeof headerRules] : undefined;
  if (rule !== undefined) {
    if (off.has(rule) || names.header(name) === 'no') return false;
    switch (rule) {
      case 'Cookie':
        for (let at = 0; at < value.length; ) {
          const next = value.indexOf(';', at);
          const end = next < 0 ? value.length : next;
          cookie(value, at, end, spans, rule);
          at = end + 1;
        }
        return true;
      case 'Set-Cookie': {
        const end = value.indexOf(';');
        cookie(value, 0, end < 0 ? value.length : end, spans, rule);
        return true;
      }
      case 'WWW-Authenticate':
      case 'Proxy-Authenticate':
        for (const hit of value.matchAll(challenge)) {
          const end = hit.index + hit[0].length;
          spans.add(end - hit[1]!.length, end, rule);
        }
        return true;
      default:
        spans.add(scheme.exec(value)?.[0].length ?? 0, value.length, rule);
        return true;
    }
  }
  if (off.has(headerRule) || names.header(name) === 'no') return false;
  spans.add(0, value.length, headerRule);
  return true;
}

/** `name=value`, blanks around it; a value without a name is masked whole. */
function cookie(text: string, start: number, end: number, spans: Spans, rule: string): void {
  let from = start;
  while (from < end && isBlank(text.charCodeAt(from))) from++;
  while (end > from && isBlank(text.charCodeAt(end - 1))) end--;
  for (let at = from; at < end; at++)
    if (text.charCodeAt(at) === 0x3d) {
      from = at + 1;
      break;
    }
  spans.add(from, end, rule);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
