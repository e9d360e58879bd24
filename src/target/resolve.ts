/** What was typed as target -> what is watched. */
import type { Target } from '../model/index.ts';
import { type Census, takeCensus } from './census.ts';
import type { RuntimeChoice } from './discover.ts';
import { enumerate, TargetError, type TargetErrorKind } from './errors.ts';
import { isGlob } from './glob.ts';
import { isSame } from './group.ts';
import { targetOfContainer, targetOfHost, targetOfProcess } from './locate.ts';
import { nearest } from './nearest.ts';
import { type InspectNamespace, namedNamespaces, targetOfPath, targetsOfName } from './netns.ts';
import { readStat } from './proc/stat.ts';
import { type Container, mayRun, type Runtime } from './runtime.ts';
import { type ContainerSelector, composeLabels, parseSelectors, type Selector, selects } from './selector.ts';

export interface ResolveOptions extends RuntimeChoice {
  /** Targets in the host's network namespace are meant, not a surprise: `--host`. */
  readonly host?: boolean;
  /** Who is asked for containers; default: whoever is found on this machine. */
  readonly runtimes?: readonly Runtime[];
  readonly inspectNamespace?: InspectNamespace;
  /** What is not there, or does not run, is left out without a word: it is waited for. */
  readonly isWaiting?: boolean;
  /** A line for people about something that was left out. */
  readonly note?: (text: string) => void;
}

/** How often a container that restarts under our hands is asked for again. */
const attemptsMax = 3;

/**
 * Every target that `spec` names, each once, in the order named. Throws TargetError: whatever was
 * named and cannot be watched is told, nothing is guessed.
 */
export async function resolve(spec: string, options: ResolveOptions = {}): Promise<Target[]> {
  const selectors = parseSelectors(spec);
  const census = takeCensus(options.runtimes, options);
  const found: Target[] = [];
  for (const selector of selectors)
    for (const target of await resolveOne(selector, census, options).catch(forgive(options)))
      if (!found.some((f) => isSame(f, target))) found.push(target);
  return found;
}

/** Reasons that may be gone in a moment. */
const passing = new Set<TargetErrorKind>(['unknown', 'not-running', 'gone', 'no-runtime', 'no-answer']);

function forgive({ isWaiting }: ResolveOptions): (error: unknown) => Target[] {
  return (error) => {
    if (isWaiting && error instanceof TargetError && passing.has(error.kind)) return [];
    throw error;
  };
}

async function resolveOne(selector: Selector, census: Census, options: ResolveOptions): Promise<Target[]> {
  switch (selector.kind) {
    case 'host':
      return [targetOfHost()];
    case 'path':
      return [targetOfPath(selector.path, options.inspectNamespace)];
    case 'netns':
      return targetsOfName(selector.name, options.inspectNamespace);
    case 'pid':
      return [requireOwnNetwork(processTarget(selector.pid), options, selector.text)];
    case 'comm':
    case 'port':
      return resolveProcesses(selector, options);
    case 'name': {
      const container = await findByName(selector, census);
      return [requireOwnNetwork(await settle(container, census), options, selector.text)];
    }
    default:
      return resolveGroup(selector, census, options);
  }
}

function processTarget(pid: number): Target {
  const target = targetOfProcess(pid);
  if (target) return target;
  const stat = readStat(pid);
  throw new TargetError(
    'unknown',
    stat
      ? `pid ${pid} (${stat.comm}) has ended; only its exit status is left`
      : `there is no process ${pid} here`,
    stat
      ? ''
      : 'numbers are those of this pid namespace: in a container, only with --pid=host those of the host',
  );
}

/** One process stands for all in its namespace; several namespaces are several targets, as with a glob. */
async function resolveProcesses(
  selector: Extract<Selector, { kind: 'comm' | 'port' }>,
  options: ResolveOptions,
): Promise<Target[]> {
  const { processesListening, processesNamed } = await import('./processes.ts');
  const pids = selector.kind === 'comm' ? processesNamed(selector.comm) : processesListening(selector.port);
  const targets = pids.flatMap((pid) => targetOfProcess(pid) ?? []);
  if (targets.length > 0) return ownNetworkOnly(targets, options, selector.text);
  throw new TargetError(
    'unknown',
    selector.kind === 'comm'
      ? `no process is called '${selector.comm}'`
      : `nothing listens on port ${selector.port}, in no namespace`,
    selector.kind === 'comm'
      ? 'the name is that of /proc/PID/comm, 15 letters at most; globs are allowed'
      : process.getuid?.() === 0
        ? ''
        : 'sockets of other users are seen as root only: sudo porthole ...',
  );
}

function requireOwnNetwork(target: Target, { host = false }: ResolveOptions, text: string): Target {
  if (!target.hostNetwork || host) return target;
  throw new TargetError(
    'host-network',
    `${target.name === text ? text : `${text} (${target.name})`} uses the network of the host: its traffic is on the host's interfaces`,
    'add --host to watch it there, narrowed to its own ports where it has any',
  );
}

/** By name, else by id prefix; the runtimes are asked for that one only, which is the fast way. */
async function findByName(selector: Extract<Selector, { kind: 'name' }>, census: Census): Promise<Container> {
  const direct = await census.find(selector.name, selector.runtime);
  if (direct.length === 1) return direct[0]!;
  if (direct.length > 1) throw ambiguous(selector.text, direct);
  const all = await census.list();
  const byName = all.filter((c) => c.name === selector.name && selects(selector, c));
  const matching = byName.length > 0 ? byName : all.filter((c) => selects(selector, c));
  if (matching.length === 1) return matching[0]!;
  if (matching.length > 1) throw ambiguous(selector.text, matching);
  throw unknown(selector, all, census);
}

function ambiguous(text: string, candidates: readonly Container[]): TargetError {
  const sameRuntime = candidates.every((c) => c.runtime === candidates[0]!.runtime);
  const shown = candidates.map((c) =>
    sameRuntime ? `${c.name} (${c.id.slice(0, 12)})` : `${c.runtime}:${c.name}`,
  );
  return new TargetError(
    'ambiguous',
    `'${text}' may be ${enumerate(shown, 'or')}`,
    'give more of the id, or the name',
  );
}

function unknown(selector: ContainerSelector, all: readonly Container[], census: Census): TargetError {
  const { text } = selector;
  const what = {
    name: `no container '${text}'`,
    glob: `no container matches '${text}'`,
    regex: `no container matches ${text}`,
    label: `no container has the label '${text.slice('label='.length)}'`,
    compose: text.startsWith('compose:')
      ? `no compose container '${text}'`
      : `no compose container and no pod '${text}'`,
    image: `no container has the image '${text.slice('image:'.length)}'`,
    all: 'no container at all',
    pod: `no pod '${text.slice('pod/'.length)}' on this node`,
    pods: `no pod on this node is one of '${text}'`,
  }[selector.kind];
  const failure = census.failures()[0];
  // Without an answer from any runtime, that is the news, not the name.
  if (failure && all.length === 0)
    return new TargetError(
      failure.kind,
      `${what}: ${failure.message}`,
      failure.hint || hintWithout(selector, []),
    );
  return new TargetError('unknown', what, hintWithout(selector, all));
}

function hintWithout(selector: ContainerSelector, all: readonly Container[]): string {
  const { text } = selector;
  const hints: string[] = [];
  if (selector.kind === 'name') {
    if (namedNamespaces().includes(text)) hints.push(`netns:${text} is a network namespace`);
    const stat = /^\d{1,7}$/.test(text) ? readStat(Number(text)) : undefined;
    if (stat) hints.push(`pid:${text} is a process (${stat.comm})`);
  }
  const units = all.flatMap(({ labels }) => {
    const unit = labels[composeLabels.unit];
    return unit === undefined ? [] : [{ unit, full: `${labels[composeLabels.project]}/${unit}` }];
  });
  if (selector.kind === 'label') {
    const keys = [...new Set(all.flatMap((c) => Object.keys(c.labels)))];
    const values = [...new Set(all.flatMap(({ labels }) => labels[selector.key] ?? []))];
    if (values.length > 0) hints.push(`'${selector.key}' is ${enumerate(values.slice(0, 8), 'or')}`);
    else hints.push(...nearest(selector.key, keys).map((k) => `did you mean label=${k}?`));
  } else {
    if (selector.kind === 'image')
      hints.push(
        ...nearestImages(text.slice('image:'.length), all).map((name) => `did you mean image:${name}?`),
      );
    const wanted =
      selector.kind === 'compose' ? selector.unit : selector.kind === 'pod' ? selector.pod : text;
    const exact = units.filter((u) => u.unit === wanted).map((u) => u.full);
    const like = new Set([
      ...exact,
      ...nearest(wanted, selector.kind === 'compose' ? units.map((u) => u.unit) : all.map((c) => c.name)),
    ]);
    if (like.size > 0) hints.push(`did you mean ${enumerate([...like].slice(0, 4), 'or')}?`);
  }
  if (hints.length > 0) return hints.join('; ');
  const running = all.filter(mayRun).map((c) => c.name);
  if (all.length === 0) return "there is no container at all; 'porthole ps' lists what can be watched";
  return running.length === 0
    ? `none of the ${all.length} containers is running`
    : `running: ${enumerate(running.sort())}`;
}

/** By the last part of the image's name, without the tag. */
const nearestImages = (wanted: string, all: readonly Container[]): string[] =>
  nearest(wanted, [...new Set(all.map(({ image }) => image.replace(/^.*\//, '').replace(/[:@].*$/, '')))]);

/** A container whose state is known -> where it is now. Asks again when it changes meanwhile. */
async function settle(container: Container, census: Census): Promise<Target> {
  let now: Container | undefined = container;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    // The list does not tell the pid, and what it told may be old.
    if (attempt > 0 || now.pid === 0) now = await census.again(container);
    if (!now) throw gone(container);
    if (now.pid === 0) throw attempt === 0 ? notRunning(now) : gone(now);
    const target = targetOfContainer(now);
    if (target) return target;
  }
  throw new TargetError(
    'elsewhere',
    `${container.runtime} says that ${container.name} is pid ${now.pid}, but there is no /proc/${now.pid} here`,
    'porthole runs in another pid namespace than the daemon, or on another machine: in a container, start it with --pid=host',
  );
}

function notRunning({ runtime, name, state, exitCode }: Container): TargetError {
  const ended = state === 'exited' || state === 'dead';
  return new TargetError(
    'not-running',
    `${name} is not running: ${state || 'stopped'}${ended && exitCode >= 0 ? ` with exit code ${exitCode}` : ''}`,
    runtime === 'docker' || runtime === 'podman'
      ? `${runtime} start ${name} starts it; ${runtime} logs ${name} may tell why it ended`
      : '',
  );
}

function gone({ name, exitCode, state }: Container): TargetError {
  const how = state === 'exited' && exitCode >= 0 ? ` with exit code ${exitCode}` : '';
  return new TargetError('gone', `${name} ended${how} between look-up and open`);
}

/** The daemon answers one question in about a millisecond; more at once only queue up there. */
const questionsAtOnce = 8;

/** One that ended meanwhile has left the group, which is no reason to give up the others. */
const hasLeft = (error: unknown): error is TargetError =>
  error instanceof TargetError && (error.kind === 'gone' || error.kind === 'not-running');

/** All that a glob, label or compose name means and that runs. */
async function resolveGroup(
  selector: Exclude<ContainerSelector, { kind: 'name' }>,
  census: Census,
  options: ResolveOptions,
): Promise<Target[]> {
  const all = await census.list();
  const members = withoutPodMembers(all.filter((c) => selects(selector, c)));
  if (members.length === 0) throw unknown(selector, all, census);
  requireOneReading(selector, members);
  if (selector.kind === 'compose' && selector.project === '') requireOneProject(selector.text, members);
  const running = members.filter(mayRun);
  if (running.length === 0)
    throw new TargetError(
      'not-running',
      `${members.length === 1 ? `${members[0]!.name}, the only match of '${selector.text}', is not running` : `none of the ${members.length} containers that match '${selector.text}' is running`}: ${enumerate(members.map((m) => `${m.name} ${m.state}`))}`,
    );
  const targets: Target[] = [];
  for (let i = 0; i < running.length; i += questionsAtOnce) {
    const some = running.slice(i, i + questionsAtOnce).map((member) => settle(member, census));
    for (const outcome of await Promise.allSettled(some)) {
      if (outcome.status === 'fulfilled') targets.push(outcome.value);
      else if (!hasLeft(outcome.reason)) throw outcome.reason;
      else options.note?.(outcome.reason.message);
    }
  }
  if (targets.length > 0) return ownNetworkOnly(targets, options, selector.text);
  throw new TargetError('gone', `every container that matches '${selector.text}' ended during the look-up`);
}

/** Of several, those of the host's network are left out unless they are meant; alone, they are refused. */
function ownNetworkOnly(targets: readonly Target[], options: ResolveOptions, text: string): Target[] {
  const own = options.host ? [...targets] : targets.filter((t) => !t.hostNetwork);
  if (own.length === 0) return [requireOwnNetwork(targets[0]!, options, text)];
  const left = targets.filter((t) => !own.includes(t)).map((t) => t.name);
  if (left.length > 0)
    options.note?.(`left out: ${enumerate(left)} (network of the host; --host includes it)`);
  return own;
}

/** A pod's containers are in the namespace its sandbox holds: where the sandbox is, they add nothing. */
function withoutPodMembers(members: readonly Container[]): Container[] {
  const sandboxes = new Set(members.filter((c) => c.pod?.container === '').map((c) => c.id));
  return members.filter((c) => !c.pod || c.pod.container === '' || !sandboxes.has(c.pod.sandboxId));
}

/** A/B is PROJECT/NAME, NAMESPACE/POD or POD/CONTAINER: whichever is there, but never two of them. */
function requireOneReading(selector: ContainerSelector, members: readonly Container[]): void {
  if (selector.kind === 'pod') {
    const namespaces = new Set(members.map((c) => c.pod?.namespace ?? ''));
    if (namespaces.size > 1 && selector.namespace === '' && !isGlob(selector.pod))
      throw new TargetError(
        'ambiguous',
        `'${selector.text}' is in ${namespaces.size} namespaces: ${enumerate([...namespaces].sort().map((n) => `${n}/${selector.pod}`))}`,
        'name the namespace too: pod:NAMESPACE/NAME; pod:*/NAME takes them all',
      );
  }
  if (selector.kind !== 'compose') return;
  const reading = ({ pod }: Container) =>
    !pod ? 'compose:' : pod.container === '' && pod.name !== selector.project ? 'pod:' : 'pod/';
  const readings = new Set(members.map(reading));
  if (readings.size > 1)
    throw new TargetError(
      'ambiguous',
      `'${selector.text}' may be ${enumerate(
        members.map((c) => (c.pod ? `pod ${c.pod.namespace}/${c.name}` : `${c.runtime}:${c.name}`)),
        'or',
      )}`,
      `say which: ${enumerate([...readings].map((r) => `${r}${selector.text}`).sort(), 'or')}`,
    );
}

function requireOneProject(text: string, members: readonly Container[]): void {
  const names = new Set(
    members.map(({ labels }) => `${labels[composeLabels.project]}/${labels[composeLabels.unit]}`),
  );
  const projects = new Set(members.map(({ labels }) => labels[composeLabels.project]));
  if (projects.size > 1)
    throw new TargetError(
      'ambiguous',
      `'${text}' is in ${projects.size} compose projects: ${enumerate([...names].sort())}`,
      'name the project too: PROJECT/NAME; */NAME takes them all',
    );
}
