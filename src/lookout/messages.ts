/**
 * What the lookout and the parser tell each other, as JSON texts over a SEQPACKET pair. The lookout holds
 * connections to daemons that have all rights; the parser reads the network's bytes. So nothing that the parser
 * asks changes what is watched: that was fixed by the first message.
 */

/** The first message, then `known` messages of type KnownNamespace. Sent before any network byte is read. */
export interface LookoutConfig {
  /** As typed. */
  readonly spec: string;
  /** Targets on the host's network are meant. */
  readonly host: boolean;
  readonly runtime?: string;
  readonly socket?: string;
  /** Nothing has to be there yet. */
  readonly isWaiting: boolean;
  /** Ends with its last member; nothing is waited for. */
  readonly isOnce: boolean;
  /** false: what is watched is fixed; names are told, and owners. */
  readonly isFollowing: boolean;
  /** Processes that hold sockets are looked up. */
  readonly tellsOwners: boolean;
  /** First of the local ports that questions to daemons are asked from; 0: any. */
  readonly questionPorts: number;
  /** Namespaces that are watched already: numbers 0 to known - 1. */
  readonly known: number;
}

/** Who is in a namespace. */
export interface Member {
  readonly runtime: string;
  /** '' without one. */
  readonly id: string;
  readonly name: string;
  /** In our pid namespace; 0 while it is not known yet. */
  readonly pid: number;
  /** /proc/PID/stat field 22; '' for pid 0. */
  readonly startTime: string;
}

export interface KnownNamespace {
  readonly inode: number;
  /** Opens it, while who is in there is there. */
  readonly path: string;
  readonly label: string;
  readonly members: readonly Member[];
}

/** A socket and who holds it. Local '' is any address; remote '' and 0 is any peer. */
export type OwnerRow = readonly [
  transport: 6 | 17,
  local: string,
  localPort: number,
  remote: string,
  remotePort: number,
  pid: number,
  comm: string,
  /** Name of the member it runs in; '' none of them. */
  target: string,
];

/** From the lookout. */
export type News =
  /** The subscriptions stand: from here on nothing that starts is missed. */
  | { readonly news: 'ready' }
  /** The opener has it under that number. Numbers are never used again. */
  | {
      readonly news: 'joined';
      readonly namespace: number;
      readonly inode: number;
      readonly label: string;
      readonly members: readonly Member[];
      /** For people: `web (docker, 3f2a1b2c3d4e)`. */
      readonly text: string;
      /** When the one of the same name before it ended, Unix ms. */
      readonly leftAt?: number;
    }
  /** Others are in it now, or more is known of them. */
  | { readonly news: 'members'; readonly namespace: number; readonly members: readonly Member[] }
  /** All have left it; the opener has let go of it. */
  | {
      readonly news: 'left';
      readonly namespace: number;
      readonly label: string;
      readonly text: string;
      /** Unix ms. */
      readonly at: number;
    }
  /** Names of addresses. */
  | {
      readonly news: 'names';
      readonly names: readonly (readonly [address: string, name: string])[];
      /** Of what was there already: a name that is known for an address stays. */
      readonly isOld?: boolean;
    }
  /** Processes that hold sockets of a watched namespace. */
  | {
      readonly news: 'owners';
      /** Of the namespace. */
      readonly inode: number;
      /** When they were seen, Unix ms. */
      readonly at: number;
      readonly owners: readonly OwnerRow[];
    }
  /** A line for people; marked when it is about one that joined or left. */
  | { readonly news: 'note'; readonly text: string; readonly label: string; readonly mark?: '+' | '-' }
  /** Nothing can join any more: when the last has left, the watch is over. */
  | { readonly news: 'over'; readonly text: string };

/** From the parser: each kind is answered by a line in questions.ts. */
export interface Question {
  readonly ask: string;
}
