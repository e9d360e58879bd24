/**
 * Connections on a bad way, simulated: packets are lost before and behind the place of the capture, overtake
 * one another, and are sent again. What passes the capture is known, and why.
 */
import type { Random } from '../../fuzz/lib/random.ts';
import { TcpFlag } from '../../src/model/index.ts';
import { type Endpoints, ethernet, frame, ip, type Segment, tcp } from '../../src/wire/testing/build.ts';

const { syn, ack, fin } = TcpFlag;
const segmentBytes = 100;
/** In round trips: later than any overtaking, as timers are. */
const timeoutTrips = 3;

/** What passed the capture, by what its sender knows of it. */
export interface Passed {
  /** Went by here before. */
  repeated: number;
  /** Sent again and never seen here, with later data seen already. */
  lateFills: number;
  /** Sent once, with later data seen already. */
  overtaken: number;
}

export interface Way {
  readonly client: Endpoints;
  readonly frames: { readonly at: number; readonly frame: ReturnType<typeof frame> }[];
  readonly passed: Passed;
  readonly serverHandshakeNs: number;
  readonly clientHandshakeNs: number;
  readonly repeatedSyns: number;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** One connection that sends `segments` from client to server, each until it is acknowledged. @param begin ns */
export function simulate(number: number, random: Random, segments: number, begin = number * 7e6): Way {
  const client: Endpoints = { src: [10, 0, 0, 1], dst: [10, 0, 0, 2], srcPort: 20_000 + number, dstPort: 9 };
  const server: Endpoints = { src: client.dst, dst: client.src, srcPort: 9, dstPort: client.srcPort };
  const isn = random.pick([100, 0xffff_ff00, random.next()]);
  const up = (1 + random.below(20)) * 1e6;
  const down = (1 + random.below(20)) * 1e6;
  const trip = 2 * (up + down);
  const frames: Way['frames'] = [];
  const events: Event[] = [];
  const passed: Passed = { repeated: 0, lateFills: 0, overtaken: 0 };
  const after = (now: number, ns: number, run: () => void) => void events.push({ at: now + ns, run });
  const pass = (at: number, ends: Endpoints, segment: Segment) =>
    void frames.push({ at, frame: frame(ethernet(ip(ends, 6, tcp(ends, segment))), at) });

  const synLost = number % 5 === 0;
  pass(begin, client, { seq: isn, flags: syn });
  const opened = begin + (synLost ? 1e9 : 0);
  if (synLost) pass(opened, client, { seq: isn, flags: syn });
  pass(opened + 2 * down, server, { seq: 500, ack: (isn + 1) >>> 0, flags: syn | ack });
  pass(opened + trip, client, { seq: (isn + 1) >>> 0, ack: 501, flags: ack });

  const seen = new Set<number>();
  const got = new Set<number>();
  let furthest = -1;
  let acknowledged = 0;
  const seqOf = (n: number) => (isn + 1 + n * segmentBytes) >>> 0;
  const payload = new Uint8Array(segmentBytes).fill(65);

  const acknowledge = (now: number) => {
    let next = 0;
    while (got.has(next)) next++;
    const isLost = random.chance(20);
    after(now, down, () => {
      pass(now + down, server, { seq: 501, ack: seqOf(next), flags: ack });
      if (isLost) return;
      after(now + down, up, () => {
        acknowledged = Math.max(acknowledged, next);
      });
    });
  };
  const send = (now: number, n: number, attempt: number) => {
    if (acknowledged > n) return;
    after(now, timeoutTrips * trip * attempt, () =>
      send(now + timeoutTrips * trip * attempt, n, attempt + 1),
    );
    const way = up + random.below(Math.floor(trip / 4));
    if (random.chance(12)) return;
    const isLostBehind = random.chance(12);
    after(now, way, () => {
      if (seen.has(n)) passed.repeated++;
      else if (n < furthest) passed[attempt > 1 ? 'lateFills' : 'overtaken']++;
      seen.add(n);
      furthest = Math.max(furthest, n);
      pass(now + way, client, { seq: seqOf(n), ack: 501, flags: ack, payload });
      if (isLostBehind) return;
      after(now + way, down, () => {
        got.add(n);
        acknowledge(now + way + down);
      });
    });
  };
  for (let n = 0; n < segments; n++) send(opened + trip + n * 1e5, n, 1);
  let now = 0;
  while (events.length > 0) {
    events.sort((a, b) => b.at - a.at);
    const event = events.pop()!;
    now = event.at;
    event.run();
  }
  const end = seqOf(segments);
  pass(now + 1e6, client, { seq: end, ack: 501, flags: fin | ack });
  pass(now + 2e6, server, { seq: 501, ack: (end + 1) >>> 0, flags: fin | ack });
  pass(now + 3e6, client, { seq: (end + 1) >>> 0, ack: 502, flags: ack });
  return {
    client,
    frames,
    passed,
    serverHandshakeNs: 2 * down,
    clientHandshakeNs: 2 * up,
    repeatedSyns: synLost ? 1 : 0,
  };
}
