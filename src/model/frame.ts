import type { CaptureInterface } from './interface.ts';

/** Direction as the capturing interface saw it; `PACKET_OUTGOING` is 'out'. */
export const Direction = { unknown: 0, in: 1, out: 2 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/**
 * Captured bytes. Sources reuse one Frame: it and its bytes are valid only during the call that
 * hands it over. Who keeps bytes copies them.
 */
export interface Frame {
  /**
   * What holds the frame (a file chunk or a ring block): never index it outside start..start+capLen. A plain
   * Uint8Array, no Buffer: its slice() is a copy.
   */
  buf: Uint8Array;
  start: number;
  /** Bytes captured. */
  capLen: number;
  /** Bytes on the wire; greater than capLen when the snap length cut the frame. */
  origLen: number;
  /** Unix time: whole seconds and nanoseconds within the second. */
  sec: number;
  nsec: number;
  iface: CaptureInterface;
  direction: Direction;
  /** 1-based ordinal within the source. */
  number: number;
  /** The kernel says the checksum is filled in later (offload): do not judge it. */
  checksumNotReady: boolean;
}
