/** Bodies, their content encodings undone by the platform that is given. */
import type { Body, Platform } from '../model/index.ts';
import { unfold } from '../util/unfold.ts';
import { exchangeOf, type MessageSide, messages, type Where } from './access.ts';
import { unfoldLimit } from './limits.ts';

export function bodies(side: MessageSide): Where {
  return (test, setup) => {
    const whole = messages(
      side,
      (message, entry) => message.body !== undefined && test(setup.bytesOf(message.body), entry),
    );
    return (entry) => {
      if (whole(entry)) return true;
      const parts = exchangeOf(entry)?.messages;
      if (!parts) return false;
      return parts.some(
        (part) => (side === 'both' || side === part.side) && test(setup.bytesOf(part.body), entry),
      );
    };
  };
}

/**
 * Undoes encodings, last applied first, until one is not known. A query may ask for the same body several
 * times before the next entry comes: the last two are kept, a request's and a response's.
 */
export function unfolder(platform: Platform | undefined): (body: Body) => Uint8Array {
  let last: Body | undefined;
  let lastBytes: Uint8Array | undefined;
  let before: Body | undefined;
  let beforeBytes: Uint8Array | undefined;
  return (body) => {
    if (body.encodings.length === 0 || platform === undefined) return body.bytes;
    if (body === last) return lastBytes!;
    if (body === before) return beforeBytes!;
    before = last;
    beforeBytes = lastBytes;
    last = body;
    lastBytes = unfold(body, platform, unfoldLimit).bytes;
    return lastBytes;
  };
}
