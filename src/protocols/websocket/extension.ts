/** What was agreed on in the handshake: RFC 7692 section 7.1. */
import type { Exchange } from '../../model/index.ts';

export interface Deflate {
  /** Each message of this side is compressed by itself. */
  readonly clientAlone: boolean;
  readonly serverAlone: boolean;
}

/** undefined: the response agrees on no compression. */
export function agreedDeflate(carrier: Exchange): Deflate | undefined {
  for (const [name, value] of carrier.response?.headers ?? []) {
    if (name.toLowerCase() !== 'sec-websocket-extensions') continue;
    for (const extension of value.split(',')) {
      const [token, ...parameters] = extension.split(';').map((part) => part.trim().toLowerCase());
      if (token !== 'permessage-deflate') continue;
      return {
        clientAlone: parameters.includes('client_no_context_takeover'),
        serverAlone: parameters.includes('server_no_context_takeover'),
      };
    }
  }
  return undefined;
}
