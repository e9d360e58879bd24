/** Runs Porthole as people do: by the launcher, as a process of its own. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { atEnd } from './at-end.ts';
import { until } from './wait.ts';

export const launcher = resolve(import.meta.dirname, '../../porthole');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** Waits for text on stdout or stderr. */
  saw(text: string | RegExp): Promise<void>;
  /** Waits until interfaces are open: whatever is sent from then on is captured. */
  listening(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdio?: SpawnOptions['stdio'];
  /** Another program that is told to run it: ['setpriv', '--reuid=nobody']. */
  readonly through?: readonly string[];
  readonly launcher?: string;
  readonly input?: string | Uint8Array;
  /** stdin stays open and silent. */
  readonly openStdin?: boolean;
}

/**
 * For the environment: says at its end how much memory the process had at most. Not by getrusage, in which who
 * started it counts too.
 */
export const tellsPeak = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(
    "import{readFileSync}from'node:fs';process.on('exit',()=>console.error(/VmHWM.*/.exec(readFileSync('/proc/self/status','latin1'))[0]))",
  )}`,
};

/** Bytes, of what it has said so. */
export function peakOf({ stderr }: Ended): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(stderr)?.[1]) * 1024;
}

const living = new Set<ChildProcess>();
atEnd(stopAll);

/** For `after`: what a failed test left running would keep its file from ending. */
export function stopAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

/** Starts any program and collects what it prints. */
export function launch(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    stdio: options.stdio ?? ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  living.add(child);
  child.stdin?.on('error', () => {});
  if (!options.openStdin) child.stdin?.end(options.input);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const stdout = () => Buffer.concat(out).toString('utf8');
  const stderr = () => Buffer.concat(err).toString('utf8');
  let over = false;
  const ended = new Promise<Ended>((done, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      living.delete(child);
      done({ code, signal, stdout: stdout(), stderr: stderr(), bytes: Buffer.concat(out) });
    });
  });
  const all = () => `${stdout()}\n${stderr()}`;
  const running: Running = {
    child,
    ended,
    stdout,
    stderr,
    async saw(text) {
      const seen = () => (typeof text === 'string' ? all().includes(text) : text.test(all()));
      await until(
        () => seen() || over,
        () => `${text} in what ${command} ${args.join(' ')} printed:\n${all()}`,
      );
      if (!seen()) throw new Error(`${command} ${args.join(' ')} ended without ${text}:\n${all()}`);
    },
    listening: () => running.saw(/listening on .*\n/),
    stop(signal = 'SIGINT') {
      child.kill(signal);
      return ended;
    },
  };
  return running;
}

export function start(args: readonly string[], options: RunOptions = {}): Running {
  const [command, ...rest] = [...(options.through ?? []), options.launcher ?? launcher, ...args];
  return launch(command!, rest, options);
}

/** Runs it to its end. */
export function porthole(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}
