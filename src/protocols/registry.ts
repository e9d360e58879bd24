/** Every protocol Porthole speaks, one line each. */
import type { ProtocolModule } from '../model/index.ts';
import { dns } from './dns/index.ts';
import { http } from './http/index.ts';

export const protocols: readonly ProtocolModule[] = [http, dns];
