/** The composition root: picks the command; everything else is loaded by it when it is needed. */
import { CliError, UsageError } from './errors.ts';
import { plainText, stdoutFailed } from './terminal.ts';
import { mark } from './timing.ts';

mark('node is up');

type Command = (argv: string[]) => Promise<number>;

const commands: Record<string, () => Promise<{ run: Command }>> = {
  watch: () => import('./commands/watch.ts'),
  tui: () => import('./commands/tui.ts'),
  web: () => import('./commands/web.ts'),
  dump: () => import('./commands/dump.ts'),
  stats: () => import('./commands/stats.ts'),
  ps: () => import('./commands/ps.ts'),
  doctor: () => import('./commands/doctor.ts'),
  filter: () => import('./commands/filter.ts'),
  fields: () => import('./commands/fields.ts'),
  kube: () => import('./commands/kube.ts'),
  agent: () => import('./commands/agent.ts'),
  demo: () => import('./commands/demo.ts'),
  help: () => import('./commands/help.ts'),
  version: () => import('./commands/version.ts'),
};

/** As a plugin of kubectl, under that name, kubectl's flags are meant. */
async function words(): Promise<string[]> {
  const given = process.argv.slice(2);
  if (!/(^|\/)kubectl-porthole$/.test(process.env['PORTHOLE_LAUNCHED_AS'] ?? '')) return given;
  const { fromKubectl } = await import('./kubectl.ts');
  return fromKubectl(given);
}

async function main(argv: string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined) return (await import('./commands/overview.ts')).run([]);
  if (first === '--help' || first === '-h') return (await commands['help']!()).run(rest);
  if (first === '--version' || first === '-V') return (await commands['version']!()).run(rest);
  const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
  // `porthole upbeat` is `porthole watch upbeat`.
  return command ? (await command()).run(rest) : (await commands['watch']!()).run(argv);
}

/**
 * Errors that were written for people have a name we know, or (those about an expression) a form of their
 * own; anything else is a bug and shows its stack.
 */
const spoken = new Set([
  'CliError',
  'TargetError',
  'CaptureError',
  'OpenerError',
  'CaptureFileError',
  'OutputError',
]);

function report(error: unknown): number {
  const err = error as Error & { hint?: string; format?: () => string };
  if (err.format) {
    process.stderr.write(`porthole: ${plainText(err.format())}\n`);
    return 1;
  }
  if (err.name === 'ReaderGone') return 0;
  if (error instanceof CliError || spoken.has(err.name)) {
    process.stderr.write(`porthole: ${plainText(err.message + (err.hint ? `\n  ${err.hint}` : ''))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
  process.stderr.write(`porthole: this is a bug in Porthole: ${err.stack ?? String(error)}\n`);
  return 70;
}

process.stdout.on('error', stdoutFailed);

try {
  process.exitCode = await main(await words());
} catch (error) {
  process.exitCode = report(error);
}
