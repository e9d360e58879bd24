import type { Exchange } from '../../model/index.ts';

export type Outcome = Exchange['outcome'];

/** How exchanges ended. */
export class Outcomes implements Record<Outcome, number> {
  ok = 0;
  clientError = 0;
  serverError = 0;
  failed = 0;
  unanswered = 0;
  info = 0;

  merge(other: Outcomes): void {
    for (const outcome of outcomes) this[outcome] += other[outcome];
  }

  get total(): number {
    return this.ok + this.info + this.bad;
  }

  /** Those that did not go well, whoever is to blame. */
  get bad(): number {
    return this.clientError + this.serverError + this.failed + this.unanswered;
  }
}

export const outcomes: readonly Outcome[] = [
  'ok',
  'clientError',
  'serverError',
  'failed',
  'unanswered',
  'info',
];

export const isBad = (outcome: Outcome): boolean => outcome !== 'ok' && outcome !== 'info';
