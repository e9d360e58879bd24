/**
 * What every protocol must hold on its own recordings as packets, through the pipeline: packets lost one at a time
 * and one in a hundred, ports of others, client and server taken for each other.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Random } from '../../fuzz/lib/random.ts';
import type { Exchange } from '../model/index.ts';
import { declarations, inners, protocols } from './registry.ts';
import { fixtureNames } from './testing/fixture.ts';
import { framesOf, type Run, runFrames, type Shot, withPorts } from './testing/frames.ts';

const names = [...new Set([...protocols, ...inners].map(({ name }) => name))];

interface Fixture {
  readonly name: string;
  readonly shots: Shot[];
  readonly whole: Run;
}

const fixtures = new Map<string, Fixture[]>(
  names.map((protocol) => {
    const folder = join(import.meta.dirname, protocol, 'fixtures');
    const all = existsSync(folder) ? fixtureNames(folder) : [];
    return [
      protocol,
      all.map((name) => {
        const shots = framesOf(folder, name);
        return { name, shots, whole: runFrames(shots) };
      }),
    ];
  }),
);

const keyOf = ({ connection: { client, server } }: Exchange) =>
  [client.port, server.port].sort((a, b) => a - b).join(' ');

/** What is said of it; when it came is told later behind a hole. */
function signature(exchange: Exchange): string {
  const fields = Object.entries(exchange.fields).filter(
    ([name, value]) => !isTime(name) && value !== undefined,
  );
  return JSON.stringify([keyOf(exchange), exchange.protocol, exchange.outcome, fields]);
}

const times = new Set(
  declarations
    .flatMap((module) => module.fields)
    .filter(({ type }) => type === 'durationNs')
    .map(({ name }) => name),
);
const isTime = (name: string) => times.has(name);

const isMarked = ({ missing, weirds, error }: Exchange) =>
  missing.length > 0 || weirds.length > 0 || error !== undefined;

/** Of `a` what is not in `b`, as often; of equals those that began when none of `b` did. */
function lacking(a: readonly Exchange[], b: readonly Exchange[]): Exchange[] {
  const left = new Map<string, number[]>();
  for (const exchange of b) {
    const times = left.get(signature(exchange));
    if (times) times.push(exchange.startAt);
    else left.set(signature(exchange), [exchange.startAt]);
  }
  const others = a.filter((exchange) => {
    const times = left.get(signature(exchange));
    const at = times?.indexOf(exchange.startAt) ?? -1;
    if (at >= 0) times!.splice(at, 1);
    return at < 0;
  });
  return others.filter((exchange) => left.get(signature(exchange))?.shift() === undefined);
}

/** One conversation, told as one: what is behind a hole in it is the same still. */
const once = new Set(['tls', 'dtls', 'quic']);

/** Why a loss may have cost an exchange; '' = it may not. */
function excuse(
  lost: Exchange,
  whole: readonly Exchange[],
  lossy: readonly Exchange[],
  own: readonly Shot[],
  isShown: (drop: Shot) => boolean,
): string {
  if (once.has(lost.protocol)) return 'a handshake';
  const all = whole.filter((e) => keyOf(e) === keyOf(lost)).sort((a, b) => a.startAt - b.startAt);
  // What is told of parts (events, messages of a stream) goes with what holds them; of a socket, with its handshake.
  const holders = all.filter(
    (e) =>
      e === lost ||
      (e.startAt <= lost.startAt && e.endAt >= lost.startAt && e.protocol !== 'websocket') ||
      (lost.protocol === 'websocket' && e.fields['http.response.code'] === 101),
  );
  for (const { at } of own) {
    if (holders.some((e) => at >= e.startAt && at <= e.endAt)) return 'within it';
    // The next message of either side; on streams of HTTP/2 several begin at once.
    const next = all.filter((e) => e.startAt >= at && isBeside(e, lost)).slice(0, 2);
    if (next.some((e) => holders.some((holder) => holder.startAt === e.startAt))) return 'next to it';
  }
  // Tables of HTTP/2 and compressed messages need what came before: they say what they lack.
  const same = lossy.find(
    (e) => keyOf(e) === keyOf(lost) && (e.startAt === lost.startAt || isSameStream(e, lost)) && isMarked(e),
  );
  if (same) return 'told, with marks';
  return own.some((drop) => isShown(drop)) ? '' : 'at the end';
}

/** Messages of a socket stand alone: what one side says is not what the other waits for. */
const isBeside = (e: Exchange, lost: Exchange) =>
  lost.protocol !== 'websocket' || (e.request === undefined) === (lost.request === undefined);

const isSameStream = (a: Exchange, b: Exchange) =>
  a.fields['http2.streamid'] !== undefined && a.fields['http2.streamid'] === b.fields['http2.streamid'];

/** What is lost at the end of a direction shows in nothing: no later number stands for it. */
function shows(drop: Shot, { shots }: Fixture, drops: readonly Shot[]): boolean {
  const at = shots.indexOf(drop);
  const later = shots.slice(at + 1).filter((shot) => shot.way === drop.way && !drops.includes(shot));
  return drop.payload > 0 && later.some((shot) => shot.payload > 0 || shot.isFin);
}

/** Nothing is said that is neither so nor marked; what is missing is near what was lost. */
function checkLoss(what: string, fixture: Fixture, lossy: Run, drops: readonly Shot[]): void {
  const { whole } = fixture;
  const marked = new Set(lossy.exchanges.filter(isMarked).map(keyOf));
  const shown = new Set(drops.filter((drop) => shows(drop, fixture, drops)).map(({ key }) => key));
  for (const told of lacking(lossy.exchanges, whole.exchanges))
    if (shown.has(keyOf(told)) && !isOfDatagrams(told))
      assert.ok(marked.has(keyOf(told)), `${what}: told, and nothing is marked: ${signature(told)}`);
  for (const lost of lacking(whole.exchanges, lossy.exchanges)) {
    const own = drops.filter(({ key }) => key === keyOf(lost));
    const isTold = marked.has(keyOf(lost)) || isOfDatagrams(lost) || !shown.has(keyOf(lost));
    assert.ok(isTold, `${what}: lost, and nothing says so: ${signature(lost)}`);
    const why = excuse(lost, whole.exchanges, lossy.exchanges, own, (drop) => shows(drop, fixture, drops));
    assert.ok(why !== '', `${what}: lost far away: ${signature(lost)}`);
  }
}

/** Nobody numbers datagrams. */
const isOfDatagrams = ({ connection }: Exchange) => connection.transport === 'udp';

const without = (shots: readonly Shot[], drops: ReadonlySet<Shot>) =>
  shots.filter((shot) => !drops.has(shot));

for (const protocol of names)
  describe(protocol, () => {
    const all = fixtures.get(protocol)!;

    test('any packet may be lost', () => {
      for (const fixture of all)
        for (const [i, shot] of fixture.shots.entries())
          checkLoss(
            `${fixture.name} without packet ${i + 1}`,
            fixture,
            runFrames(without(fixture.shots, new Set([shot]))),
            [shot],
          );
    });

    test('one packet in a hundred is lost', () => {
      for (let seed = 1; seed <= 8; seed++)
        for (const fixture of all) {
          const random = new Random(seed);
          const drops = fixture.shots.filter(() => random.chance(100));
          // Short recordings lose one packet at least.
          if (drops.length === 0) drops.push(random.pick(fixture.shots));
          const lossy = runFrames(without(fixture.shots, new Set(drops)));
          checkLoss(`${fixture.name}, seed ${seed}`, fixture, lossy, drops);
        }
    });

    test("on any other protocol's port it is the same", () => {
      const others = protocols.filter(({ name }) => name !== protocol).flatMap(({ ports }) => ports);
      for (const fixture of all)
        for (const port of [...new Set(others), 40_000].slice(fixture.shots.length > 60 ? -3 : 0)) {
          const moved = new Map(serverPorts(fixture).map((from) => [from, port]));
          const run = runFrames(fixture.shots.map((shot) => withPorts(shot, moved)));
          assert.deepEqual(
            run.exchanges.map(said),
            fixture.whole.exchanges.map(said),
            `${fixture.name} on port ${port}`,
          );
        }
    });

    test('client and server are told apart by what they say', () => {
      for (const fixture of all) {
        if (untold.has(`${protocol}/${fixture.name}`)) continue;
        // No handshake, and ports that say the opposite.
        const moved = new Map(serverPorts(fixture).map((from) => [from, 50_000]));
        const [first] = moved.keys();
        const shots = fixture.shots.filter((shot) => !shot.isSyn);
        const clients = new Set(shots.flatMap(({ way }) => way.split(' ').map(Number)));
        let low = 2000;
        for (const client of clients) if (!moved.has(client)) moved.set(client, low++);
        const right = runFrames(shots);
        const misled = runFrames(shots.map((shot) => withPorts(shot, moved)));
        assert.ok(first !== undefined, fixture.name);
        assert.deepEqual(misled.exchanges.map(said), right.exchanges.map(said), fixture.name);
      }
    });
  });

/** Nothing but encrypted bytes; a question to a group, whose ports are the same. */
const untold = new Set(['tls/joined-later', 'dns/mdns']);

/** All but multicast, where both ends have the same. */
function serverPorts({ whole }: Fixture): number[] {
  const ports = new Set(whole.exchanges.map(({ connection }) => connection.server.port));
  ports.delete(5353);
  return [...ports];
}

/** What is said of it, whatever its ports. */
const said = (exchange: Exchange) => [exchange.protocol, exchange.fields, exchange.outcome, exchange.missing];
