/**
 * Some seconds of the traffic, twice: as it was asked for, by the kernel's own filter, and everything. Opened
 * with the rights there are; read, as in a watch, when they are gone.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CaptureError, LiveCapture, type LiveOptions } from '../../capture/live/index.ts';
import { HeldNamespaces, OpenerError } from '../../capture/opener/index.ts';
import {
  type RequestFacts,
  type SampleFacts,
  type SampleRefusal,
  Tally,
  type VariantFacts,
  variantsOf,
} from '../../doctor/index.ts';
import type { BpfInstruction, Frame, FrameCollector, Sink } from '../../model/index.ts';
import { createPipeline } from '../../pipeline/index.ts';
import { inners, protocols } from '../../protocols/registry.ts';
import { closeDoors, type TargetGroup } from '../../target/index.ts';
import { Fanout, giveUpRights, type User } from '../../watch/index.ts';
import { type CaptureFilter, captureFilter } from '../capture-filter.ts';
import { defaultSnaplen } from '../capture-options.ts';
import type { NamespaceProbe } from './namespaces.ts';

/** Ring memory of the capture of everything: a second of a busy link. */
const ringBytes = 32 * 1024 * 1024;
/** As `watch` has it. */
const retireMs = 20;
/** How often it is looked for what comes and goes besides packets. */
const lookEveryMs = 100;
/** Packets kept for trying other filters on, and bytes of each: no filter of people looks further. */
const maxKept = 512;
const maxKeptBytes = 512;

export interface SampleWish {
  readonly groups: readonly TargetGroup[];
  readonly request: RequestFacts;
  readonly filter: CaptureFilter;
  readonly seconds: number;
  readonly user: User;
  readonly probes: readonly NamespaceProbe[];
}

const acceptAll = (): readonly BpfInstruction[] => [{ code: 6, jt: 0, jf: 0, k: defaultSnaplen }];

interface Sources {
  /** Unix ms from which on both are open. */
  readonly from: number;
  readonly asked: LiveCapture;
  /** Only where what was asked for is less. */
  readonly all: LiveCapture | undefined;
}

export async function takeSample(wish: SampleWish): Promise<SampleFacts | SampleRefusal> {
  let sources: Sources;
  try {
    sources = await open(wish);
  } catch (error) {
    const kind = /^no interface /.test((error as Error).message) ? 'interface' : 'capture';
    if (error instanceof CaptureError || error instanceof OpenerError)
      return { kind, message: error.message };
    throw error;
  }
  closeDoors();
  giveUpRights(wish.user);
  return run(sources, wish);
}

async function open({ groups, request, filter }: SampleWish): Promise<Sources> {
  const held = HeldNamespaces.open(
    groups.map(({ netnsPath: path, netns: inode, label, targets }) => {
      const owner = targets.find((t) => t.netnsPath === path);
      return { path, inode, pid: owner?.pid ?? 0, startTime: owner?.startTime ?? '', label };
    }),
  );
  let isSealed = false;
  const seal = <T>(enter: () => T): T => {
    // What comes later is not of the sample: nothing that enters a namespace is kept.
    if (isSealed) throw new OpenerError('it came after the beginning', 'EPERM');
    return enter();
  };
  const shared: Pick<LiveOptions, 'namespaces' | 'opener' | 'promiscuous' | 'retireMs' | 'keepDoubles'> = {
    opener: {
      linkSocket: (namespace) => seal(() => held.linkSocket(namespace)),
      packetSocket: (namespace, cooked) => seal(() => held.packetSocket(namespace, cooked)),
    },
    namespaces: groups.map(({ label, netns, targets }) => ({
      label,
      inode: netns,
      pids: targets.map((t) => t.pid).filter((pid) => pid > 0),
    })),
    promiscuous: false,
    retireMs,
    keepDoubles: false,
  };
  try {
    const all = isWhole(request)
      ? undefined
      : await LiveCapture.open({
          ...shared,
          filter: acceptAll,
          snaplen: defaultSnaplen,
          interfaces: [],
          ringBytes,
        });
    const asked = await LiveCapture.open({
      ...shared,
      filter: (linktype, netmask) => filter.instructions(linktype, netmask),
      snaplen: request.snaplen,
      ...(request.direction === '' ? {} : { direction: request.direction }),
      interfaces: request.interfaces,
      ringBytes: request.ringBytes,
    });
    return { asked, all, from: Date.now() };
  } finally {
    isSealed = true;
    held.close();
  }
}

/** Nothing was asked for that could leave anything out. */
const isWhole = ({ filter, direction, interfaces, snaplen }: RequestFacts) =>
  filter === '' && direction === '' && interfaces.length === 0 && snaplen >= defaultSnaplen;

async function run(
  { asked, all, from: openedAt }: Sources,
  { request, seconds, probes }: SampleWish,
): Promise<SampleFacts> {
  const loopbacks = probes.flatMap((probe) => {
    const { label, links } = probe.facts();
    return links.filter((l) => l.loopback).map((l) => `${label}/${l.name}`);
  });
  const tally = new Tally(new Set(loopbacks));
  const keeper = new Keeper();
  const whole: Sink = {
    frame(frame) {
      if (tally.frame(frame)) keeper.frame(frame);
    },
    connection: (summary) => tally.connection(summary),
  };
  const reference = pipelineOf(whole);
  // Of what was asked for only the chatter is told apart; without a difference it is all of it.
  const askedTally = all ? new Tally(new Set(loopbacks)) : tally;
  const shown = all ? pipelineOf({ frame: (frame) => void askedTally.frame(frame) }) : reference;
  const from = performance.now();
  const looking = setInterval(() => {
    for (const probe of probes) probe.look();
  }, lookEveryMs);
  const ending = setTimeout(() => {
    asked.stop();
    all?.stop();
  }, seconds * 1000);
  await Promise.all([
    asked.run(quiet(new Fanout([shown], 0, () => {}), openedAt)),
    all?.run(quiet(new Fanout([reference], 0, () => {}), openedAt)),
  ]);
  clearTimeout(ending);
  clearInterval(looking);
  const lasted = (performance.now() - from) / 1000;
  reference.connections((state) => tally.connection(state));
  const packets = tally.packets();
  const connections = tally.connections();
  const counters = asked.counters();
  const kept = askedTally.packets();
  const variants =
    kept.packets === kept.chatter
      ? await tryAll(variantsOf(request.filter, packets, connections), keeper)
      : [];
  return {
    seconds: lasted,
    seen: packets,
    kept: kept.packets,
    keptChatter: kept.chatter,
    passed: counters.received,
    dropped: counters.dropped,
    freezes: counters.freezes,
    snaplenCut: counters.snaplenCut,
    entries: shown.counters().exchanges,
    connections,
    variants,
  };
}

function pipelineOf(sink: Sink) {
  return createPipeline({ protocols, inners, sinks: [sink], bodyLimit: 0 });
}

/** From when both captures are open; notes of interfaces that come and go are for a watch. */
function quiet(fanout: Fanout, fromMs: number): FrameCollector {
  return {
    interface: (iface) => fanout.interface(iface),
    frame(frame) {
      if (frame.sec * 1000 + frame.nsec / 1e6 >= fromMs) fanout.frame(frame);
    },
    loss() {},
    note() {},
    batch: () => fanout.batch(),
  };
}

interface KeptFrame {
  readonly bytes: Uint8Array;
  readonly origLen: number;
  readonly linktype: number;
}

class Keeper {
  readonly frames: KeptFrame[] = [];

  frame({ buf, start, capLen, origLen, iface }: Frame): void {
    if (this.frames.length >= maxKept) return;
    const bytes = buf.slice(start, start + Math.min(capLen, maxKeptBytes));
    this.frames.push({ bytes, origLen, linktype: iface.linktype });
  }
}

async function tryAll(variants: ReturnType<typeof variantsOf>, { frames }: Keeper): Promise<VariantFacts[]> {
  const tried: VariantFacts[] = [];
  for (const variant of variants) {
    const kept = await countKept(variant.filter, frames);
    if (kept !== undefined) tried.push({ ...variant, kept, of: frames.length });
  }
  return tried;
}

/** undefined: it is no filter, or asks for what we may not look up any more. */
async function countKept(text: string, frames: readonly KeptFrame[]): Promise<number | undefined> {
  try {
    const filter = await captureFilter(text, { snaplen: defaultSnaplen, live: false }, {});
    const matcherOf = filter.matcher();
    if (!matcherOf) return frames.length;
    const matchers = new Map<number, ReturnType<typeof matcherOf>>();
    let kept = 0;
    for (const { bytes, origLen, linktype } of frames) {
      let matcher = matchers.get(linktype);
      if (!matcher) {
        matcher = matcherOf(linktype);
        matchers.set(linktype, matcher);
      }
      if (matcher(bytes, 0, bytes.length, origLen)) kept++;
    }
    return kept;
  } catch {
    return undefined;
  }
}

/** Loads what trying filters needs, while it still may be read. */
export const preload = (): Promise<unknown> => Promise.all([import('../filter-text.ts'), sleep(0)]);
