import type { Tally } from './spans.ts';

/** Kinds told one by one; the rest are summed up. */
const shownKinds = 4;

/** `masked 12 secrets: 8 Authorization, 3 Cookie, 1 JWT`; '' when there was none. */
export function summary(tally: Tally): string {
  const { total } = tally;
  const counts = tally.counts();
  if (total === 0) return '';
  const kinds = counts.slice(0, shownKinds).map(([what, count]) => `${count} ${what}`);
  const rest = counts.slice(shownKinds).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) kinds.push(`${rest} more`);
  return `masked ${total} secret${total === 1 ? '' : 's'}: ${kinds.join(', ')}`;
}
