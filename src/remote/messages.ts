/**
 * What a client and an agent say to each other. The client speaks in lines of JSON, the agent in units
 * (frames.ts). Nothing is written by the agent before it was spoken to: an attach that comes later than the
 * process has started would miss it.
 */

/** Raised when one side cannot understand the other any more. */
export const protocolVersion = 1;

/** A pod to be watched on this node. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Hello {
  readonly say: 'hello';
  /** Versions of the protocol that the client speaks. */
  readonly versions: readonly number[];
  /** Of the program, for messages. */
  readonly release: string;
  /** 32 hexadecimal digits, made up for this connection. */
  readonly nonce: string;
  /** A session that goes on after its connection broke; `next`: the unit that is waited for. */
  readonly resume?: { readonly session: string; readonly next: number };
  /** What lets a client in where everybody can connect. */
  readonly token?: string;
  readonly want?: Want;
}

export interface Want {
  readonly pods: readonly PodRef[];
  /** Filter as typed; compiled at the agent. */
  readonly filter: string;
  readonly snaplen: number;
  /** Of a ring, bytes; 0: the agent's default. */
  readonly ringBytes: number;
  /** Of bodies kept, where the agent decodes. */
  readonly bodyLimit: number;
  readonly mode: 'packets' | 'exchanges';
  /** Who asks, for the audit line. */
  readonly who: string;
}

export type ClientLine =
  | Hello
  | { readonly say: 'ack'; readonly next: number }
  | { readonly say: 'add'; readonly pods: readonly PodRef[] }
  | { readonly say: 'remove'; readonly uids: readonly string[] }
  /** Every few seconds: an agent that hears nothing ends. */
  | { readonly say: 'beat'; readonly atMs: number }
  | { readonly say: 'stop' };

export interface Welcome {
  readonly version: number;
  readonly release: string;
  readonly node: string;
  readonly session: string;
  readonly resumed: boolean;
}

export interface Refusal {
  /** One line: what, why. */
  readonly reason: string;
  readonly hint: string;
}

export type AgentEvent =
  /** Answers a beat. */
  | { readonly tell: 'beat'; readonly atMs: number; readonly nowMs: number }
  | { readonly tell: 'joined' | 'left'; readonly uid: string; readonly detail: string }
  | { readonly tell: 'note'; readonly text: string }
  | {
      readonly tell: 'loss';
      readonly kind: string;
      readonly count: number;
      readonly iface: number;
      readonly detail: string;
    }
  /** Totals; the last unit of a session when `over`. */
  | { readonly tell: 'counters'; readonly over: boolean; readonly counters: Record<string, number> };

/** The highest version both speak; undefined: none. */
export function commonVersion(theirs: readonly number[], ours: readonly number[] = [protocolVersion]) {
  const common = ours.filter((version) => theirs.includes(version));
  return common.length > 0 ? Math.max(...common) : undefined;
}

const is = {
  text: (value: unknown): value is string => typeof value === 'string' && value.length < 65_536,
  count: (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
  pods: (value: unknown): value is PodRef[] =>
    Array.isArray(value) && value.every((p) => is.text(p?.namespace) && is.text(p?.name) && is.text(p?.uid)),
};

/** What a line says; undefined: nothing that a client says. */
export function readClientLine(line: object): ClientLine | undefined {
  const l = line as Record<string, unknown>;
  switch (l['say']) {
    case 'hello':
      return isHello(l) ? (l as unknown as Hello) : undefined;
    case 'ack':
      return is.count(l['next']) ? { say: 'ack', next: l['next'] } : undefined;
    case 'add':
      return is.pods(l['pods']) ? { say: 'add', pods: l['pods'] } : undefined;
    case 'remove': {
      const uids = l['uids'];
      return Array.isArray(uids) && uids.every(is.text) ? { say: 'remove', uids } : undefined;
    }
    case 'beat':
      return typeof l['atMs'] === 'number' ? { say: 'beat', atMs: l['atMs'] } : undefined;
    case 'stop':
      return { say: 'stop' };
    default:
      return undefined;
  }
}

function isHello(l: Record<string, unknown>): boolean {
  const { versions, release, nonce, resume, token, want } = l;
  const r = resume as Record<string, unknown> | undefined;
  const w = want as Record<string, unknown> | undefined;
  return (
    Array.isArray(versions) &&
    versions.every(is.count) &&
    is.text(release) &&
    is.text(nonce) &&
    /^[0-9a-f]{32}$/.test(nonce) &&
    (r === undefined || (is.text(r?.['session']) && is.count(r?.['next']))) &&
    (token === undefined || is.text(token)) &&
    (w === undefined ||
      (is.pods(w?.['pods']) &&
        is.text(w['filter']) &&
        is.count(w['snaplen']) &&
        is.count(w['ringBytes']) &&
        is.count(w['bodyLimit']) &&
        (w['mode'] === 'packets' || w['mode'] === 'exchanges') &&
        is.text(w['who'])))
  );
}
