/**
 * HTTP/1.1 client side, one request a connection, over a unix socket or plain TCP (RFC 9112).
 * Not node:http: loading that module costs more than all else it takes to find a container.
 */
import { connect, type Socket } from 'node:net';
import { door } from '../doors.ts';
import { nextPort } from '../question-ports.ts';

/** Where a daemon listens. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/** A status line and headers this long come from something that is no Docker daemon. */
const headBytesMax = 64 * 1024;
/** Ten thousand containers list in about 20 MB. */
const bodyBytesMax = 64 * 1024 * 1024;

/** A daemon that sends a byte now and then is no better than a silent one: so many silences at most. */
const silencesMax = 5;

/** Not HTTP, cut short, or too long: the other end is no Docker daemon, or is broken. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
}

/** No byte for too long. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

/** Takes the bytes of one response as they come, cut anywhere. */
export class ResponseReader {
  status = 0;
  readonly headers = new Map<string, string>();
  /** The whole body has been seen. */
  done = false;
  private readonly onBody: (bytes: Buffer) => void;
  private head: Buffer = Buffer.alloc(0);
  /** Bytes of the body, or of the chunk, still to come; -1 until the connection closes. */
  private left = -1;
  private state: 'head' | 'body' | 'size' | 'chunk' | 'chunk-end' | 'trailer' = 'head';
  private line = '';

  constructor(onBody: (bytes: Buffer) => void) {
    this.onBody = onBody;
  }

  /** Throws HttpError. */
  push(bytes: Buffer): void {
    let at = 0;
    if (this.state === 'head') {
      const before = this.head.length;
      this.head = Buffer.concat([this.head, bytes]);
      const end = this.head.indexOf('\r\n\r\n');
      if (end < 0) {
        if (this.head.length > headBytesMax) throw new HttpError('endless HTTP headers');
        if (!'HTTP/1.'.startsWith(this.head.toString('latin1', 0, 7)))
          throw new HttpError('not an HTTP answer');
        return;
      }
      this.parseHead(this.head.toString('latin1', 0, end));
      at = end + 4 - before;
      this.head = Buffer.alloc(0);
    }
    while (at < bytes.length && !this.done) {
      if (this.state === 'body' || this.state === 'chunk') {
        const to = this.left < 0 ? bytes.length : Math.min(bytes.length, at + this.left);
        this.onBody(bytes.subarray(at, to));
        if (this.left >= 0) this.left -= to - at;
        at = to;
        if (this.left === 0) {
          if (this.state === 'body') this.done = true;
          else this.state = 'chunk-end';
        }
      } else {
        const end = bytes.indexOf(10, at);
        this.line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
        if (this.line.length > headBytesMax) throw new HttpError('endless line in a chunked answer');
        if (end < 0) return;
        at = end + 1;
        this.endLine();
      }
    }
  }

  /** The connection was closed. Throws HttpError when the answer is not whole. */
  end(): void {
    if (this.done) return;
    if (this.state === 'body' && this.left < 0) this.done = true;
    else
      throw new HttpError(
        this.state === 'head' && this.head.length === 0
          ? 'the connection was closed without an answer'
          : 'the answer was cut short',
      );
  }

  private parseHead(text: string): void {
    const [first, ...lines] = text.split('\r\n');
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first!);
    if (!status) throw new HttpError('not an HTTP answer');
    this.status = Number(status[1]);
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0) this.headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const length = this.headers.get('content-length');
    // RFC 9112 section 6.3: the order of these matters.
    if (this.status < 200 || this.status === 204 || this.status === 304) this.done = true;
    else if (/\bchunked$/i.test(this.headers.get('transfer-encoding') ?? '')) this.state = 'size';
    else {
      this.state = 'body';
      if (length !== undefined) {
        if (!/^\d{1,15}$/.test(length)) throw new HttpError(`Content-Length '${length}'`);
        this.left = Number(length);
        if (this.left === 0) this.done = true;
      }
    }
  }

  /** A line of the chunked framing is whole: RFC 9112 section 7.1. */
  private endLine(): void {
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    if (this.state === 'size') {
      const size = /^([0-9a-f]{1,12})\s*(?:;|$)/i.exec(line);
      if (!size) throw new HttpError('bad chunk size');
      this.left = Number.parseInt(size[1]!, 16);
      this.state = this.left === 0 ? 'trailer' : 'chunk';
    } else if (this.state === 'chunk-end') {
      if (line !== '') throw new HttpError('chunk longer than its size');
      this.state = 'size';
    } else if (line === '') this.done = true;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

function send(address: Address, path: string): Socket {
  const localPort = 'host' in address ? nextPort() : undefined;
  const socket = door(connect(localPort === undefined ? address : { ...address, localPort }));
  const host = 'host' in address ? `${address.host}:${address.port}` : 'docker';
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: porthole\r\nAccept: application/json\r\nConnection: close\r\n\r\n`,
  );
  return socket;
}

/**
 * One GET. Rejects with the system error of connect(2), SilenceError after `silenceMs` without a
 * byte, or HttpError.
 */
export function get(address: Address, path: string, silenceMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const reader = new ResponseReader((bytes) => {
      length += bytes.length;
      if (length > bodyBytesMax) throw new HttpError(`an answer of more than ${bodyBytesMax} bytes`);
      parts.push(bytes);
    });
    const socket = send(address, path);
    const silent = () => settle(new SilenceError(`no answer within ${silenceMs} ms`));
    const deadline = setTimeout(silent, silencesMax * silenceMs);
    const settle = (error?: unknown) => {
      clearTimeout(deadline);
      endQuestion(socket);
      if (error) reject(error);
      else resolve({ status: reader.status, headers: reader.headers, body: Buffer.concat(parts) });
    };
    socket.setTimeout(silenceMs, silent);
    socket.on('error', settle);
    socket.on('data', (bytes) => {
      try {
        reader.push(bytes);
        if (reader.done) settle();
      } catch (error) {
        settle(error);
      }
    });
    socket.on('end', () => {
      try {
        reader.end();
        settle();
      } catch (error) {
        settle(error);
      }
    });
  });
}

/** A port of our own is free at once: closed in order it would wait for stragglers (TIME_WAIT). */
function endQuestion(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

export interface Streaming {
  readonly status: number;
  close(): void;
}

/**
 * A GET whose body does not end. Resolves when the headers are here (rejects as `get` does); then
 * `onBody` gets each piece and `onEnd` the reason the stream ended, once, unless it was closed.
 */
export function stream(
  address: Address,
  path: string,
  silenceMs: number,
  onBody: (bytes: Buffer) => void,
  onEnd: (reason: Error) => void,
): Promise<Streaming> {
  return new Promise((resolve, reject) => {
    const reader = new ResponseReader(onBody);
    const socket = send(address, path);
    let open = false;
    let closed = false;
    const close = () => {
      closed = true;
      endQuestion(socket);
    };
    const end = (reason: Error) => {
      if (closed) return;
      close();
      if (open) onEnd(reason);
      else reject(reason);
    };
    socket.setTimeout(silenceMs, () => end(new SilenceError(`no answer within ${silenceMs} ms`)));
    socket.on('error', end);
    socket.on('data', (bytes) => {
      try {
        reader.push(bytes);
      } catch (error) {
        end(error as Error);
        return;
      }
      if (!open && reader.status !== 0) {
        open = true;
        // Nothing happening for hours is nothing wrong.
        socket.setTimeout(0);
        resolve({ status: reader.status, close });
      }
      if (reader.done) end(new HttpError('the stream ended'));
    });
    socket.on('end', () => end(new HttpError('the connection was closed')));
  });
}
