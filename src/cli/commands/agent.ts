/** `porthole agent`: captures on a node for clients elsewhere. */
import { type PodSelection, type Want, withoutPodPorts } from '../../remote/index.ts';
import { nodeCriSocket, onNode } from '../../target/index.ts';
import { agentView, type Client, clientOfBroker } from '../agent-view.ts';
import type { ViewMaker } from '../capture.ts';
import { type CaptureFilter, captureFilter } from '../capture-filter.ts';
import { type CaptureOptions, captureOptions, captureRows } from '../capture-options.ts';
import { CliError } from '../errors.ts';
import { formatOptions, integer, type OptionRow, type Parsed, parseOptions } from '../options.ts';
import { runtimeRows } from '../runtime-options.ts';
import { stderr } from '../terminal.ts';

const rows: readonly OptionRow[] = [
  { long: 'listen', value: 'PORT', help: 'on 127.0.0.1 (default 7414; 0: any)' },
  { long: 'idle', value: 'SECONDS', help: 'end when there was no client for so long (default: never)' },
  {
    long: 'own-pod',
    value: 'NAME',
    help: 'capture the network it runs in itself, and call it so: it is a container of that pod',
  },
  { long: 'once', help: 'end with the last session' },
  { long: 'deadline', value: 'SECONDS', help: 'end after so long, whatever happens (default: never)' },
  { long: 'session', value: 'ID', help: 'be the process of one session (what the agent itself starts)' },
  { long: 'node', value: 'NAME', help: 'what the node is called (default: the host name)' },
  ...runtimeRows,
  { short: 'Z', long: 'relinquish-privileges', value: 'USER', help: 'capture as this user (default nobody)' },
  { short: 'h', long: 'help', help: 'this text' },
];

const help =
  () => `Captures pods of this node for clients elsewhere: 'porthole watch -k' starts it in a pod on each
node concerned and speaks to it through a forwarded port. Nobody types it.

Usage: porthole agent [OPTIONS]

${formatOptions(rows)}

The digest of the token that clients must give is read from PORTHOLE_TOKEN_SHA256 (hexadecimal).
`;

/** In the target language of this node. */
function specOf({ namespace, name, labels }: PodSelection): string {
  if (name !== '') return `pod:${namespace === '' ? '*' : namespace}/${name}`;
  return `pods:${namespace}${labels === '' ? '' : `?${labels}`}`;
}

function optionsOf(want: Want, own: readonly string[], ownPod: string | undefined): CaptureOptions {
  // Names are the client's business.
  const words = ['-n', ...(ownPod === undefined ? ['--wait'] : []), '-s', `${want.snaplen}`, ...own];
  for (const name of want.interfaces ?? []) words.push(`--interface=${name}`);
  if (want.direction) words.push('-Q', want.direction);
  if (want.ringBytes > 0) words.push('-B', `${Math.ceil(want.ringBytes / 1024)}`);
  const options = captureOptions(parseOptions(words, captureRows));
  return ownPod === undefined ? options : { ...options, ownPod };
}

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const own = ['runtime', 'relinquish-privileges'].flatMap((name) => {
    const value = parsed.value(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const ownPod = parsed.value('own-pod');
  const given = parsed.value('socket');
  // As they can be opened from within the agent's container. A pod's own network needs no runtime.
  const onThisNode = () => (given === undefined ? nodeCriSocket() : onNode(given.split(',')));
  const socket = ownPod === undefined ? onThisNode() : undefined;
  if (socket !== undefined) own.push('--socket', socket);
  if (socket !== undefined && !parsed.has('runtime')) own.push('--runtime', 'cri');
  const session = parsed.value('session');
  const node = parsed.value('node') ?? '';
  if (session === undefined) return listen(parsed, argv);
  const coming = clientOfBroker(node, session);
  // While the client says who it is.
  const [{ captureLive }, { startStaff }] = await Promise.all([
    import('../capture-live.ts'),
    import('../../watch/index.ts'),
  ]);
  const staff = startStaff();
  const client = await coming;
  try {
    return await serve(client, own, ownPod, (...what) => captureLive(...what, staff));
  } finally {
    await client.close();
  }
}

/** Where an agent listens; nothing else of a pod does. */
const defaultPort = 7414;

async function listen(parsed: Parsed, argv: readonly string[]): Promise<number> {
  const digest = process.env['PORTHOLE_TOKEN_SHA256'] ?? '';
  if (!/^[0-9a-f]{64}$/i.test(digest))
    throw new CliError(
      'no token: PORTHOLE_TOKEN_SHA256 must hold the SHA-256 of the token that clients give',
      "'porthole watch -k' starts agents by itself",
    );
  const { Broker } = await import('../../agent/index.ts');
  const broker = new Broker({
    port: integer('--listen', parsed.value('listen') ?? `${defaultPort}`, 0, 65535),
    digest,
    command: [process.execPath, ...process.execArgv, process.argv[1]!, 'agent', ...argv, '--session'],
    idleMs: integer('--idle', parsed.value('idle') ?? '0', 0, 86_400) * 1000,
    note: stderr,
    isOnce: parsed.has('once'),
  });
  const deadline = integer('--deadline', parsed.value('deadline') ?? '0', 0, 86_400);
  if (deadline > 0)
    setTimeout(() => {
      stderr(`the deadline of ${deadline} s is reached`);
      broker.close();
    }, deadline * 1000).unref();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => broker.close());
  await broker.run((port) => stderr(`agent on 127.0.0.1:${port}`));
  return 0;
}

type Capture = (
  options: CaptureOptions,
  spec: string,
  filter: CaptureFilter,
  maker: ViewMaker,
) => Promise<number>;

/** Of the pod, as src/kube/agent-job.ts and src/kube/ephemeral-container.ts give them to it. */
const inPod = ['CAP_NET_RAW', 'CAP_SETUID', 'CAP_SETGID'] as const;
const onNodes = ['CAP_SYS_ADMIN', 'CAP_SYS_PTRACE', ...inPod] as const;

/** An agent that lacks one would wait for pods that it cannot see. Throws CliError. */
async function requireRights(needed: typeof inPod | typeof onNodes): Promise<void> {
  const { missingCapabilities } = await import('../../capture/sys/index.ts');
  const missing = missingCapabilities(needed);
  if (missing.length > 0 && needed === inPod)
    throw new CliError(
      `the container that was added to the pod lacks ${missing.join(', ')}`,
      'CRI-O gives NET_RAW only to who asks for it, which PodSecurity admits in namespaces of level privileged alone',
    );
  if (missing.length > 0)
    throw new CliError(
      `the agent lacks ${missing.join(', ')}`,
      'something has changed its pod, or it was made by hand: docs/kubernetes.md says what each capability is for',
    );
}

async function serve(
  client: Client,
  own: readonly string[],
  ownPod: string | undefined,
  capture: Capture,
): Promise<number> {
  const { session, want } = client;
  if (!want) {
    // Or it was started for somebody who was not let in.
    if (client.wasThere) stderr(`no session: ${client.why()}`);
    return 0;
  }
  const spec = ownPod === undefined ? specOf(want.pods) : `pod ${ownPod}`;
  const began = Date.now();
  // Both are what a client says: a line of the log stays one.
  const [who, wanted] = [want.who, want.filter].map((text) => text.replace(/\s+/g, ' '));
  stderr(`session for ${who}: ${spec}${wanted === '' ? '' : `, filter: ${wanted}`}`);
  try {
    await requireRights(ownPod === undefined ? onNodes : inPod);
    const options = optionsOf(want, own, ownPod);
    const asked = await captureFilter(want.filter, { snaplen: options.snaplen, live: true }, options);
    const filter = ownPod === undefined ? asked : await asked.and(withoutPodPorts);
    const status = await capture(options, spec, filter, {
      immediate: true,
      async make(setting) {
        if (want.mode === 'packets') return agentView(client);
        const { decodingView } = await import('../agent-entries.ts');
        return decodingView(client, want, setting);
      },
    });
    stderr(`session for ${who} is over after ${Math.round((Date.now() - began) / 1000)} s: ${client.why()}`);
    return status;
  } catch (error) {
    const { message, hint = '' } = error as Error & { hint?: string };
    session.refuse({ reason: message, hint });
    throw error;
  }
}
