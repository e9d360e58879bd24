import type { Detection } from '../../model/index.ts';
import { u24 } from '../../util/bytes.ts';
import { Flag, FrameType, headerLength, mayBegin, plausibleFrame, preface } from './frame.ts';
import { HpackDecoder } from './hpack.ts';

/**
 * The client begins with the preface. Without it (joined later, or the other direction alone) frames that
 * follow one another tell; header blocks tell which side is which.
 */
export function detect(client: Uint8Array, server: Uint8Array): Detection {
  const length = Math.min(client.length, preface.length);
  let same = 0;
  while (same < length && client[same] === preface.charCodeAt(same)) same++;
  if (same === preface.length) return 'yes';
  if (same > 0 && same === client.length) return 'more';
  const asked = frames(client, 'client');
  const answered = frames(server, 'server');
  if (asked === 'no' || answered === 'no') return 'no';
  // A client's come behind the preface: this may be the server, taken for it.
  if (asked === 'yes' && server.length === 0 && areSettings(client)) return 'more';
  if (asked === 'yes' || answered === 'yes') return 'yes';
  return 'more';
}

/** undefined: nothing to judge by. */
function frames(b: Uint8Array, side: 'client' | 'server'): Detection | undefined {
  if (b.length === 0) return undefined;
  const verdict = mayBegin(b, 0, b.length, true, plausibleFrame, () => false);
  if (verdict !== 'yes') return verdict;
  return isOthers(b, side) ? 'no' : 'yes';
}

/** Settings, and windows opened: what a server begins with, and nothing yet that tells who says it. */
function areSettings(b: Uint8Array): boolean {
  if (b[3] !== FrameType.settings || (b[4]! & Flag.ack) !== 0) return false;
  for (let at = 0; at + headerLength <= b.length; at += headerLength + u24(b, at))
    if (b[at + 3] !== FrameType.settings && b[at + 3] !== FrameType.windowUpdate) return false;
  return true;
}

/** Whether a header block among the first frames is one that only the other side sends. */
function isOthers(b: Uint8Array, side: 'client' | 'server'): boolean {
  for (let at = 0; at + headerLength < b.length; at += headerLength + u24(b, at)) {
    if (b[at + 3] !== FrameType.headers) continue;
    const flags = b[at + 4]!;
    const from = at + headerLength + (flags & Flag.padded ? 1 : 0) + (flags & Flag.priority ? 5 : 0);
    const to = at + headerLength + u24(b, at) - (flags & Flag.padded ? b[at + headerLength]! : 0);
    const hpack = new HpackDecoder();
    hpack.lose();
    const list = to <= b.length ? hpack.decode(b, from, to) : undefined;
    for (const [name] of list?.headers ?? []) {
      if (name === ':status') return side === 'client';
      if (name === ':method' || name === ':path' || name === ':scheme') return side === 'server';
    }
  }
  return false;
}
