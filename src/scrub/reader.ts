/** What reads one direction of a stream and decides which of its bytes are masked. */
import type { Platform } from '../model/index.ts';
import type { Finders, Tally } from '../redact/index.ts';

/** Bytes come in order; positions count from the first byte of the direction that was seen. */
export interface Reader {
  data(bytes: Uint8Array, pos: number): void;
  /** [pos, pos + length) was not captured. */
  gap(pos: number, length: number): void;
  /** Decides about all that has come, with what is known now; more may follow. */
  settle(): void;
  /** The direction is over. */
  end(): void;
  /** Of all that has come, this is the first byte that is not decided about. */
  readonly decided: number;
}

/** A text within a stream: a body, a message. */
export interface Unit {
  /** @param key four bytes that the bytes are masked with (WebSocket), and where in them it begins */
  add(bytes: Uint8Array, pos: number, key?: Uint8Array, phase?: number): void;
  /** Something is missing here. */
  gap(): void;
  settle(): void;
  finish(): void;
  /** First byte not decided about; Infinity: none waits. */
  readonly pendingFrom: number;
}

/** What could not be judged, and why: it is masked whole. */
export type Reason =
  | 'encoded'
  | 'late'
  | 'fragment'
  | 'tunnel'
  | 'quoted'
  | 'not in order'
  | 'sent again'
  | 'header table lost';

export interface Tools {
  readonly finders: Finders;
  readonly platform: Platform;
  readonly tally: Tally;
  /** Bytes that were masked without having been judged. */
  blank(reason: Reason, bytes: number): void;
}

/** What readers may do with their direction. */
export interface Track {
  readonly tools: Tools;
  /** [from, to) is masked, with these bytes instead, else with stars. */
  mark(from: number, to: number, bytes?: Uint8Array): void;
  /** Another reader takes over, from the byte at `pos` on. */
  become(reader: Reader, rest: Uint8Array, pos: number): void;
  readonly peer: Track;
  /** Of the connection, shared by both directions. */
  readonly talk: Talk;
  readonly reader: Reader;
}

/** What both directions of a connection of HTTP/1 have to know of each other. */
export interface Talk {
  /** Methods of requests that wait for their answer. */
  readonly methods: string[];
  /** What the last request asked to become. */
  upgrade: string;
}
