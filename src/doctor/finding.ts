/** What is wrong, or good to know, in one sentence. */

/**
 * error: nothing can be watched, or nothing of what was asked for shows; warning: a part is missing or
 * unreadable; note: good to know.
 */
export type Severity = 'error' | 'warning' | 'note';

/** Stable: programs rely on them. What each means is told in docs/doctor.md. */
export const codes = [
  'capability',
  'kernel-refuses',
  'ffi',
  'runtime-permission',
  'runtime-no-answer',
  'runtime-missing',
  'target-unknown',
  'target-ambiguous',
  'target-not-running',
  'target-ended',
  'target-elsewhere',
  'target-permission',
  'target-spec',
  'netns-file',
  'host-network',
  'paused',
  'stopped',
  'no-process',
  'interface-unknown',
  'interface-down',
  'no-carrier',
  'capture-refused',
  'unix-only',
  'idle',
  'dropped',
  'other-interface',
  'direction',
  'filter-port',
  'filter-ip-version',
  'filter-vlan',
  'filter-host',
  'filter',
  'refused',
  'unanswered',
  'snaplen',
  'tls',
  'joined',
  'undecoded',
  'no-entries',
  'loopback-only',
  'sidecar',
  'shared-namespace',
  'unix-sockets',
  'bypass',
  'xdp',
  'hidden-processes',
  'confined',
  'user-namespace',
  'nothing-to-watch',
] as const;
export type Code = (typeof codes)[number];

export interface Finding {
  readonly code: Code;
  readonly severity: Severity;
  /** One line, without a full stop. */
  readonly sentence: string;
  /** What to do; '' when there is nothing to be done. */
  readonly advice: string;
  /** The figures it rests on. */
  readonly evidence: Readonly<Record<string, number | string | readonly string[]>>;
}

/** A finding; what is not said is empty. */
export function finding(
  severity: Severity,
  code: Code,
  sentence: string,
  more: { readonly advice?: string; readonly evidence?: Finding['evidence'] } = {},
): Finding {
  return { code, severity, sentence, advice: more.advice ?? '', evidence: more.evidence ?? {} };
}
