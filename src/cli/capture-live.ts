/** A live capture, in the order that keeps rights out of the parser: look up, open, give up, run. */
import { LinkType, type Target } from '../model/index.ts';
import { groupByNamespace, ownPorts, portFilter, resolve, type TargetGroup } from '../target/index.ts';
import { confine, Opener, openLive, requireCapabilities } from '../watch/index.ts';
import { countLines, drive, type MakeView, mark, namesOf, stderr } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import { CliError } from './errors.ts';
import type { Filter } from './filter-text.ts';
import { listTargets } from './listing.ts';
import { openOutput, outputSpec } from './output.ts';

/** Ring memory by default: a second of a saturated gigabit link in packets of middling size. */
const defaultRingBytes = 64 * 1024 * 1024;
/** Delay of a live view, and of a capture nobody looks at (large blocks cost less). */
const retireMs = { immediate: 20, relaxed: 100 };
/** Naming peers is nice to have: the capture never waits longer for it. */
const namesWaitMs = 60;

export async function captureLive(
  options: CaptureOptions,
  spec: string,
  given: Filter,
  makeView: MakeView,
): Promise<number> {
  // A mistake in the filter is told before anything else is tried.
  given.instructions(LinkType.ethernet);
  requireCapabilities();
  if (options.listInterfaces) return listInterfaces(options, spec);
  const opener = Opener.start();
  try {
    return await run(options, spec, given, makeView, opener);
  } finally {
    opener.close();
  }
}

async function run(
  options: CaptureOptions,
  spec: string,
  given: Filter,
  makeView: MakeView,
  opener: Opener,
): Promise<number> {
  mark('command line read, opener started');
  if (options.dockerHost !== undefined) process.env['DOCKER_HOST'] = options.dockerHost;
  const neighbours: Promise<Target[]> =
    options.noNames > 0 ? Promise.resolve([]) : listTargets(() => {}).catch(() => []);
  const targets = await resolve(spec, { host: options.host !== 'no', note: stderr });
  mark('target found');
  const groups = groupByNamespace(targets);
  const filter = await narrowed(groups, given, options);
  const known = await Promise.race([
    neighbours,
    new Promise<Target[]>((done) => setTimeout(done, namesWaitMs, []).unref()),
  ]);
  const view = await makeView({
    live: true,
    knownNames: namesOf([...known, ...targets]),
    severalTargets: groups.length > 1,
  });
  const output =
    options.write === undefined ? undefined : await openOutput(options, { opener, filter: filter.text });
  mark('view made');
  await confine({
    opener,
    user: options.user,
    groups,
    ...(options.write !== undefined && options.write !== '-' ? { output: outputSpec(options) } : {}),
  });
  mark('rights given up');
  output?.ready();
  const source = openLive(groups, opener, {
    filter: (linktype) => filter.instructions(linktype),
    snaplen: options.snaplen,
    ...(options.direction ? { direction: options.direction } : {}),
    promiscuous: options.promiscuous,
    interfaces: options.interfaces,
    ringBytes: options.ringBytes ?? defaultRingBytes,
    retireMs: view.immediate || options.immediate ? retireMs.immediate : retireMs.relaxed,
    keepDoubles: options.keepDoubles,
  });
  mark('capturing');
  const interfaces = source.interfaceNames();
  if (interfaces.length === 0) stderr(`${spec} has no interface that is up: waiting for one`);
  else stderr(`listening on ${interfaces.join(', ')}${filter.text ? `, filter: ${filter.text}` : ''}`);
  const taps = output ? [output.tap, view.tap] : [view.tap];
  const counters = await drive(source, taps, view, { packets: options.packets, live: true });
  await view.finish(counters);
  await output?.finish(counters, view.names?.() ?? []);
  process.stderr.write(countLines(counters, view));
  return 0;
}

/** On the host's network only the container's own ports are meant, unless all is asked for. */
async function narrowed(
  groups: readonly TargetGroup[],
  filter: Filter,
  options: CaptureOptions,
): Promise<Filter> {
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
  const targets = await resolve(spec, { host: options.host !== 'no', note: stderr });
  for (const group of groupByNamespace(targets)) {
    const target = group.targets[0]!;
    target.interfaces.forEach((name, i) => {
      process.stdout.write(`${i + 1}.${group.label}/${name}\n`);
    });
  }
  return 0;
}
