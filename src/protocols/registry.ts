/** Every protocol Porthole speaks, one line each. */
import type { ProtocolModule } from '../model/index.ts';
import { dns } from './dns/index.ts';
import { http } from './http/index.ts';
import { http2 } from './http2/index.ts';
import { websocket } from './websocket/index.ts';

export const protocols: readonly ProtocolModule[] = [http, http2, websocket, dns];
