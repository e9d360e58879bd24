/** Which protocol of the family an exchange speaks, by its heads. */
import type { Exchange } from '../../model/index.ts';
import { headerValue } from '../../util/headers.ts';

/**
 * - grpc: https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html
 * - web, webText: https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_w_e_b.html, the latter in base64
 * - connect, connectUnary: https://connectrpc.com/docs/protocol, messages in envelopes or the body itself
 * - guess: HTTP/2 whose content type a lost table held
 */
export type Kind = 'grpc' | 'web' | 'webText' | 'connect' | 'connectUnary' | 'guess';

export const kindNames: Readonly<Record<Kind, string>> = {
  grpc: 'gRPC',
  web: 'gRPC-Web',
  webText: 'gRPC-Web',
  connect: 'Connect',
  connectUnary: 'Connect',
  guess: 'gRPC',
};

/** undefined: none of them. */
export function kindOf({ fields, request, response, protocol, weirds }: Exchange): Kind | undefined {
  const type = fields['http.content_type'];
  if (typeof type === 'string') {
    if (type.startsWith('application/grpc')) return grpcKind(type);
    if (type.startsWith('application/connect+')) return 'connect';
    // A body of JSON or protobuf that says so.
    if (!response && headerValue(request, 'connect-protocol-version') !== undefined) return 'connectUnary';
    return undefined;
  }
  const uri = fields['http.request.uri'];
  if (typeof uri === 'string' && /[?&]connect=v1(&|$)/.test(uri)) return 'connectUnary';
  const mayBe = protocol === 'http2' && !response && weirds.includes('http2_unknown_header');
  return mayBe && (fields['http.request.method'] ?? 'POST') === 'POST' ? 'guess' : undefined;
}

function grpcKind(type: string): Kind | undefined {
  const rest = type.slice('application/grpc'.length);
  if (rest.startsWith('-web-text')) return 'webText';
  if (rest.startsWith('-web')) return 'web';
  return rest === '' || rest[0] === '+' || rest[0] === ';' ? 'grpc' : undefined;
}

/** Content type of one message: what is behind the plus, protobuf when nothing is. */
export function messageType(contentType: string): string {
  const sub = /^application\/(?:grpc(?:-web(?:-text)?)?|connect)\+([a-z0-9.-]{1,40})/i.exec(contentType)?.[1];
  return sub === undefined || sub === 'proto' ? 'application/protobuf' : `application/${sub}`;
}
