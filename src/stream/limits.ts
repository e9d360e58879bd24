const second = 1e9;
const KiB = 1024;
const MiB = 1024 * KiB;

/** All memory this room may take, and how long it waits. Times in nanoseconds of packet time. */
export interface StreamLimits {
  /** Connections known at once. Closed ones go first, then those that never opened; the quietest of them. */
  readonly connections: number;
  /** Bytes held behind a hole in one direction, and in all together. */
  readonly pendingBytes: number;
  readonly pendingTotal: number;
  /** A hole that no acknowledgement has spoken of for so long is called lost. */
  readonly holeNs: number;
  readonly tcpIdleNs: number;
  /** One side has ended, and neither speaks. */
  readonly closingNs: number;
  /** After the last of three SYNs that nobody answered; twice as long after each one that follows. */
  readonly openingNs: number;
  readonly udpIdleNs: number;
  /** A question and its answer, or two of each: more is hardly to come. */
  readonly answeredNs: number;
  readonly lingerNs: number;
}

export const defaultLimits: StreamLimits = {
  // What a busy proxy holds (100,000), and some room. 1.1 KiB each until it speaks, 3.5 KiB with an
  // HTTP analyzer and a request under way: 450 MiB when all are in use.
  connections: 131_072,
  // One hole holds up what follows for a round trip: a receive window, which tcp_rmem lets grow to 6 MiB.
  pendingBytes: 8 * MiB,
  pendingTotal: 32 * MiB,
  // Retransmission timers start at 1 s (RFC 6298 section 2.1): five tries have had their chance.
  holeNs: 5 * second,
  // Pools keep connections for hours; forgetting one costs its names and its place in the protocol.
  tcpIdleNs: 2 * 3600 * second,
  // nf_conntrack_tcp_timeout_fin_wait; what still flows in one direction keeps it open.
  closingNs: 120 * second,
  // Whoever is silent for longer has given up: SYNs are sent again after 1, 2, 4 ... s (RFC 6298 section 2.1),
  // older systems began with 3 s (RFC 1122 section 4.2.3.1) and so wait 12 s after the third.
  openingNs: 13 * second,
  // nf_conntrack_udp_timeout; resolvers ask again after 5 s, so an unanswered question is told by then.
  udpIdleNs: 30 * second,
  // Twice the time after which resolvers ask again (RES_TIMEOUT): a late second answer still finds its place.
  answeredNs: 10 * second,
  // Late retransmissions of a closed connection belong to it, not to a new one.
  lingerNs: 10 * second,
};
