import type { Detection } from '../../model/index.ts';
import { mayBeRequest, mayBeStatus } from './start-line.ts';

/** A request line longer than this is believed unseen: servers refuse above 8 KiB. */
const lineLimit = 4096;
/** Behind these a target has to begin as targets do. */
const usual = /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|TRACE) /;

/** The client begins with a request line, or the server with a status line. */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  const asked = request(client);
  if (asked !== 'more') return asked;
  return server.length > 0 ? status(server) : 'more';
}

function request(b: Uint8Array): Detection {
  let at = 0;
  while (at < b.length && (b[at] === 13 || b[at] === 10)) at++;
  if (at === b.length) return 'more';
  if (!mayBeRequest(b, at, b.length)) return 'no';
  if (b.indexOf(10, at) >= 0) return 'yes';
  // Other protocols are lines of words too: only a whole line proves it, or a long one that begins well.
  const isLong = b.length - at > lineLimit;
  if (!isLong) return 'more';
  return usual.test(String.fromCharCode(...b.subarray(at, at + 8))) ? 'yes' : 'no';
}

function status(b: Uint8Array): Detection {
  if (!mayBeStatus(b, 0, b.length)) return 'no';
  // "HTTP/1.1 200" and what must follow it.
  return b.length >= 13 ? 'yes' : 'more';
}
