/** Values with their secrets taken out. Each gives back its input when there is nothing to mask. */
import { isSecretHeader, isSecretName, mask } from './rules.ts';

/** A header's value: the scheme of credentials and the names of cookies stay. */
export function redactHeader(name: string, value: string): string {
  const text = name.toLowerCase();
  if (text === 'cookie') return value.replace(/([^=;\s]+)=[^;]*/g, `$1=${mask}`);
  if (text === 'set-cookie') return value.replace(/^([^=;]+)=[^;]*/, `$1=${mask}`);
  if (text === 'www-authenticate' || text === 'proxy-authenticate')
    return value.replace(/\b(nonce|opaque|cnonce|response)="?[^",\s]*"?/gi, `$1="${mask}"`);
  if (text === 'authorization' || text === 'proxy-authorization') {
    const scheme = /^([A-Za-z][\w-]*)\s+\S/.exec(value)?.[1];
    return scheme ? `${scheme} ${mask}` : mask;
  }
  if (isSecretHeader(name)) return value === '' ? value : mask;
  // Location, Referer, Origin, Link ...: URLs with tokens in them.
  return value.includes('=') || value.includes('@') ? redactUrl(value) : value;
}

/** userinfo and secret parameters of every URL (or path) in the text. */
export function redactUrl(text: string): string {
  const clean = text.includes('@') ? text.replace(userInfo, maskUserInfo) : text;
  return hasSecretParameter(clean) ? clean.replace(parameter, maskParameter) : clean;
}

/** Says no only when `parameter` finds nothing to mask: a loop costs a fifth of that, and most have nothing. */
function hasSecretParameter(text: string): boolean {
  if (!printable.test(text)) return true;
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    let from = equals;
    while (from > 0 && !endsName.includes(text[from - 1]!)) from--;
    // A `?` may stand in a name too: it leads only where nothing else does.
    if (!'&;#'.includes(text[from - 1] ?? ' ')) from = text.indexOf('?', from) + 1;
    if (from > 0 && from < equals && isSecretName(decode(text.slice(from, equals)))) return true;
  }
  return false;
}

const printable = /^[\x20-\x7e]*$/;
/** What a parameter's name cannot hold. */
const endsName = '=&;# ';

const userInfo = /([a-z][a-z0-9+.-]*:\/\/)([^/?#\s@]*)@/gi;
const parameter = /([?&;#])([^=&;#\s]+)=([^&;#\s]*)/g;

const maskUserInfo = (_: string, scheme: string, info: string) =>
  info.includes(':') ? `${scheme}${info.slice(0, info.indexOf(':'))}:${mask}@` : `${scheme}${mask}@`;

const maskParameter = (whole: string, lead: string, name: string, value: string) =>
  value !== '' && isSecretName(decode(name)) ? `${lead}${name}=${mask}` : whole;

/** application/x-www-form-urlencoded, whole or cut. */
export function redactForm(text: string): string {
  return text.replace(/(^|&)([^=&]+)=([^&]*)/g, (whole, lead: string, name: string, value: string) =>
    value !== '' && isSecretName(decode(name)) ? `${lead}${name}=${mask}` : whole,
  );
}

/** JSON, whole or cut: strings, numbers and booleans under a secret's key. */
export function redactJson(text: string): string {
  return text.replace(
    /"((?:[^"\\]|\\.)*)"(\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?$)|-?[\d.][\d.eE+-]*|true|false)/g,
    (whole, name: string, colon: string) => (isSecretName(name) ? `"${name}"${colon}"${mask}"` : whole),
  );
}

function decode(name: string): string {
  if (!name.includes('%') && !name.includes('+')) return name;
  try {
    return decodeURIComponent(name.replace(/\+/g, ' '));
  } catch {
    return name;
  }
}
