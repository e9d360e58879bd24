/** What ends a command with one clear line and exit status 1. */
export class CliError extends Error {
  /** What to do about it; printed after the message. */
  readonly hint: string;
  constructor(message: string, hint = '') {
    super(message);
    this.name = 'CliError';
    this.hint = hint;
  }
}

/** A mistake on the command line: exit status 2. */
export class UsageError extends CliError {
  override name = 'UsageError';
}
