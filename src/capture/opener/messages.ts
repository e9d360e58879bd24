/**
 * What the opener is asked. The list is short on purpose: it is all that a compromised parser could
 * ask for. Targets and output paths are fixed by the first message, sent before any network byte is read.
 */
export interface OpenerConfig {
  readonly namespaces: readonly NamespaceSpec[];
  readonly output?: OutputSpec;
}

export interface NamespaceSpec {
  readonly path: string;
  /** Refused when the file's inode is another one by now. */
  readonly inode: number;
  /** Process that the path belongs to, with its start time: refused when that is another process now. 0 = none. */
  readonly pid: number;
  readonly startTime: string;
  /** For messages. */
  readonly label: string;
}

export interface OutputSpec {
  /** As given to -w. */
  readonly base: string;
  /** Rotation plan, see pcap/rotation.ts. */
  readonly plan: unknown;
  /** Owner of the files. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export type OpenerRequest =
  | { readonly ask: 'links'; readonly namespace: number }
  | { readonly ask: 'packets'; readonly namespace: number; readonly cooked: boolean }
  | { readonly ask: 'file'; readonly sequence: number; readonly sec: number };

export interface OpenerAnswer {
  readonly ok: boolean;
  /** Path of an opened file. */
  readonly path?: string;
  /** What failed and the errno's name, when not ok. */
  readonly message?: string;
  readonly code?: string;
}
