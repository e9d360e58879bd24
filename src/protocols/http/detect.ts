import type { Detection } from '../../model/index.ts';

/** Longest method asked for before the space: IANA's longest is UPDATEREDIRECTREF. */
const methodMax = 18;

/** Methods tell HTTP from other line protocols early; others are known by the version at the line's end. */
const usual = ['GET ', 'POST ', 'PUT ', 'HEAD ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE '];

/** The client begins with a request line, or the server with a status line. */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  const asked = request(client);
  if (asked !== 'more') return asked;
  return server.length > 0 ? status(server) : 'more';
}

function request(b: Uint8Array): Detection {
  let at = 0;
  while (at < b.length && (b[at] === 13 || b[at] === 10)) at++;
  const start = at;
  while (at < b.length && at - start <= methodMax && b[at]! >= 0x41 && b[at]! <= 0x5a) at++;
  if (at === b.length && at - start <= methodMax) return 'more';
  if (at === start || b[at] !== 32) return customMethod(b, start);
  const word = String.fromCharCode(...b.subarray(start, at + 1));
  if (usual.includes(word)) {
    const next = b[at + 1];
    if (next === undefined) return 'more';
    // A path, a URL, `*`, or an authority.
    if (next === 0x2f || next === 0x2a || isAlphanumeric(next) || next === 0x5b) return versionOf(b, at + 1);
    return 'no';
  }
  return customMethod(b, start);
}

/** After a usual method the version is looked at when the line is whole; a cut line is believed. */
function versionOf(b: Uint8Array, at: number): Detection {
  const lf = b.indexOf(10, at);
  if (lf < 0) return b.length - at > 12 ? 'yes' : 'more';
  return endsInVersion(b, at, lf) ? 'yes' : 'no';
}

/** Any token as method (WebDAV and others): only a whole request line proves it. */
function customMethod(b: Uint8Array, start: number): Detection {
  for (let i = start; i < b.length; i++) {
    const c = b[i]!;
    if (c === 10) return endsInVersion(b, start, i) ? 'yes' : 'no';
    if (c < 32 && c !== 13) return 'no';
    if (c >= 127) return 'no';
  }
  return b.length - start > 2048 ? 'no' : 'more';
}

function endsInVersion(b: Uint8Array, start: number, lf: number): boolean {
  const end = b[lf - 1] === 13 ? lf - 1 : lf;
  const from = end - 8;
  return from > start && b[from - 1] === 32 && isHttp1(b, from);
}

function isHttp1(b: Uint8Array, at: number): boolean {
  // "HTTP/1."
  return (
    b[at] === 0x48 &&
    b[at + 1] === 0x54 &&
    b[at + 2] === 0x54 &&
    b[at + 3] === 0x50 &&
    b[at + 4] === 0x2f &&
    b[at + 5] === 0x31 &&
    b[at + 6] === 0x2e
  );
}

function status(b: Uint8Array): Detection {
  if (b.length >= 13) return isHttp1(b, 0) && b[8] === 32 ? 'yes' : 'no';
  for (let i = 0; i < Math.min(7, b.length); i++) if (b[i] !== 'HTTP/1.'.charCodeAt(i)) return 'no';
  return 'more';
}

function isAlphanumeric(c: number): boolean {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39);
}
