/** Every protocol Porthole speaks, one line each. */
import type { InnerModule, ProtocolModule } from '../model/index.ts';
import { dns } from './dns/index.ts';
import { dtls } from './dtls/index.ts';
import { graphql } from './graphql/index.ts';
import { grpc } from './grpc/index.ts';
import { http } from './http/index.ts';
import { http2 } from './http2/index.ts';
import { jsonrpc } from './jsonrpc/index.ts';
import { quic } from './quic/index.ts';
import { sse } from './sse/index.ts';
import { tls } from './tls/index.ts';
import { transports } from './transport/index.ts';
import { websocket, websocketInside } from './websocket/index.ts';

export const protocols: readonly ProtocolModule[] = [http, http2, websocket, dns, tls, quic, dtls];

/** Those that ride inside the messages of others. Each that claims an exchange sees it, in this order. */
export const inners: readonly InnerModule[] = [grpc, sse, graphql, jsonrpc, websocketInside];

/** All of them, for what asks for their fields. Some are both, and declare the same. */
export const declarations: readonly Pick<ProtocolModule, 'name' | 'title' | 'fields'>[] = [
  ...protocols,
  ...inners.filter(({ name }) => !protocols.some((module) => module.name === name)),
  ...transports,
];
