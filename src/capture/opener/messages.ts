/**
 * What the opener is asked. The list is short on purpose: it is all that a compromised parser could
 * ask for. Namespaces and output are fixed by the first messages, sent before any network byte is read.
 */
export interface OpenerConfig {
  /** How many messages follow, each with the descriptor of a namespace. */
  readonly namespaces: number;
  readonly output?: OutputSpec;
  readonly saves?: SaveSpec;
  /** Descriptor 4 is the lookout's channel. */
  readonly takesOrders?: boolean;
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

/** Where whoever looks at a capture may save something of it: new files alone, directly in one directory. */
export interface SaveSpec {
  readonly directory: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** A file's name without a way: nothing else is opened in that directory. */
export const savedName = /^[\p{L}\p{N}][\p{L}\p{N} ._+@,=-]{0,199}$/u;
/** Files that one capture may save: more than anybody asks for, too few to fill a disk with names. */
export const maxSaves = 1000;

export type OpenerRequest =
  | { readonly ask: 'save'; readonly name: string }
  | { readonly ask: 'links'; readonly namespace: number }
  | { readonly ask: 'packets'; readonly namespace: number; readonly cooked: boolean }
  | { readonly ask: 'file'; readonly sequence: number; readonly sec: number };

/**
 * What the lookout tells on descriptor 4, when there is one: it alone may add a namespace, with its descriptor
 * in the message, or take one back. It is not answered.
 */
export type OpenerOrder = { readonly add: number } | { readonly drop: number };

export interface OpenerAnswer {
  readonly ok: boolean;
  /** Path of an opened file. */
  readonly path?: string;
  /** What failed and the errno's name, when not ok. */
  readonly message?: string;
  readonly code?: string;
}
