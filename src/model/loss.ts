import type { CaptureInterface } from './interface.ts';

/**
 * Loss is data: it travels the same road as frames and every sink prints it.
 * - kernelDrop: the kernel had no room in the ring (PACKET_STATISTICS tp_drops)
 * - freeze: how often the ring was full (tp_freeze_q_cnt)
 * - snaplen: frames cut by the snap length
 * - evicted: connections or fragments forgotten because a memory limit was reached
 * - shed: entries not printed because the reader of the output was too slow
 * - damaged: the capture file is corrupt or cut off at `offset`
 */
export type LossKind = 'kernelDrop' | 'freeze' | 'snaplen' | 'evicted' | 'shed' | 'damaged';

export interface Loss {
  readonly kind: LossKind;
  /** How many more since the last report of this kind. */
  readonly count: number;
  readonly iface?: CaptureInterface;
  /** One sentence for people, when the kind alone does not say it. */
  readonly detail?: string;
}

/** Totals of one source, as tcpdump prints them at exit plus Porthole's own. */
export interface SourceCounters {
  /** Frames handed to the sinks. */
  captured: number;
  /** Frames that passed the kernel filter, dropped ones included. */
  received: number;
  dropped: number;
  freezes: number;
  snaplenCut: number;
  /** Doubles left out: loopback's second copy, stacked interfaces. */
  duplicates: number;
}
