/**
 * What a client and an agent say to each other. The client speaks in lines of JSON, the agent in units
 * (frames.ts). Nothing is written by the agent before it was spoken to: an attach that comes later than the
 * process has started would miss it.
 */

/** Raised when one side cannot understand the other any more. */
export const protocolVersion = 1;

/** Pods of the agent's node. Those that start later belong to it too. */
export interface PodSelection {
  /** '' any. */
  readonly namespace: string;
  /** '' any. */
  readonly name: string;
  /** As `-l` has it; '' any. */
  readonly labels: string;
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
  readonly pods: PodSelection;
  /** Filter as typed; compiled at the agent. */
  readonly filter: string;
  readonly snaplen: number;
  /** Names or globs; absent: every one of a pod. */
  readonly interfaces?: readonly string[];
  /** As the pod's interface sees it; absent: both. */
  readonly direction?: 'in' | 'out';
  /** Of a ring, bytes; 0: the agent's default. */
  readonly ringBytes: number;
  /** Of bodies kept, where the agent decodes. */
  readonly bodyLimit: number;
  readonly mode: 'packets' | 'exchanges';
  /** With mode 'exchanges'. */
  readonly entries?: EntryWant;
  /** Who asks, for the audit line. */
  readonly who: string;
}

/** What is sent of that which an agent decodes. */
export interface EntryWant {
  /** Headers and trailers of messages. */
  readonly heads: boolean;
  /** Bodies, as far as they are kept. */
  readonly bodies: boolean;
  /** Requests under way. */
  readonly opened: boolean;
  /** What has waited for an answer for long. */
  readonly waiting: boolean;
  /** Exchanges, and what connections without any were. */
  readonly exchanges: boolean;
  /** Figures of each connection at its end. */
  readonly connections: boolean;
  /** The same of those that go on, so often; 0: never. */
  readonly stateMs: number;
  /** How many packets, and of what size. */
  readonly frames: boolean;
  /** Which processes hold the connections' ends. */
  readonly processes: boolean;
  /** What servers' ports speak, said instead of found. */
  readonly decodeAs: readonly (readonly [port: number, protocol: string])[];
}

export type ClientLine =
  | Hello
  | { readonly say: 'ack'; readonly next: number }
  /** Every few seconds: an agent that hears nothing ends. */
  | { readonly say: 'beat'; readonly atMs: number }
  | { readonly say: 'stop' };

export interface Welcome {
  readonly version: number;
  readonly release: string;
  readonly node: string;
  readonly session: string;
  readonly resumed: boolean;
  /** By the agent's clock, Unix milliseconds: when the hello came, when this was sent. Older agents do not say it. */
  readonly heardMs?: number;
  readonly saidMs?: number;
  /** As it is wanted; absent: packets, from an agent that cannot decode. */
  readonly mode?: Want['mode'];
}

export interface Refusal {
  /** One line: what, why. */
  readonly reason: string;
  readonly hint: string;
}

export type AgentEvent =
  /** Answers a beat. */
  | { readonly tell: 'beat'; readonly atMs: number; readonly nowMs: number }
  /** The agent's clock was set, forward by so much: between the packets before this and those after it. */
  | { readonly tell: 'clock'; readonly setByMs: number }
  /** A pod joined or left; `label` is what its interfaces are called by. */
  | { readonly tell: 'member'; readonly mark: '+' | '-'; readonly label: string; readonly text: string }
  | { readonly tell: 'note'; readonly text: string }
  | {
      readonly tell: 'loss';
      readonly kind: string;
      readonly count: number;
      readonly iface: number;
      readonly detail: string;
    }
  /** Totals; the last unit of a session when `over`. */
  | {
      readonly tell: 'counters';
      readonly over: boolean;
      readonly counters: Record<string, number>;
      /** Of the pipeline, where the agent decodes. */
      readonly decoded?: Record<string, number>;
    };

/** The highest version both speak; undefined: none. */
export function commonVersion(theirs: readonly number[], ours: readonly number[] = [protocolVersion]) {
  const common = ours.filter((version) => theirs.includes(version));
  return common.length > 0 ? Math.max(...common) : undefined;
}

const is = {
  text: (value: unknown): value is string => typeof value === 'string' && value.length < 65_536,
  texts: (value: unknown): value is string[] =>
    Array.isArray(value) && value.length < 1024 && value.every(is.text),
  count: (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0,
  pods: (value: unknown): value is PodSelection => {
    const pods = value as Partial<PodSelection> | undefined | null;
    return is.text(pods?.namespace) && is.text(pods.name) && is.text(pods.labels);
  },
};

/** What a line says; undefined: nothing that a client says. */
export function readClientLine(line: object): ClientLine | undefined {
  const l = line as Record<string, unknown>;
  switch (l['say']) {
    case 'hello':
      return isHello(l) ? (l as unknown as Hello) : undefined;
    case 'ack':
      return is.count(l['next']) ? { say: 'ack', next: l['next'] } : undefined;
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
        (w['interfaces'] === undefined || is.texts(w['interfaces'])) &&
        (w['direction'] === undefined || w['direction'] === 'in' || w['direction'] === 'out') &&
        is.count(w['ringBytes']) &&
        is.count(w['bodyLimit']) &&
        (w['mode'] === 'packets' || w['mode'] === 'exchanges') &&
        (w['entries'] === undefined || isEntryWant(w['entries'])) &&
        is.text(w['who'])))
  );
}

function isEntryWant(value: unknown): boolean {
  const w = value as Record<string, unknown> | null;
  const switches = [
    'heads',
    'bodies',
    'opened',
    'waiting',
    'exchanges',
    'connections',
    'frames',
    'processes',
  ];
  return (
    typeof w === 'object' &&
    w !== null &&
    switches.every((name) => typeof w[name] === 'boolean') &&
    is.count(w['stateMs']) &&
    Array.isArray(w['decodeAs']) &&
    w['decodeAs'].length <= 65_536 &&
    w['decodeAs'].every(
      (pair: unknown) => Array.isArray(pair) && pair.length === 2 && is.count(pair[0]) && is.text(pair[1]),
    )
  );
}
