/** What went wrong on a gRPC socket, for people. */
import { codeOf, TargetError } from '../errors.ts';
import { GrpcError, GrpcProtocolError, GrpcSilence, grpcStatus } from './client.ts';
import { ProtobufError } from './protobuf.ts';

const otherwise = 'pid:NUMBER, netns:NAME and a namespace file work without it';

/** `what`: `containerd`, `the CRI`; a TargetError stays what it is, and a bug too. */
export function explain(error: unknown, what: string, path: string): Error {
  const place = `${what} at ${path}`;
  if (error instanceof TargetError) return error;
  if (error instanceof GrpcSilence)
    return new TargetError('no-answer', `${place} does not answer: ${error.message}`, otherwise);
  if (error instanceof GrpcError)
    return new TargetError(
      error.status === grpcStatus.permissionDenied ? 'permission' : 'no-answer',
      `${place} refuses: ${error.message.slice(0, 200)}`,
      otherwise,
    );
  if (error instanceof GrpcProtocolError || error instanceof ProtobufError)
    return new TargetError(
      'no-answer',
      `${place} does not answer as it should: ${error.message}`,
      'is another program listening there? --runtime NAME --socket PATH say which is which',
    );
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM')
    return new TargetError('permission', `no permission on the socket of ${place}`, 'run it with sudo');
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED' || code === 'ENOTSOCK')
    return new TargetError('no-runtime', `nothing listens on the socket of ${place} (${code})`, otherwise);
  // HTTP/2's own errors: the other side is no HTTP/2 server.
  if (code.startsWith('ERR_HTTP2') || code === 'ECONNRESET' || code === 'EPIPE')
    return new TargetError(
      'no-answer',
      `${place} does not answer as it should: ${code}`,
      'is another program listening there? --runtime NAME --socket PATH say which is which',
    );
  return error as Error;
}
