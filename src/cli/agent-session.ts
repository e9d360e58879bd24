/** The process of one session of `agent`: what its client wants, captured on this node. */
import { type PodSelection, type Want, withoutPodPorts } from '../remote/index.ts';
import { nodeCriSocket, onNode } from '../target/index.ts';
import { agentView, type Client, clientOfBroker } from './agent-view.ts';
import type { ViewMaker } from './capture.ts';
import { type CaptureFilter, captureFilter } from './capture-filter.ts';
import { type CaptureOptions, captureOptions, captureRows } from './capture-options.ts';
import { CliError } from './errors.ts';
import { type Parsed, parseOptions } from './options.ts';
import { stderr } from './terminal.ts';

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

/**
 * @param id of the session
 * @param parsed what the agent was told
 */
export async function agentSession(id: string, parsed: Parsed): Promise<number> {
  const coming = clientOfBroker(parsed.value('node') ?? '', id);
  // Everything is loaded and started while the client says who it is.
  const ownPod = parsed.value('own-pod');
  const { startStaff } = await import('../watch/index.ts');
  const staff = ownPod === undefined ? startStaff() : undefined;
  const own = ['runtime', 'relinquish-privileges'].flatMap((name) => {
    const value = parsed.value(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const given = parsed.value('socket');
  // As they can be opened from within the agent's container. A pod's own network needs no runtime.
  const onThisNode = () => (given === undefined ? nodeCriSocket() : onNode(given.split(',')));
  const socket = ownPod === undefined ? onThisNode() : undefined;
  if (socket !== undefined) own.push('--socket', socket);
  if (socket !== undefined && !parsed.has('runtime')) own.push('--runtime', 'cri');
  const { captureLive } = await import('./capture-live.ts');
  if (socket !== undefined) void import('../target/cri/index.ts');
  const client = await coming;
  try {
    return await serve(client, own, ownPod, (...what) => captureLive(...what, staff));
  } finally {
    await client.close();
  }
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
  const { missingCapabilities } = await import('../capture/sys/index.ts');
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
      // In a pod of others there are no rights to look into its processes.
      wantsOwners: ownPod === undefined && want.mode === 'exchanges' && want.entries?.processes === true,
      async make(setting) {
        if (want.mode === 'packets') return agentView(client);
        const { decodingView } = await import('./agent-entries.ts');
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
