/**
 * gRPC over a unix socket, unary calls and server streams, nothing else of it. node:http2 does the framing.
 * github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { door } from '../doors.ts';
import { encode, type Field, Message } from './protobuf.ts';

/** Statuses that mean something to us: grpc/doc/statuscodes.md */
export const grpcStatus = { notFound: 5, permissionDenied: 7, unimplemented: 12 } as const;

/** The call was answered, with a refusal. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message || `status ${status}`);
    this.status = status;
  }
}

/** What is listening there does not speak gRPC as it should. */
export class GrpcProtocolError extends Error {
  override readonly name = 'GrpcProtocolError';
}

/** No byte for too long. */
export class GrpcSilence extends Error {
  override readonly name = 'GrpcSilence';
}

/** An answer may come in drops, but not for ever: so many silences long at most. */
const silencesMax = 5;
/** A list of containers with their specs is a few KiB for each: more than this is not one. */
const answerBytesMax = 64 * 1024 * 1024;
/** One event holds the labels of a container. */
const eventBytesMax = 4 * 1024 * 1024;

/** Cuts messages from the stream: one byte compressed-flag, four bytes length, the message. */
export class MessageCutter {
  private rest: Buffer = Buffer.alloc(0);
  private readonly onMessage: (message: Message) => void;
  private readonly bytesMax: number;

  constructor(bytesMax: number, onMessage: (message: Message) => void) {
    this.bytesMax = bytesMax;
    this.onMessage = onMessage;
  }

  /** Throws GrpcProtocolError, ProtobufError. */
  push(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 5) {
      // We never say that we can decompress.
      if (this.rest[0] !== 0) throw new GrpcProtocolError('a compressed answer');
      const length = this.rest.readUInt32BE(1);
      if (length > this.bytesMax) throw new GrpcProtocolError(`an answer of ${length} bytes`);
      if (this.rest.length < 5 + length) return;
      const message = new Message(this.rest.subarray(5, 5 + length));
      this.rest = this.rest.subarray(5 + length);
      this.onMessage(message);
    }
  }

  /** Nothing is left that is not a whole message. */
  get isWhole(): boolean {
    return this.rest.length === 0;
  }
}

export interface CallOptions {
  /** More headers: `containerd-namespace`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Calls to one socket. The connection is closed as soon as no call is under way: a process that gives its
 * rights up must not keep a door open to a daemon that has them all.
 */
export class GrpcClient {
  private readonly path: string;
  private readonly silenceMs: number;
  private session: ClientHttp2Session | undefined;
  private calls = 0;
  /** Why the socket failed: HTTP/2 tells only that its streams were cancelled. */
  private failure: Error | undefined;

  constructor(path: string, silenceMs: number) {
    this.path = path;
    this.silenceMs = silenceMs;
  }

  /**
   * Rejects with GrpcError, GrpcSilence, GrpcProtocolError, ProtobufError or the system error of
   * connect(2).
   */
  call(method: string, fields: readonly Field[], options: CallOptions = {}): Promise<Message> {
    return new Promise((resolve, reject) => {
      let answer: Message | undefined;
      const cutter = new MessageCutter(answerBytesMax, (message) => {
        if (answer) throw new GrpcProtocolError('several messages in one answer');
        answer = message;
      });
      this.open(method, fields, options, {
        onBytes: (bytes) => cutter.push(bytes),
        onEnd(error) {
          if (error) reject(error);
          else if (answer && cutter.isWhole) resolve(answer);
          else reject(new GrpcProtocolError('no message in the answer'));
        },
      });
    });
  }

  /**
   * `onEnd` is called once when the stream ends, unless it was closed. Resolves when the other side has the
   * request: its headers may come with the first message only.
   */
  stream(
    method: string,
    fields: readonly Field[],
    onMessage: (message: Message) => void,
    onEnd: (reason: Error) => void,
  ): Promise<{ close(): void }> {
    return new Promise((resolve, reject) => {
      const cutter = new MessageCutter(eventBytesMax, onMessage);
      let isOpen = false;
      const close = this.open(
        method,
        fields,
        {},
        {
          onOpen() {
            isOpen = true;
            resolve({ close });
          },
          onBytes: (bytes) => cutter.push(bytes),
          onEnd(error) {
            const reason = error ?? new GrpcProtocolError('the stream ended');
            if (isOpen) onEnd(reason);
            else reject(reason);
          },
        },
      );
    });
  }

  /** Returns what closes it without a word. */
  private open(
    method: string,
    fields: readonly Field[],
    { headers = {} }: CallOptions,
    on: {
      readonly onOpen?: () => void;
      readonly onBytes: (bytes: Buffer) => void;
      readonly onEnd: (error?: Error) => void;
    },
  ): () => void {
    const session = this.acquire();
    let timer: NodeJS.Timeout;
    let stream: ClientHttp2Stream | undefined;
    let isOver = false;
    const finish = (error?: Error, isTold = true) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      clearTimeout(deadline);
      session.off('error', finish);
      session.off('close', onClose);
      stream?.destroy();
      this.release(session);
      if (isTold) on.onEnd(error && (this.failure ?? error));
    };
    const onClose = () => finish(new GrpcProtocolError('the connection was closed without an answer'));
    const silent = () => finish(new GrpcSilence(`silent for ${this.silenceMs / 1000} s`));
    const endless = () =>
      finish(new GrpcSilence(`not done within ${(silencesMax * this.silenceMs) / 1000} s`));
    const deadline = on.onOpen ? undefined : setTimeout(endless, silencesMax * this.silenceMs);
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(silent, this.silenceMs);
    };
    wait();
    session.on('error', finish);
    session.on('close', onClose);
    try {
      stream = session.request({
        ':method': 'POST',
        ':path': method,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
    } catch (error) {
      queueMicrotask(() => finish(error as Error));
      return () => finish(undefined, false);
    }
    let status = '';
    let message = '';
    const takeStatus = (from: Readonly<Record<string, unknown>>) => {
      status = String(from['grpc-status'] ?? status);
      message = String(from['grpc-message'] ?? message);
    };
    stream.on('error', finish);
    stream.on('response', (got) => {
      if (got[':status'] !== 200)
        return finish(new GrpcProtocolError(`HTTP status ${got[':status']} instead of a gRPC answer`));
      takeStatus(got);
      if (!on.onOpen) wait();
    });
    stream.on('trailers', takeStatus);
    stream.on('data', (bytes: Buffer) => {
      if (!on.onOpen) wait();
      try {
        on.onBytes(bytes);
      } catch (error) {
        finish(error as Error);
      }
    });
    stream.on('end', () => {
      // Trailers come before the end; a message with a refusal in it counts as the refusal.
      if (status === '0') finish();
      else if (status === '') finish(new GrpcProtocolError('no gRPC status in the answer'));
      else finish(new GrpcError(Number(status), decodePercent(message)));
    });
    const body = encode(fields);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(body.length, 1);
    stream.end(Buffer.concat([prefix, body]));
    const { onOpen } = on;
    // Frames are taken in order: who answers this has seen the request. From then on silence is nothing wrong.
    const ping = () =>
      session.ping((error) => {
        if (isOver || error) return;
        clearTimeout(timer);
        onOpen?.();
      });
    if (onOpen && session.connecting) session.once('connect', ping);
    else if (onOpen) ping();
    return () => finish(undefined, false);
  }

  private acquire(): ClientHttp2Session {
    this.calls++;
    if (this.session && !this.session.closed && !this.session.destroyed) return this.session;
    // ':authority' of a unix socket: gRPC's own clients say localhost.
    const socket = door(connectSocket(this.path));
    this.failure = undefined;
    socket.on('error', (error) => {
      this.failure = error;
    });
    const session = connect('http://localhost', { createConnection: () => socket });
    // Each call listens for it; without any it would be thrown.
    session.on('error', () => {});
    session.setMaxListeners(0);
    this.session = session;
    return session;
  }

  private release(session: ClientHttp2Session): void {
    this.calls--;
    if (this.calls > 0) return;
    if (this.session === session) this.session = undefined;
    session.destroy();
  }
}

/** grpc-message is percent-encoded. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
