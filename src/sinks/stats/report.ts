/**
 * The report as data: what `--json` prints and what the text is made of. docs/stats.schema.json is its schema;
 * within a version keys are only ever added. Times are RFC 3339, durations nanoseconds, bytes those of whole
 * frames unless they say otherwise.
 */
import type { LossKind } from '../../model/index.ts';
import type { Outcome } from './outcomes.ts';

export const version = 1;

export type TalkerOrder = 'bytes' | 'packets' | 'connections';

export interface Latency {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

export interface Peer {
  readonly address: string;
  readonly port: number;
  readonly name?: string;
}

export type Counted = Record<'packets' | 'bytes' | 'exchanges', number>;
export type Recent = Counted & { readonly durationNs: number };
export type OutcomeCounts = Partial<Record<Outcome, number>>;
/** Rows that are not shown, summed. */
export type Others<T> = T & { readonly rows: number };

export interface Figures {
  readonly connections: number;
  readonly clientPackets: number;
  readonly serverPackets: number;
  readonly clientBytes: number;
  readonly serverBytes: number;
}

export interface TalkerEntry extends Figures {
  readonly client: Omit<Peer, 'port'>;
  readonly server: Peer;
  readonly transport: 'tcp' | 'udp';
}

export interface ProtocolEntry {
  readonly protocol: string;
  /** false: no protocol of ours was found on these connections. */
  readonly decoded: boolean;
  readonly connections: number;
  readonly bytes: number;
  readonly exchanges: number;
  readonly outcomes: OutcomeCounts;
  readonly latency?: Latency;
}

export interface EndpointFigures {
  readonly exchanges: number;
  readonly outcomes: OutcomeCounts;
  readonly latency?: Latency;
}

export interface EndpointEntry extends EndpointFigures {
  readonly protocol: string;
  readonly server: Peer;
  readonly operation: string;
  readonly subject: string;
}

export interface ErrorEntry {
  readonly protocol: string;
  readonly server: Peer;
  readonly operation: string;
  readonly subject: string;
  readonly result: string;
  readonly outcome: Outcome;
  readonly count: number;
}

export interface SideEntry {
  readonly segments: number;
  readonly retransmitted: number;
  readonly lateFills: number;
  readonly repeatedSyns: number;
  readonly overtaken: number;
  readonly zeroWindows: number;
  readonly shutNs: number;
  readonly rtt?: {
    readonly count: number;
    readonly meanNs: number;
    readonly minNs: number;
    readonly maxNs: number;
  };
}

export interface TcpFigures {
  readonly connections: number;
  readonly refused: number;
  readonly unanswered: number;
  readonly resetByClient: number;
  readonly resetByServer: number;
  readonly clientSent: SideEntry;
  readonly serverSent: SideEntry;
  readonly serverHandshake?: Latency;
  readonly clientHandshake?: Latency;
}

export interface TcpEntry extends TcpFigures {
  readonly server: Peer;
}

export interface SlowEntry {
  readonly time: string;
  readonly durationNs: number;
  readonly protocol: string;
  readonly client: Omit<Peer, 'port'>;
  readonly server: Peer;
  readonly operation: string;
  readonly subject: string;
  readonly result: string;
  readonly outcome: Outcome;
}

export interface LossEntry {
  readonly kind: LossKind | 'streamBytes' | 'incompleteExchanges';
  readonly count: number;
}

export interface Report {
  readonly v: typeof version;
  readonly type: 'stats';
  /** false: another follows. */
  readonly final: boolean;
  /** Absent when nothing was captured. */
  readonly from?: string;
  readonly to?: string;
  /** What rates are over. */
  readonly durationNs: number;
  readonly total: Counted & {
    readonly connections: number;
    /** Of connections, so TCP and UDP. */
    readonly connectionPackets: number;
    readonly outcomes: OutcomeCounts;
  };
  readonly rates: {
    /** A second; absent when there is no time to speak of. */
    readonly average?: Counted;
    /** The busiest second of each. */
    readonly peak: Counted;
    /** Since the report before. */
    readonly recent?: Recent;
    readonly stepSeconds: number;
    readonly course: readonly Counted[];
  };
  readonly undecoded: { readonly bytes: number; readonly share: number };
  readonly protocols: readonly ProtocolEntry[];
  readonly talkers: readonly TalkerEntry[];
  readonly otherTalkers?: Others<Figures>;
  readonly endpoints: readonly EndpointEntry[];
  readonly otherEndpoints?: Others<EndpointFigures>;
  readonly errors: readonly ErrorEntry[];
  readonly otherErrors?: Others<{ readonly count: number }>;
  readonly tcp: TcpFigures;
  readonly tcpServers: readonly TcpEntry[];
  readonly otherTcpServers?: Others<TcpFigures>;
  readonly slowest: readonly SlowEntry[];
  readonly losses: readonly LossEntry[];
}
