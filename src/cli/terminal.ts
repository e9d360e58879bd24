/** What we say on stderr, and what becomes of stdout. */
import { CliError } from './errors.ts';
import { aroundLines } from './line-start.ts';

/**
 * Names of interfaces, processes and labels are chosen inside the container: control characters in them
 * could move our reader's cursor or change the title. Line feeds stay.
 */
export function plainText(text: string): string {
  return text.replace(
    /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function stderr(text: string): void {
  process.stderr.write(aroundLines(`porthole: ${plainText(text)}\n`));
}

let failed: NodeJS.ErrnoException | undefined;
let told: (() => void) | undefined;

/** From now on a stdout that fails calls `stop` instead of ending the process. */
export function onStdoutFailure(stop: () => void): void {
  told = stop;
  if (failed) stop();
}

/** Whoever writes to stdout calls it when that failed; any number of times. */
export function stdoutFailed(error: NodeJS.ErrnoException): void {
  const first = failed === undefined;
  failed ??= error;
  // A reader that went away (`| head`) ends us quietly, as it does other programs.
  if (told) told();
  else if (first) process.exit(error.code === 'EPIPE' ? 0 : report(error));
}

function report(error: NodeJS.ErrnoException): number {
  stderr(because(error));
  return 1;
}

const because = ({ code, message }: NodeJS.ErrnoException) =>
  `cannot write to stdout: ${code === 'ENOSPC' ? 'the disk is full' : (code ?? message)}`;

/** What became of stdout, as an error for people; undefined when all went well. */
export function stdoutFailure(): Error | undefined {
  if (!failed) return undefined;
  return failed.code === 'EPIPE' ? new ReaderGone() : new CliError(because(failed));
}

/** Nothing went wrong: whoever read our output has seen enough. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}
