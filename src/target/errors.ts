/** What went wrong, for a program: a watch that goes on treats `gone` unlike `permission`. */
export type TargetErrorKind =
  | 'usage'
  | 'unknown'
  | 'ambiguous'
  | 'not-running'
  | 'gone'
  | 'host-network'
  | 'permission'
  | 'no-runtime'
  | 'no-answer'
  | 'elsewhere';

/** A target that cannot be watched: one line that says what, which value and why. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly kind: TargetErrorKind;
  /** What to do about it; printed after the message. */
  readonly hint: string;

  constructor(kind: TargetErrorKind, message: string, hint = '') {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

/** The `code` of a Node system error, '' without one. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

/** `a`, `b` and `c`, at most `limit` of them, the rest counted. */
export function enumerate(names: readonly string[], conjunction = 'and', limit = 8): string {
  if (names.length > limit) return `${names.slice(0, limit).join(', ')} and ${names.length - limit} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${conjunction} ${names.at(-1)}`;
}

/** What to do when the kernel does not let us look: ptrace(2), access mode checks. */
export function hintForRights(): string {
  return process.getuid?.() === 0
    ? 'this root is a limited one: it needs CAP_SYS_PTRACE and CAP_SYS_ADMIN, and no security module that forbids it'
    : 'run it as root: sudo porthole ...';
}
