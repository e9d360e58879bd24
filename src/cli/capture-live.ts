/** A live capture, in the order that keeps rights out of the parser: look up, open, give up, run. */
import { statSync } from 'node:fs';
import type { Target } from '../model/index.ts';
import {
  closeDoors,
  groupByNamespace,
  isLiving,
  ownPorts,
  portFilter,
  questionPorts,
  type RuntimeChoice,
  resolve,
  type TargetGroup,
  targetOfOwnPod,
} from '../target/index.ts';
import {
  type FollowListener,
  follow,
  giveUpRights,
  type KnownNamespace,
  Lookout,
  Opener,
  openLive,
  parserUser,
  requireCapabilities,
  type Staff,
} from '../watch/index.ts';
import { countLines, drive, outputOf, type ViewMaker } from './capture.ts';
import type { CaptureFilter } from './capture-filter.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CliError, UsageError } from './errors.ts';
import { inspector, listTargets } from './listing.ts';
import { withoutOwnTraffic } from './own-traffic.ts';
import { addHosts, namesOf } from './peer-names.ts';
import { stderr } from './terminal.ts';
import { mark } from './timing.ts';

/** Ring memory by default: a second of a saturated gigabit link in packets of middling size. */
const defaultRingBytes = 64 * 1024 * 1024;
/** Delay of a live view, and of a capture nobody looks at (waking up seldom costs less; tcpdump waits 1 s). */
const retireMs = { immediate: 20, relaxed: 500 };
/** Of a group that others may join, each takes of the rings' memory as if there were so many. */
const expectedMembers = 16;
/** Names of the other containers come late on a busy machine: so long the rings hold what is captured meanwhile. */
const namesWaitMs = 1000;
/** With so many targets their own names are known, and few others are left; to ask for all again takes long. */
const manyTargets = 64;

/** Packets go to somebody who waits for them: a view, or the reader of the file (-U, a pipe). */
function isLookedAt(maker: ViewMaker, options: CaptureOptions): boolean {
  return maker.immediate || options.immediate || options.packetBuffered || options.write === '-';
}

/** @param staff started already, by whoever knew early that there would be a capture */
export async function captureLive(
  options: CaptureOptions,
  spec: string,
  given: CaptureFilter,
  maker: ViewMaker,
  staff?: Staff,
): Promise<number> {
  if (options.listInterfaces) return listInterfaces(options, spec);
  const { ownPod } = options;
  requireCapabilities(ownPod !== undefined);
  const user = parserUser(options.user);
  const output = await outputOf(options, given.text);
  mark('all loaded');
  // Before anybody is asked anything.
  const own = await withoutOwnTraffic();
  const living = ownPod === undefined ? isLiving(spec) : 'no';
  if (options.wait && living === 'no')
    throw new UsageError(
      `--wait: '${spec}' names no container`,
      'a process or a namespace must be there already',
    );
  const targets =
    ownPod === undefined
      ? await resolve(spec, {
          host: options.host !== 'no',
          isWaiting: options.wait,
          note: stderr,
          ...choiceOf(options),
        })
      : [targetOfOwnPod(ownPod)];
  mark('target found');
  const groups = groupByNamespace(targets);
  const chosen = await narrowed(groups, given, options);
  const withoutDaemon = own === undefined ? chosen : await chosen.and(own);
  const page = isOurNetwork(groups, options) ? maker.ownTraffic : undefined;
  const filter = page === undefined ? withoutDaemon : await withoutDaemon.and(page);
  const followed = isFollowed(options, living, targets);
  // Frames wait in the kernel's rings from here on: everything else is started and loaded meanwhile.
  const { source, handOver } = await openLive(groups, {
    filter: (linktype, netmask) => filter.instructions(linktype, netmask),
    snaplen: options.snaplen,
    ...(options.direction ? { direction: options.direction } : {}),
    promiscuous: options.promiscuous,
    interfaces: options.interfaces,
    ringBytes: options.ringBytes ?? defaultRingBytes,
    retireMs: isLookedAt(maker, options) ? retireMs.immediate : retireMs.relaxed,
    keepDoubles: options.keepDoubles,
    isFollowed: followed,
    ...(living === 'group' ? { expected: expectedMembers } : {}),
  });
  mark('capturing');
  const isLookedOut = followed || maker.wantsOwners === true;
  const lookout = isLookedOut ? (staff?.lookout ?? Lookout.start()) : undefined;
  const opener = staff?.opener ?? Opener.start(lookout?.orders);
  if (lookout) configure(lookout, options, spec, groups, followed, maker, own);
  else staff?.lookout.close();
  try {
    const asked = targets.length < manyTargets ? neighbours(options) : Promise.resolve([]);
    const knownNames = namesOf(targets);
    const [{ memberLine }, { LiveStatus }] = await Promise.all([
      import('./members.ts'),
      import('./status.ts'),
    ]);
    const view = await maker.make({
      live: true,
      knownNames,
      severalTargets: groups.length > 1 || living === 'group' || (living === 'one' && spec.includes(',')),
    });
    const others = await asked;
    view.targets?.(others, targets);
    for (const [address, name] of namesOf([...others, ...targets])) knownNames.set(address, name);
    if (options.noNames === 0) addHosts(knownNames, targets);
    mark('view made');
    await handOver(opener, output?.spec, view.saves);
    mark('opener ready');
    closeDoors();
    giveUpRights(user);
    mark('rights given up');
    output?.ready(opener);
    view.begin?.(opener);
    const interfaces = source.interfaces().map((iface) => iface.name);
    const on: FollowListener = {
      member: view.member ?? memberLine,
      names(names, isOld) {
        if (options.noNames > 0) return;
        for (const [address, name] of names)
          if (!isOld || !knownNames.has(address)) knownNames.set(address, name);
      },
      ready() {
        if (groups.length === 0) stderr(`waiting for ${spec}`);
      },
      owners: (news) => view.owners?.(news),
    };
    if (lookout) follow(source, lookout, on, !followed);
    if (groups.length === 0) mark('nothing to open yet');
    else if (interfaces.length === 0) stderr(`${spec} has no interface that is up: waiting for one`);
    else stderr(`listening on ${interfaces.join(', ')}${filter.text ? `, filter: ${filter.text}` : ''}`);
    const { progress } = view;
    const status =
      options.noStatus || !progress
        ? undefined
        : new LiveStatus({
            ...{ source, progress, spec, filter: filter.text, direction: options.direction },
            hasScreen: view.hasScreen === true,
            pids: groups.filter((g) => !g.targets.some((t) => t.hostNetwork)).map((g) => g.targets[0]!.pid),
          });
    const counters = await drive(source, { view, output, packets: options.packets, live: true, status });
    process.stderr.write(countLines(counters, view, output));
    return 0;
  } finally {
    opener.close();
    lookout?.close();
  }
}

/**
 * Containers come and go, and are followed by name. Not when the end is what is waited for, nor on the host's
 * network when the filter was made for the ports of this run.
 */
function isFollowed(
  options: CaptureOptions,
  living: ReturnType<typeof isLiving>,
  targets: readonly Target[],
): boolean {
  if (living === 'no' || (options.host === 'own' && targets.some((t) => t.hostNetwork))) return false;
  return options.wait || living === 'group' || !options.once;
}

function configure(
  lookout: Lookout,
  options: CaptureOptions,
  spec: string,
  groups: readonly TargetGroup[],
  isFollowing: boolean,
  maker: ViewMaker,
  own: string | undefined,
): void {
  const known = groups.map(
    ({ netns, netnsPath, label, targets }): KnownNamespace => ({
      inode: netns,
      path: netnsPath,
      label,
      members: targets.map(({ runtime, id, name, pid, startTime }) => ({
        ...{ runtime, id, name, pid, startTime },
      })),
    }),
  );
  lookout.configure(
    {
      spec,
      host: options.host === 'all',
      isWaiting: options.wait,
      isOnce: options.once,
      isFollowing,
      tellsOwners: maker.wantsOwners === true,
      questionPorts: own === undefined ? 0 : questionPorts().first,
      ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
      ...(options.socket === undefined ? {} : { socket: options.socket }),
    },
    known,
  );
}

/** What this process says itself can be seen there. */
function isOurNetwork(groups: readonly TargetGroup[], options: CaptureOptions): boolean {
  const ours = statSync('/proc/self/ns/net').ino;
  return options.host === 'all' || groups.some(({ netns }) => netns === ours);
}

const choiceOf = ({ runtime, socket }: CaptureOptions): RuntimeChoice => ({ runtime, socket });

/** The other containers, whose addresses get names; none of them when they do not answer in time. */
function neighbours(options: CaptureOptions): Promise<Target[]> {
  if (options.noNames > 0) return Promise.resolve([]);
  return Promise.race([
    listTargets(() => {}, choiceOf(options)).catch(() => []),
    new Promise<Target[]>((done) => setTimeout(done, namesWaitMs, [])),
  ]);
}

/** On the host's network only the container's own ports are meant, unless all is asked for. */
async function narrowed(
  groups: readonly TargetGroup[],
  filter: CaptureFilter,
  options: CaptureOptions,
): Promise<CaptureFilter> {
  const onHost = groups
    .flatMap((g) => g.targets)
    .filter((t) => t.hostNetwork && t.pid > 0 && t.runtime !== 'host');
  if (options.host !== 'own' || onHost.length === 0) return filter;
  const names = onHost.map((t) => t.name).join(', ');
  if (groups.length > 1)
    throw new CliError(
      `${names} uses the network of the host and is watched beside others: one filter cannot be narrowed for it alone`,
      'watch it by itself, or add --host-all',
    );
  const ports = [...new Set((await Promise.all(onHost.map(ownPorts))).flat())];
  if (ports.length === 0)
    throw new CliError(
      `${names} uses the network of the host and has no socket open now`,
      '--host-all watches everything on the host; or give its port as a filter with --host-all',
    );
  stderr(
    `${names} uses the network of the host: narrowed to its ports now (${ports.join(', ')}); --host-all shows everything`,
  );
  return filter.and(portFilter(ports));
}

async function listInterfaces(options: CaptureOptions, spec: string): Promise<number> {
  const targets = await resolve(spec, {
    host: options.host !== 'no',
    note: stderr,
    ...choiceOf(options),
    ...inspector(),
  });
  for (const group of groupByNamespace(targets)) {
    const target = group.targets[0]!;
    target.interfaces.forEach((name, i) => {
      process.stdout.write(`${i + 1}.${group.label}/${name}\n`);
    });
  }
  return 0;
}
