/** One interface frames come from: a device of a namespace, or an interface block of a file. */
export interface CaptureInterface {
  /** Dense, 0-based within the source. */
  readonly id: number;
  /** What people call it: `upbeat/eth0` live, the block's if_name in a pcapng, else ''. */
  readonly name: string;
  /** LINKTYPE_ value, https://www.tcpdump.org/linktypes.html */
  readonly linktype: number;
  /** Bytes kept of a frame at most; 0 = unlimited. */
  readonly snaplen: number;
  /**
   * Identity of the network namespace: frames of one namespace share a connection table. 0 for
   * files without that knowledge.
   */
  readonly netns: number;
  /** Target the namespace belongs to, for labels ('' when unknown). */
  readonly target: string;
  /** Captured by a big-endian machine, whose order the header of LINKTYPE_NULL is in. Left out: not. */
  readonly isBigEndian?: boolean;
  /** What a reader of a file should know of it: a gap before it. */
  readonly comment?: string;
}

/** LINKTYPE_ values Porthole knows by name. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  raw: 101,
  ieee80211: 105,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;
