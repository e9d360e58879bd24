/**
 * Values with their secrets taken out. Each gives back its input when there is nothing to mask, and looks
 * at each character a few times at most: what comes from the network may be made to be slow.
 */
import { isSecretHeader, isSecretName, mask } from './rules.ts';

/** A header's value: the scheme of credentials and the names of cookies stay. */
export function redactHeader(name: string, value: string): string {
  if (value === '') return value;
  switch (name.toLowerCase()) {
    case 'cookie':
      return value.split(';').map(redactCookie).join(';');
    case 'set-cookie':
      return redactFirst(value, redactCookie);
    case 'www-authenticate':
    case 'proxy-authenticate':
      return value.replace(/\b(nonce|opaque|cnonce|response)="?[^",\s]*"?/gi, `$1="${mask}"`);
    case 'authorization':
    case 'proxy-authorization': {
      const scheme = /^([A-Za-z][\w-]{0,31})\s+\S/.exec(value)?.[1];
      return scheme ? `${scheme} ${mask}` : mask;
    }
  }
  if (isSecretHeader(name)) return mask;
  // Location, Referer, Origin, Link ...: URLs with tokens in them.
  return value.includes('=') || value.includes('@') ? redactUrl(value) : value;
}

/** `name=value`, blanks around it; a value without a name is masked whole. */
function redactCookie(cookie: string): string {
  const equals = cookie.indexOf('=');
  if (equals >= 0) return `${cookie.slice(0, equals)}=${mask}`;
  return cookie.trim() === '' ? cookie : cookie.replace(cookie.trim(), mask);
}

/** Only what is before the first `;`. */
function redactFirst(value: string, redact: (part: string) => string): string {
  const end = value.indexOf(';');
  return end < 0 ? redact(value) : redact(value.slice(0, end)) + value.slice(end);
}

/** userinfo and secret parameters of every URL (or path) in the text. */
export function redactUrl(text: string): string {
  const clean = text.includes('@') ? redactUserInfo(text) : text;
  return clean.includes('=') ? redactParameters(clean) : clean;
}

/** `scheme://user:password@host` */
function redactUserInfo(text: string): string {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const from = at + 3;
    let to = from;
    let info = -1;
    for (; to < text.length && !endsAuthority.includes(text[to]!); to++) if (text[to] === '@') info = to;
    if (info < 0) continue;
    const colon = text.indexOf(':', from);
    const name = colon >= from && colon < info ? text.slice(from, colon + 1) : '';
    out += text.slice(done, from) + name + mask;
    done = info;
  }
  return out + text.slice(done);
}

const endsAuthority = '/?# \t\r\n"\'<>';

/** Parameters of a query, of a fragment, and behind `;` in a path. */
function redactParameters(text: string): string {
  let out = '';
  let done = 0;
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    let from = equals;
    while (from > done && !ends(text.charCodeAt(from - 1), true)) from--;
    // A `?` may stand in a name too: it leads only where nothing else does.
    if (!leads(text.charCodeAt(from - 1))) {
      const question = text.indexOf('?', from);
      if (question < 0 || question >= equals) continue;
      from = question + 1;
    }
    if (from === equals || !isSecretName(decode(text.slice(from, equals)))) continue;
    let to = equals + 1;
    while (to < text.length && !ends(text.charCodeAt(to), false)) to++;
    if (to === equals + 1) continue;
    out += text.slice(done, equals + 1) + mask;
    done = to;
    equals = to - 1;
  }
  return done === 0 ? text : out + text.slice(done);
}

/** `&`, `;` and `#` come before a parameter. NaN, before the text, is none. */
function leads(code: number): boolean {
  return code === 0x26 || code === 0x3b || code === 0x23;
}

/** Those, blanks and line ends are in no name and no value, and `=` in no name. */
function ends(code: number, isName: boolean): boolean {
  return leads(code) || code === 0x20 || (code >= 9 && code <= 13) || (isName && code === 0x3d);
}

/** application/x-www-form-urlencoded, whole or cut. */
export function redactForm(text: string): string {
  return text.split('&').map(redactField).join('&');
}

function redactField(field: string): string {
  const equals = field.indexOf('=');
  if (equals <= 0 || equals === field.length - 1) return field;
  return isSecretName(decode(field.slice(0, equals))) ? `${field.slice(0, equals + 1)}${mask}` : field;
}

/** multipart/form-data (RFC 7578): parts whose name is a secret's. */
export function redactMultipart(contentType: string, text: string): string {
  const boundary = /boundary="?([^";,\s]{1,70})/i.exec(contentType)?.[1];
  if (!boundary) return text;
  return text
    .split(`--${boundary}`)
    .map((part) => {
      const behindHead = /\r?\n\r?\n/.exec(part);
      if (!behindHead) return part;
      const head = part.slice(0, behindHead.index);
      const name = /[;\s]name="?([^";\r\n]*)/i.exec(head)?.[1];
      const body = part.slice(behindHead.index + behindHead[0].length);
      if (name === undefined || !isSecretName(name) || body.trim() === '') return part;
      return part.slice(0, part.length - body.length) + mask + (body.endsWith('\r\n') ? '\r\n' : '');
    })
    .join(`--${boundary}`);
}

function decode(name: string): string {
  if (!name.includes('%') && !name.includes('+')) return name;
  try {
    return decodeURIComponent(name.replace(/\+/g, ' '));
  } catch {
    return name;
  }
}
