/** What may wait for a decision, and for how long. */
const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Bytes of frames that wait, all together: half a second of a saturated gigabit link. */
  heldBytes: 64 * MiB,
  /** Frames that wait: small ones take more than their bytes. */
  heldFrames: 100_000,
  /** Seconds of packet time a frame waits at most: a reader of a live capture should not notice. */
  holdSeconds: 1,
  /** Connections known at once: each keeps up to two contexts. */
  connections: 8192,
  /** Of those that are over, so many are still known, for what is sent again. */
  closed: 1024,
  /** Text is looked at in pieces of this size ... */
  window: 64 * KiB,
  /** ... and with so much of what came before: longer secrets are masked on without it. */
  context: 8 * KiB,
  /** A head of HTTP/1: servers refuse above 8 to 64 KiB. */
  head: 64 * KiB,
  /** A compressed body, and what it unfolds to; larger ones are masked whole. */
  encoded: MiB,
  decoded: 16 * MiB,
  /** Masks of one direction that are remembered, for what is sent again. */
  marks: 4096,
  /** Streams of one HTTP/2 connection: RFC 9113 suggests no less than 100. */
  streams: 1024,
  /** A header block of HTTP/2 in pieces. */
  block: 256 * KiB,
  /** No receiver's window reaches further: what is beyond is no part of the stream. */
  ahead: 32 * MiB,
} as const;
