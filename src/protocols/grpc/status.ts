/** Status codes: https://grpc.github.io/grpc/core/md_doc_statuscodes.html; Connect's have the same numbers. */
import type { Exchange } from '../../model/index.ts';

const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Name -> number. */
export const statusCodes: Readonly<Record<string, number>> = Object.fromEntries(
  names.map((name, code) => [name, code]),
);

/** The server's fault, as google.rpc.Code maps them to HTTP's 5xx; of the rest the client's. */
const serverErrors = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** What grpc-status says; undefined when it is no number. */
export function statusName(text: string): string | undefined {
  return /^\d{1,9}$/.test(text) ? (names[Number(text)] ?? text) : undefined;
}

/** Connect's words ('not_found') in gRPC's. */
export function statusOfWord(word: string): string {
  // The one that differs.
  return word === 'canceled' ? 'CANCELLED' : word.toUpperCase();
}

export function outcomeOf(status: string): Exchange['outcome'] {
  if (status === 'OK') return 'ok';
  return serverErrors.has(status) ? 'serverError' : 'clientError';
}

/** grpc-message is percent-encoded: everything but printable ASCII. One byte a character comes out. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const units: Readonly<Record<string, number>> = { H: 3600e9, M: 60e9, S: 1e9, m: 1e6, u: 1e3, n: 1 };

/** grpc-timeout in nanoseconds: at most eight digits and a unit. */
export function timeoutNs(text: string | undefined): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text ?? '');
  return match ? Number(match[1]) * units[match[2]!]! : undefined;
}
