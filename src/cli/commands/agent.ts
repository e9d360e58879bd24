/** `porthole agent`: captures on a node for clients elsewhere. */
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

export async function run(argv: string[]): Promise<number> {
  const parsed = parseOptions(argv, rows);
  if (parsed.has('help')) {
    process.stdout.write(help());
    return 0;
  }
  const session = parsed.value('session');
  if (session === undefined) return listen(parsed, argv);
  const { agentSession } = await import('../agent-session.ts');
  return agentSession(session, parsed);
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
