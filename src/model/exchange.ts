import type { Connection } from './connection.ts';
import type { ProbeKind } from './surroundings.ts';
import type { Timestamp } from './time.ts';

export type FieldValue = string | number | boolean | readonly string[] | undefined;

/**
 * What is missing from an exchange; empty when nothing is.
 * - joinedMidStream: capture began inside this connection or message
 * - bytesLost: `bytes` of the stream were not captured
 * - bodyCut: only `bytes` of the body were kept (the cap)
 * - noRequest / noResponse: never seen (one-sided capture, connection ended, capture ended)
 * - messageCut: the message had not ended when the connection or capture did
 */
export interface Incompleteness {
  readonly kind: 'joinedMidStream' | 'bytesLost' | 'bodyCut' | 'noRequest' | 'noResponse' | 'messageCut';
  readonly side?: 'request' | 'response';
  readonly bytes?: number;
}

/** Payload of a message, framing (chunks) removed, content encodings still on. */
export interface Body {
  readonly bytes: Uint8Array;
  /** Length on the wire, framing removed; greater than bytes.length when cut. */
  readonly totalLength: number;
  readonly contentType: string;
  /** Content-Encoding, in order applied, lower case: 'gzip', 'br' ... */
  readonly encodings: readonly string[];
  /** Of a message of a remote call: '/package.Service/Method', for who knows its schema. */
  readonly method?: string;
}

/** One protocol unit in one direction. */
export interface Message {
  /** First and last byte. */
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  /** Bytes on the stream, head and framing included. */
  readonly wireBytes: number;
  /** First line as sent ('GET / HTTP/1.1'), '' where a protocol has none. */
  readonly startLine: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly trailers: readonly (readonly [name: string, value: string])[];
  readonly body?: Body;
  /**
   * The head as it was sent, one byte a character, where start line and headers are all in it as they stand: what
   * is not in it is in none of them, and none of them need be made.
   */
  readonly rawHead?: string | undefined;
}

/** One of several messages that a request or a response is made of (gRPC). */
export interface StreamMessage {
  readonly side: 'request' | 'response';
  /** Last byte. */
  readonly at: Timestamp;
  /** Framing included. */
  readonly wireBytes: number;
  readonly body: Body;
}

/**
 * What went wrong on the way, where no message says it: the connection was refused or reset, nobody answered, an
 * ICMP error came. What a protocol's own messages say (a status code) is in its fields.
 */
export interface ExchangeError {
  /** One of few texts, for counting: 'connection refused', 'reset by server', 'no answer', 'port unreachable'. */
  readonly kind: string;
  /** The same with its figures: 'no answer to 3 SYNs in 3.0 s', 'port unreachable from 10.0.0.2'. */
  readonly text: string;
}

/**
 * Request and response. The unit every sink shows.
 *
 * A connection that failed is one too: protocol 'tcp' or 'udp', unless a protocol had an exchange under way on it,
 * which then has the `error`. It is told once: of a connection with exchanges, failed ones included, there is no
 * `conversation`.
 */
export interface Exchange {
  /** ProtocolModule.name */
  readonly protocol: string;
  readonly connection: Connection;
  readonly request?: Message;
  readonly response?: Message;
  /**
   * What request and response are made of, in the order in which it came, where a protocol knows more than
   * their bodies; the first some of them when there are many. Sinks show them in the bodies' place.
   */
  readonly messages?: readonly StreamMessage[];
  /** First byte of the request (of the response when there is none). */
  readonly startAt: Timestamp;
  /** Last byte seen. */
  readonly endAt: Timestamp;
  /** Keys are the module's declared FieldSpec names. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** For people and colour: did it go well? 'open' is never emitted as finished. */
  readonly outcome: 'ok' | 'clientError' | 'serverError' | 'failed' | 'unanswered' | 'info';
  readonly missing: readonly Incompleteness[];
  /** An outcome but ok and info: why, where the protocol's fields do not say it. */
  readonly error?: ExchangeError;
  /** The kubelet asks whether the pod is well: by which of its probes. */
  readonly probe?: readonly ProbeKind[];
  /** Oddities, snake_case with the protocol first: 'http_bare_lf'. */
  readonly weirds: readonly string[];
}
