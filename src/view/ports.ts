/**
 * What a face (terminal, page) asks of the desk, and what it gets: plain data, so that the answer may cross a
 * socket or come from a worker. Texts are for people, control characters made visible, secrets masked.
 */
import type { Exchange, Sink } from '../model/index.ts';

/** A row of the list. Ids are given in order of arrival, from 1, and never again. */
export interface Row {
  readonly id: number;
  /** Unix milliseconds, with a fraction, of its first byte. */
  readonly at: number;
  /** undefined: under way. */
  readonly durationNs: number | undefined;
  readonly kind: 'exchange' | 'conversation' | 'loss' | 'note';
  /** Short name (`http`), for colour and filters; '' for loss and notes. */
  readonly protocol: string;
  readonly outcome: Exchange['outcome'] | 'open';
  readonly target: string;
  readonly client: string;
  readonly server: string;
  /** By the roles of the declared fields: `GET`, `/a/b`, `200 OK`. Notes and losses: all in `subject`. */
  readonly operation: string;
  readonly subject: string;
  readonly result: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Something of it is not there: gaps, cut bodies. */
  readonly isIncomplete: boolean;
  readonly isMarked: boolean;
  /** Of chosen columns beyond these, in the order asked for. */
  readonly extra: readonly string[];
}

/** A column that can be chosen: the fixed ones, and every field that is declared. */
export interface Column {
  /** `time`, `duration` ..., or a field's name in the query language. */
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly align: 'left' | 'right';
}

export interface Order {
  readonly column: string;
  readonly descending: boolean;
}

/** What is listed. The list of it is kept up to date while entries come. */
export interface Wanted {
  readonly query: string;
  /** Arrival when there is none. */
  readonly order?: Order;
  readonly marked?: boolean;
  /** Names of extra columns. */
  readonly columns?: readonly string[];
}

/** A list as it stands; `revision` changes with every change. Positions are from 0. */
export interface ListState {
  readonly revision: number;
  readonly length: number;
  /** Entries looked at by the query, for `n of m`; it is not done while fewer than `held`. */
  readonly examined: number;
}

export interface DeskState {
  /** Entries there are now, and all that ever came. */
  readonly held: number;
  readonly seen: number;
  /** Entries let go of because of the limits: the edge, marked in both faces. */
  readonly let: number;
  readonly bytes: number;
  readonly limits: Limits;
  /** Shed before they came here: a view that was too slow. */
  readonly shed: number;
  readonly losses: readonly { readonly kind: string; readonly count: number; readonly detail: string }[];
  readonly notes: readonly string[];
  /** Targets with entries per second of the last seconds. */
  readonly rates: readonly {
    readonly target: string;
    readonly perSecond: number;
    readonly bytesPerSecond: number;
  }[];
  /** Entries that statistics and maps which are asked for have yet to look at. */
  readonly behind?: number;
  readonly isLive: boolean;
}

export interface Limits {
  readonly entries: number;
  /** Of entries with headers and bodies, estimated. */
  readonly bytes: number;
  /** Of packets, for the packets of an exchange. */
  readonly packetBytes: number;
}

export interface Validity {
  readonly state: 'empty' | 'valid' | 'incomplete' | 'wrong';
  readonly message: string;
  /** Of what is wrong, in the query. */
  readonly from: number;
  readonly to: number;
}

export interface Candidate {
  readonly text: string;
  readonly description: string;
  /** What it takes the place of. */
  readonly from: number;
  readonly to: number;
}

/** One exchange, opened. Sections in the order in which they are shown. */
export interface Detail {
  readonly row: Row;
  readonly title: string;
  readonly sections: readonly Section[];
  readonly timing: Timing;
  readonly connection: readonly Fact[];
  /** What is not there, in words. */
  readonly missing: readonly string[];
  /** Actions that make sense for it. */
  readonly copies: readonly CopyAs[];
}

export interface Fact {
  readonly label: string;
  readonly value: string;
  /** A query that selects what has the same value; '' when there is none: click any value to filter. */
  readonly query: string;
}

export interface Section {
  readonly side: 'request' | 'response' | 'both';
  /** Request, Response, Message 3 ... */
  readonly title: string;
  readonly startLine: string;
  readonly facts: readonly Fact[];
  readonly headers: readonly Fact[];
  readonly trailers: readonly Fact[];
  readonly body?: BodyShown;
}

export interface BodyShown {
  readonly contentType: string;
  readonly viewer: 'json' | 'form' | 'text' | 'html' | 'xml' | 'image' | 'protobuf' | 'rows' | 'hex';
  /** Pretty-printed for people; '' when only bytes make sense. */
  readonly text: string;
  /** The bytes with encodings undone, masked; cut at a limit of the asker. */
  readonly bytes: Uint8Array;
  readonly totalLength: number;
  readonly isWhole: boolean;
  /** Encodings that could not be undone. */
  readonly encodings: readonly string[];
}

/** Phases as browsers name them, in nanoseconds; undefined where packets do not tell. */
export interface Timing {
  readonly dnsNs?: number;
  readonly connectNs?: number;
  readonly tlsNs?: number;
  readonly sendNs?: number;
  readonly waitNs?: number;
  readonly receiveNs?: number;
  readonly totalNs?: number;
}

export interface PacketRow {
  /** In the capture, from 1. */
  readonly number: number;
  readonly at: number;
  readonly from: 'client' | 'server' | '';
  /** On the wire. */
  readonly length: number;
  /** As `porthole dump -nn` has it. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** A piece of a stream, one direction, in order. */
export interface StreamPiece {
  readonly side: 'client' | 'server';
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Bytes before it that were never captured. */
  readonly gap: number;
}

export type CopyAs = 'url' | 'curl' | 'fetch' | 'httpie' | 'har' | 'json' | 'raw' | 'mermaid';
export type SaveAs = 'pcapng' | 'har' | 'json' | 'mermaid' | 'svg';
/** Which entries: those of a query, the marked ones, or some. */
export type Which =
  | { readonly query: string }
  | { readonly marked: true }
  | { readonly ids: readonly number[] };

export interface Saved {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly fileName: string;
  /** What is not in it, in words: packets that were let go of, bodies that were cut. */
  readonly missing: readonly string[];
}

/** Over time: one bin a period. */
export interface Series {
  readonly fromMs: number;
  readonly binMs: number;
  readonly entries: readonly number[];
  readonly errors: readonly number[];
  readonly bytes: readonly number[];
  /** Nanoseconds; NaN where nothing was. */
  readonly p50: readonly number[];
  readonly p95: readonly number[];
  readonly p99: readonly number[];
  /** Columns are bins, rows `edgesNs` apart: how many took so long. */
  readonly heat: readonly (readonly number[])[];
  readonly edgesNs: readonly number[];
}

export interface Group {
  readonly key: string;
  readonly query: string;
  readonly count: number;
  readonly errors: number;
  readonly bytes: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
}

export interface Statistics {
  readonly total: Group;
  readonly series: Series;
  readonly byProtocol: readonly Group[];
  readonly byOperation: readonly Group[];
  readonly byPeer: readonly Group[];
  readonly byError: readonly Group[];
}

/** Who talks to whom. */
export interface TrafficMap {
  readonly nodes: readonly { readonly name: string; readonly isTarget: boolean; readonly query: string }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly protocols: readonly string[];
    readonly group: Group;
    readonly perSecond: number;
  }[];
  /** Left out because there are too many, lightest first. */
  readonly more: number;
}

/** The model behind both faces. Bytes of packets and times come in through `sink`; nothing here has a clock. */
export interface Desk {
  readonly sink: Sink;
  /** Milliseconds since the epoch, from whoever has a clock: rates, durations of what is under way. */
  turn(nowMs: number): void;
  state(): DeskState;
  columns(): readonly Column[];
  /** A list that is kept; `close` lets go of it. A wrong query lists nothing and says so in `check`. */
  list(wanted: Wanted): List;
  check(query: string): Validity;
  complete(query: string, cursor: number): readonly Candidate[];
  detail(id: number): Detail | undefined;
  mark(id: number, isMarked: boolean): void;
  packets(id: number, limit: number): { readonly rows: readonly PacketRow[]; readonly missing: string };
  stream(
    id: number,
    limitBytes: number,
  ): { readonly pieces: readonly StreamPiece[]; readonly missing: string };
  copy(id: number, as: CopyAs): string;
  save(which: Which, as: SaveAs): Saved;
  statistics(query: string, bins: number): Statistics;
  map(query: string, edges: number): TrafficMap;
  clear(): void;
}

export interface List {
  state(): ListState;
  /** At most `count` from position `from`. */
  rows(from: number, count: number): readonly Row[];
  /** Position of an entry, or of the next one that is listed when it is not; -1 when there is none. */
  position(id: number): number;
  /** The position of the next row from `from` whose texts contain `text`; -1. */
  find(text: string, from: number, backwards: boolean): number;
  close(): void;
}
