/**
 * Who may speak to the page's server. Three things are looked at, for any one alone can be had by others:
 * - Host: a page of a foreign name whose address was turned to ours (DNS rebinding) still sends its own name.
 * - Origin and Sec-Fetch-Site: a foreign page may send requests here, and the browser adds our cookie when it is of
 *   the same host and another port (ports do not part sites, nor cookies: RFC 6265 section 8.5).
 * - the token: other users of the machine can reach the port, not the terminal in which the URL stands.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** 144 random bits: 24 letters of base64url. */
export const newToken = (): string => randomBytes(18).toString('base64url');

/** Cookies know no port: two servers on one host would overwrite each other's. */
export const cookieName = (port: number): string => `porthole-${port}`;

export interface Asked {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site (W3C Fetch Metadata); browsers send it, others need not. */
  readonly site: string | undefined;
  readonly cookie: string | undefined;
}

export interface Access {
  readonly token: string;
  readonly port: number;
  /** Where the server listens. */
  readonly address: string;
}

/** undefined: welcome; else what is answered. */
export type Refusal = { readonly status: 401 | 403; readonly text: string } | undefined;

const refuse = (status: 401 | 403, text: string): Refusal => ({ status, text });

/**
 * `Host: NAME[:PORT]`. Any port: it may be a tunnel (`ssh -L`). A name that DNS could turn to our address is none
 * of ours; `localhost` never asks DNS (RFC 6761 section 6.3).
 */
export function isOwnHost(host: string | undefined, address: string): boolean {
  const [, six, name] = /^(?:\[([0-9a-f:.]+)\]|([^:/@\s]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  if (six !== undefined) return isIP(six) === 6 && (six === '::1' || isReachable(six, address));
  if (name === undefined) return false;
  if (name.toLowerCase() === 'localhost') return true;
  return isIP(name) === 4 && (name.startsWith('127.') || isReachable(name, address));
}

/** Whoever listens everywhere is reached by any address; an address is not a name that could be turned. */
const isReachable = (name: string, address: string) =>
  name === address || address === '0.0.0.0' || address === '::';

export function isToken(given: string, token: string): boolean {
  // Digests are of one length, as timingSafeEqual needs.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Of `Cookie: a=b; c=d`; of several of one name the first, as browsers send the most specific first. */
export function cookieOf(header: string | undefined, name: string): string {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return '';
}

/** Files, and the page itself. */
export function refusalOf(asked: Asked, access: Access): Refusal {
  const { host, origin, site, cookie } = asked;
  if (!isOwnHost(host, access.address)) return refuse(403, 'this host name is none of this server');
  if (origin !== undefined && origin !== `http://${host}`)
    return refuse(403, 'a foreign page asked for this');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return refuse(403, 'a foreign page asked for this');
  if (!isToken(cookieOf(cookie, cookieName(access.port)), access.token))
    return refuse(401, 'open the whole URL that porthole printed: it has a token in it');
  return undefined;
}

/** The channel: browsers always tell the page's origin there, so that it must be ours. */
export function channelRefusalOf(asked: Asked, access: Access): Refusal {
  if (asked.origin === undefined) return refuse(403, 'no origin');
  return refusalOf(asked, access);
}

/** The printed URL may be opened from anywhere (a chat, a terminal), so that only host and token count. */
export function entryRefusalOf(asked: Asked, given: string, access: Access): Refusal {
  if (!isOwnHost(asked.host, access.address)) return refuse(403, 'this host name is none of this server');
  if (!isToken(given, access.token)) return refuse(401, 'this token is not (or no more) the right one');
  return undefined;
}
