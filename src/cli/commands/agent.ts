/** `porthole agent`: captures on a node for a client that speaks on stdin. */
import type { PodSelection, Want } from '../../remote/index.ts';
import { nodeCriSocket, onNode } from '../../target/index.ts';
import { type Client, clientOnStdio } from '../agent-view.ts';
import { captureFilter } from '../capture-filter.ts';
import { type CaptureOptions, captureOptions, captureRows } from '../capture-options.ts';
import { CliError } from '../errors.ts';
import { formatOptions, type OptionRow, parseOptions } from '../options.ts';
import { runtimeRows } from '../runtime-options.ts';
import { stderr } from '../terminal.ts';

const rows: readonly OptionRow[] = [
  { long: 'node', value: 'NAME', help: 'what the node is called (default: the host name)' },
  ...runtimeRows,
  { short: 'Z', long: 'relinquish-privileges', value: 'USER', help: 'capture as this user (default nobody)' },
  { short: 'h', long: 'help', help: 'this text' },
];

const help = () => `Captures pods of this node for a client that asks on stdin and is answered on stdout.
It is started by 'porthole watch -k' in a pod on each node concerned; nobody types it.

Usage: porthole agent [OPTIONS]

${formatOptions(rows)}
`;

/** In the target language of this node. */
function specOf({ namespace, name, labels }: PodSelection): string {
  if (name !== '') return `pod:${namespace === '' ? '*' : namespace}/${name}`;
  return `pods:${namespace}${labels === '' ? '' : `?${labels}`}`;
}

function optionsOf(want: Want, own: readonly string[]): CaptureOptions {
  const words = ['--wait', '-s', `${want.snaplen}`, ...own];
  if (want.ringBytes > 0) words.push('-B', `${Math.ceil(want.ringBytes / 1024)}`);
  return captureOptions(parseOptions(words, captureRows));
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
  const socket = socketOf(parsed.value('socket'));
  if (socket !== undefined) own.push('--socket', socket);
  if (socket !== undefined && !parsed.has('runtime')) own.push('--runtime', 'cri');
  const client = await clientOnStdio(parsed.value('node') ?? '');
  try {
    return await serve(client, own);
  } finally {
    await client.close();
  }
}

/** Of the node's runtime, as it can be opened from within the agent's container. */
function socketOf(given: string | undefined): string | undefined {
  try {
    return given === undefined ? nodeCriSocket() : onNode(given);
  } catch (error) {
    throw new CliError(
      `cannot look at the node's file system: ${(error as NodeJS.ErrnoException).code}`,
      'the agent needs hostPID and CAP_SYS_PTRACE',
    );
  }
}

async function serve(client: Client, own: readonly string[]): Promise<number> {
  const { session, want } = client;
  if (!want) {
    stderr(`no session: ${client.why()}`);
    return 0;
  }
  const spec = specOf(want.pods);
  const began = Date.now();
  stderr(`session for ${want.who}: ${spec}${want.filter === '' ? '' : `, filter: ${want.filter}`}`);
  try {
    const options = optionsOf(want, own);
    const filter = await captureFilter(want.filter, { snaplen: options.snaplen, live: true }, options);
    const { captureLive } = await import('../capture-live.ts');
    const { agentView } = await import('../agent-view.ts');
    const status = await captureLive(options, spec, filter, {
      immediate: true,
      make: async () => agentView(client),
    });
    stderr(
      `session for ${want.who} is over after ${Math.round((Date.now() - began) / 1000)} s: ${client.why()}`,
    );
    return status;
  } catch (error) {
    const { message, hint = '' } = error as Error & { hint?: string };
    session.refuse({ reason: message, hint });
    throw error;
  }
}
