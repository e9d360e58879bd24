/** A row of the list as texts by column, and how each is inked. */
import { localSecond } from '../../sinks/text/time.ts';
import { formatBytes, formatDuration } from '../../sinks/text/units.ts';
import type { Row } from '../../view/ports.ts';
import { hashedInk, ink } from '../draw/style.ts';

export type TimeMode = 'day' | 'first' | 'before';
export const timeModes: readonly TimeMode[] = ['day', 'first', 'before'];

const outcomeInks: Readonly<Record<Row['outcome'], number>> = {
  ok: ink.ok,
  clientError: ink.clientError,
  serverError: ink.failed,
  failed: ink.failed,
  unanswered: ink.unanswered,
  info: ink.dim,
  open: ink.dim,
};

export const outcomeInk = (outcome: Row['outcome']): number => outcomeInks[outcome];

let cachedSecond = Number.NaN;
let cachedText = '';

/** Time of day with milliseconds. Most entries share their second with the one before. */
export function timeOfDay(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedText = localSecond(second, false);
  }
  return `${cachedText}.${String(1000 + Math.floor(ms - second * 1000)).slice(1)}`;
}

/** @param reference the time it is told from, for the other modes */
export function timeText(ms: number, mode: TimeMode, reference: number): string {
  if (mode === 'day') return timeOfDay(ms);
  const seconds = (ms - reference) / 1000;
  return `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}`;
}

/** @param nowMs for what is under way @param extra position among the chosen columns */
export function cellText(row: Row, column: string, nowMs: number, extra: number): string {
  if (extra >= 0) return row.extra[extra] ?? '';
  switch (column) {
    case 'target':
      return row.target;
    case 'client':
      return row.client;
    case 'server':
      return row.server;
    case 'protocol':
      return row.protocol;
    case 'operation':
      return row.operation;
    case 'subject':
      return row.subject;
    case 'result':
      return row.outcome === 'open' && row.result === '' ? '…' : row.result;
    case 'size':
      return row.kind === 'exchange' || row.kind === 'conversation' ? formatBytes(row.responseBytes) : '';
    case 'duration':
      return durationText(row, nowMs);
    default:
      return '';
  }
}

export function durationText(row: Row, nowMs: number): string {
  if (row.kind !== 'exchange' && row.kind !== 'conversation') return '';
  if (row.durationNs !== undefined) return formatDuration(row.durationNs);
  // Of what is under way, so far: whole seconds, so that it does not flicker.
  const seconds = Math.floor((nowMs - row.at) / 1000);
  return seconds >= 1 ? `${seconds} s…` : '…';
}

export function cellInk(row: Row, column: string): number {
  switch (column) {
    case 'time':
    case 'size':
      return ink.dim;
    case 'target':
      return hashedInk(row.target);
    case 'protocol':
      return hashedInk(row.protocol);
    case 'operation':
      return ink.request;
    case 'result':
      return outcomeInks[row.outcome];
    default:
      return ink.plain;
  }
}
