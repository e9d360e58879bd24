/** Secrets in URLs: what stands before the host, and parameters. Looks at each character a few times at most. */
import { findKeys } from './keys.ts';
import type { Names } from './names.ts';
import type { Spans } from './spans.ts';

export const urlRules = { user: 'URL password', parameter: 'URL parameter' } as const;

/**
 * - url: the text is a URL, a path, or a line that holds one
 * - text: URLs may be anywhere in it
 */
export type UrlPlace = 'url' | 'text';

const endsAuthority = '/?# \t\r\n"\'<>\\';
/** A host with what is before it; longer is none. */
const maxAuthority = 1024;
/** Names that people have with servers, not secrets: `ssh://git@host`. */
const byName = /(?:^|[^a-z])(?:ssh|sftp|scp|rsync|svn|mailto|xmpp|sip)$/i;

/** `scheme://user:password@host` */
export function findUserInfo(text: string, spans: Spans, place: UrlPlace): void {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const from = at + 3;
    const last = Math.min(text.length, from + maxAuthority);
    let info = -1;
    for (let to = from; to < last && !endsAuthority.includes(text[to]!); to++)
      if (text[to] === '@') info = to;
    if (info <= from) continue;
    const colon = text.indexOf(':', from);
    if (colon >= from && colon < info) spans.add(colon + 1, info, urlRules.user);
    // A name alone may be a token; in prose it is a name.
    else if (place === 'url' && !byName.test(text.slice(Math.max(0, at - 8), at)))
      spans.add(from, info, urlRules.user);
  }
}

/** `&`, `;` and `#` come before a parameter. NaN, before the text, is none. */
function leads(code: number): boolean {
  return code === 0x26 || code === 0x3b || code === 0x23;
}

/** Those, blanks and line ends are in no name and no value, and `=` in no name. By code. */
const endsValue = Uint8Array.from({ length: 128 }, (_, code) =>
  leads(code) || code === 0x20 || (code >= 9 && code <= 13) ? 1 : 0,
);
const endsName = endsValue.map((flag, code) => (code === 0x3d ? 1 : flag));

/** Elsewhere a URL ends at what encloses it too. */
function endsInText(code: number): boolean {
  return (
    endsValue[code] === 1 ||
    code === 0x22 ||
    code === 0x27 ||
    code === 0x3c ||
    code === 0x3e ||
    code === 0x5c ||
    code === 0x60 ||
    code === 0x29 ||
    code === 0x7d
  );
}

/** Parameters of a query, of a fragment, and behind `;` in a path. */
export function findParameters(text: string, spans: Spans, names: Names, off: ReadonlySet<string>): void {
  const isPlain = !text.includes('%') && !text.includes('+');
  const mayHoldJson = !isPlain && text.includes('%22');
  let done = 0;
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    let from = equals;
    while (from > done && endsName[text.charCodeAt(from - 1)] !== 1) from--;
    // A `?` may stand in a name too: it leads only where nothing else does.
    if (!leads(text.charCodeAt(from - 1))) {
      let question = from;
      while (question < equals && text.charCodeAt(question) !== 0x3f) question++;
      if (question === equals) continue;
      from = question + 1;
    }
    if (from === equals) continue;
    const name = text.slice(from, equals);
    const verdict = names.parameter(isPlain ? name : decoded(name));
    if (verdict === 'no' && !mayHoldJson) continue;
    let to = equals + 1;
    while (to < text.length && endsValue[text.charCodeAt(to)] !== 1) to++;
    if (verdict === 'no') {
      if (!holdsSecret(text.slice(equals + 1, to), names, off)) continue;
    } else if (verdict === 'several' && isCount(text, equals + 1, to)) continue;
    spans.add(equals + 1, to, urlRules.parameter);
    done = to;
    equals = to - 1;
  }
}

/** JSON in a parameter, as GraphQL's variables are sent with GET: masked whole when anything in it is. */
function holdsSecret(value: string, names: Names, off: ReadonlySet<string>): boolean {
  if (!value.includes('%22')) return false;
  let found = false;
  const add = () => {
    found = true;
  };
  findKeys(decoded(value), { add }, { names, off, isGraphql: true });
  return found;
}

/** How far before `=` a name begins in a text. */
const maxName = 64;

/**
 * The same in a text that holds URLs among other things: only behind `?` and `&` (in HTML `&amp;`, in JSON also
 * `\u0026`), and only names that mean the same wherever they stand.
 */
export function findParametersInText(text: string, spans: Spans, names: Names): void {
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    const least = Math.max(0, equals - maxName);
    let from = equals;
    while (from > least && isNameCode(text.charCodeAt(from - 1))) from--;
    const before = text[from - 1];
    let name = text.slice(from, equals);
    if (before === '\\' && /^u0026/i.test(name)) name = name.slice(5);
    else if (before === ';' ? !text.startsWith('&amp', from - 5) : before !== '?' && before !== '&') continue;
    if (name === '') continue;
    const verdict = isSigned(name) ? 'yes' : names.key(decoded(name));
    if (verdict === 'no') continue;
    let to = equals + 1;
    while (to < text.length && !endsInText(text.charCodeAt(to))) to++;
    if (to === equals + 1 || (verdict === 'several' && isCount(text, equals + 1, to))) continue;
    spans.add(equals + 1, to, urlRules.parameter);
    equals = to - 1;
  }
}

/** What makes a signed URL of AWS, Azure and Google. */
function isSigned(name: string): boolean {
  return name === 'sig' || name === 'Signature' || name === 'signature';
}

function isNameCode(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5d && code !== 0x5c) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x25
  );
}

export function isCount(text: string, from: number, to: number): boolean {
  return to > from && to - from < 10 && /^[0-9]+$/.test(text.slice(from, to));
}

export function decoded(name: string): string {
  if (!name.includes('%') && !name.includes('+')) return name;
  try {
    return decodeURIComponent(name.replace(/\+/g, ' '));
  } catch {
    return name;
  }
}
