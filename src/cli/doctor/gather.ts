/** From what was asked to the facts, in the order that keeps rights out of what parses packets. */
import { statSync } from 'node:fs';
import type { Facts, MachineFacts, RefusalFacts, RequestFacts } from '../../doctor/index.ts';
import {
  groupByNamespace,
  list,
  ownPorts,
  portFilter,
  type RuntimeChoice,
  resolve,
  TargetError,
  type TargetGroup,
} from '../../target/index.ts';
import { parserUser } from '../../watch/index.ts';
import { type CaptureFilter, captureFilter, filterText } from '../capture-filter.ts';
import type { CaptureOptions } from '../capture-options.ts';
import { inspector } from '../listing.ts';
import { probeMachine } from './machine.ts';
import { type NamespaceProbe, probeNamespace, probeNeighbourhood } from './namespaces.ts';
import { probeRuntimes, type RuntimesProbe, refusalOf } from './runtimes.ts';
import { preload, takeSample } from './sample.ts';

/** As `watch` has it. */
const defaultRingBytes = 64 * 1024 * 1024;

export interface DoctorWish {
  readonly options: CaptureOptions;
  readonly spec: string | undefined;
  readonly words: readonly string[];
  readonly seconds: number;
}

export async function gather(wish: DoctorWish): Promise<Facts> {
  const { options, spec } = wish;
  const choice: RuntimeChoice = { runtime: options.runtime, socket: options.socket };
  // A mistake in the filter is told before anything is looked at.
  const filter = await captureFilter(
    filterText(wish.words, options.filterFile),
    { snaplen: options.snaplen, live: true },
    choice,
  );
  filter.instructions(1);
  const [machine, probe] = await Promise.all([probeMachine(), probeRuntimes(choice)]);
  const facts = { machine, runtimes: probe.facts, namespaces: [] };
  if (spec === undefined) return { ...facts, watchable: await watchable(probe, choice) };
  const request = requestOf(options, spec, filter.text);
  const found = await lookUp(wish, probe, choice);
  if ('kind' in found) return { ...facts, request, refusal: found };
  if (!isAble(machine)) return { ...facts, request };
  return { ...facts, ...(await examine(found, request, filter, wish, probe)) };
}

/** As much as a watch needs before it begins. */
const isAble = ({ ffi, refusals, uid, missingCapabilities }: MachineFacts): boolean =>
  ffi === '' &&
  refusals.length === 0 &&
  uid === 0 &&
  missingCapabilities.every(({ name }) => name === 'CAP_SYS_PTRACE');

function requestOf(options: CaptureOptions, spec: string, filter: string): RequestFacts {
  return {
    ...{ spec, filter, interfaces: options.interfaces, snaplen: options.snaplen },
    direction: options.direction ?? '',
    ringBytes: options.ringBytes ?? defaultRingBytes,
  };
}

async function lookUp(
  { options, spec }: DoctorWish,
  probe: RuntimesProbe,
  choice: RuntimeChoice,
): Promise<TargetGroup[] | RefusalFacts> {
  if (probe.failure) return probe.failure;
  try {
    const { runtimes } = probe;
    return groupByNamespace(
      await resolve(spec!, { host: options.host !== 'no', runtimes, ...choice, ...inspector() }),
    );
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    return bareFile(spec!) ?? refusalOf(error);
  }
}

/** What `ip netns` leaves when the namespace it was mounted on is gone: after a restart, or an umount. */
function bareFile(spec: string): RefusalFacts | undefined {
  const name = /^netns:([^/]+)$/.exec(spec)?.[1];
  const path = name === undefined ? spec.replace(/^netns:(?=\/)/, '') : `/run/netns/${name}`;
  if (!path.startsWith('/')) return undefined;
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file?.isFile() || file.size > 0 || path.startsWith('/proc/')) return undefined;
  return {
    kind: 'netns-file',
    message: `${path} is an empty file: the namespace that was mounted there is gone`,
    hint: `${name === undefined ? `rm ${path}` : `ip netns del ${name}`} removes what is left of it`,
  };
}

async function examine(
  groups: readonly TargetGroup[],
  asked: RequestFacts,
  given: CaptureFilter,
  { options, seconds }: DoctorWish,
  { containers }: RuntimesProbe,
): Promise<Pick<Facts, 'request' | 'namespaces' | 'sample' | 'sampleRefusal' | 'refusal'>> {
  const user = parserUser(options.user);
  const filter = await narrowed(groups, given, options);
  const request = { ...asked, filter: filter.text };
  const neighbourhood = probeNeighbourhood(groups, containers);
  const probes: NamespaceProbe[] = [];
  try {
    for (const group of groups) probes.push(probeNamespace(group, neighbourhood));
    await preload();
    const sample = await takeSample({ groups, request, filter, seconds, user, probes });
    const namespaces = probes.map((probe) => probe.facts());
    return 'kind' in sample
      ? { request, namespaces, sampleRefusal: sample }
      : { request, namespaces, sample };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const kind = code === 'ENOENT' || code === 'ESRCH' ? 'gone' : 'permission';
    const refusal = {
      kind,
      message: `cannot enter the namespace of ${groups[probes.length]?.label ?? asked.spec}: ${message}`,
      hint: '',
    };
    return { request, namespaces: [], refusal };
  } finally {
    for (const probe of probes) probe.close();
    neighbourhood.elsewhere.close();
  }
}

/** `--host`: the container's own ports, as `watch` narrows it. */
async function narrowed(
  groups: readonly TargetGroup[],
  filter: CaptureFilter,
  options: CaptureOptions,
): Promise<CaptureFilter> {
  if (options.host !== 'own') return filter;
  const onHost = groups
    .flatMap((g) => g.targets)
    .filter((t) => t.hostNetwork && t.pid > 0 && t.runtime !== 'host');
  const ports = [...new Set((await Promise.all(onHost.map(ownPorts))).flat())];
  return ports.length === 0 ? filter : filter.and(portFilter(ports));
}

async function watchable({ runtimes }: RuntimesProbe, choice: RuntimeChoice): Promise<Facts['watchable']> {
  const targets = await list({ runtimes, ...choice, ...inspector() });
  const containers = targets.filter((t) => t.id !== '');
  return {
    containers: containers.length,
    enterable: containers.filter((t) => t.netns > 0).length,
    onHostNetwork: containers.filter((t) => t.hostNetwork).map((t) => t.name),
    namespaces: targets.length - containers.length,
  };
}
