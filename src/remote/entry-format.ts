/**
 * Entries decoded at an agent, as bytes: records behind each other, cut into units anywhere.
 *
 *     uint length of the rest | u8 kind | the kind's own
 *
 * What was said before is told by its place: texts (texts.ts), the names of an exchange's fields, connections. So
 * a record can be read only by who has read all before it, which the stream's numbers see to.
 */
import type { ConnectionState, Exchange, Incompleteness } from '../model/index.ts';

export const RecordKind = {
  /** uint: the Unix second that times count from. Before all that has a time. */
  clock: 1,
  interface: 2,
  /** A connection takes the next place. */
  connection: 3,
  /** A connection that is spoken of again after a long time takes the next place. */
  moved: 4,
  opened: 5,
  waiting: 6,
  exchange: 7,
  conversation: 8,
  /** A connection's end. */
  ended: 9,
  /** A connection as it stands. */
  state: 10,
  frames: 11,
  /** Who holds the ends of a connection, as far as it is known by now. */
  processes: 12,
} as const;

/** Places of connections. A place is told by how many were taken since: 1 is the latest. */
export const connectionPlaces = 16_384;
/**
 * Longest record: two bodies of the greatest --body-limit (16 MiB), what goes with them and heads. Beyond it an
 * entry is left out and counted; who reads takes it for damage.
 */
export const maxRecord = 40 * 1024 * 1024;
/** Of one list: analyzers have limits far below. */
export const maxItems = 65_536;

export const outcomes = [
  'ok',
  'clientError',
  'serverError',
  'failed',
  'unanswered',
  'info',
] as const satisfies readonly Exchange['outcome'][];

export const gaps = [
  'joinedMidStream',
  'bytesLost',
  'bodyCut',
  'noRequest',
  'noResponse',
  'messageCut',
] as const satisfies readonly Incompleteness['kind'][];

export const endings = [
  'fin',
  'rst',
  'refused',
  'unreachable',
  'idle',
  'evicted',
  'captureEnd',
  'open',
] as const satisfies readonly ConnectionState['ended'][];

export const sides = ['client', 'server'] as const;

export const ValueKind = {
  undefined: 0,
  false: 1,
  true: 2,
  text: 3,
  /** 0 to 2^53 - 1 */
  uint: 4,
  number: 5,
  texts: 6,
} as const;

/** Which parts of an exchange follow. */
export const Part = {
  request: 1,
  response: 2,
  messages: 4,
  error: 8,
  missing: 16,
  weirds: 32,
  skipped: 64,
} as const;
/** Which parts of a message. */
export const MessagePart = { heads: 1, body: 2 } as const;
export const BodyPart = { encodings: 1, method: 2, rest: 4 } as const;
/** Which parts of a summary. */
export const SummaryPart = {
  resetBy: 1,
  icmp: 2,
  starts: 4,
  tcp: 8,
  weirds: 16,
  skipped: 32,
} as const;
/** Which parts of a connection. */
export const ConnectionPart = {
  udp: 1,
  joinedMidStream: 2,
  clientIsn: 4,
  serverIsn: 8,
  /** It was told of before: its place follows. */
  before: 16,
  redirected: 32,
  /** Of a stream that was encrypted: version and cipher follow. */
  secured: 64,
} as const;
/** Of an end; unseen: it is held here, and by whom was not seen. */
export const ProcessKind = { unknown: 0, unseen: 1, seen: 2, viaListener: 3 } as const;
/** Which measures of TCP there are. */
export const TcpPart = { serverHandshake: 1, clientHandshake: 2, clientRtt: 4, serverRtt: 8 } as const;

/** Counts of a summary, in order. */
export const summaryCounts = [
  'clientBytes',
  'serverBytes',
  'clientPackets',
  'serverPackets',
  'clientWireBytes',
  'serverWireBytes',
  'lostBytes',
  'exchanges',
] as const;

/** Counts of what one side of a TCP connection sent, in order. */
export const tcpCounts = [
  'segments',
  'retransmitted',
  'lateFills',
  'repeatedSyns',
  'overtaken',
  'zeroWindows',
  'shutNs',
] as const;
