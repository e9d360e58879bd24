/** Points in time as people write them. */
import type { Clock, Timestamp } from '../model/index.ts';
import { parseNumber } from './numbers.ts';

/** When it is, once the session's first second is known. */
export type Instant = (clock: Clock) => Timestamp;

const date = /^(\d{4})-(\d\d)-(\d\d)/;
const clockTime = /(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?/;
const zone = /(Z|[+-]\d\d:?\d\d)?$/i;
const whole = new RegExp(`${date.source}(?:[T ]${clockTime.source}\\s*${zone.source})?$`, 'i');
const ofDay = new RegExp(`^${clockTime.source}$`);

/**
 * `2026-11-24 10:15:30.5`, with `T`, `Z` or `+01:00` as in RFC 3339, shortened from the end; a time of day
 * alone is of the session's first day; a number is Unix seconds. Without a zone it is local time, as the
 * views print it. Undefined when it is none.
 */
export function parseInstant(text: string): Instant | undefined {
  const seconds = parseNumber(text);
  if (seconds !== undefined) return absolute(Math.floor(seconds), Math.round((seconds % 1) * 1e9));
  const found = whole.exec(text);
  if (found) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', offset] = found;
    const parts = [year, month, day, hour, minute, second].map(Number) as Parts;
    const sec = secondsOf(parts, offset);
    return sec === undefined ? undefined : absolute(sec, nanoseconds(fraction));
  }
  const time = ofDay.exec(text);
  if (!time) return undefined;
  const [, hour, minute, second = '0', fraction = ''] = time;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return ({ baseSec }) => {
    const first = new Date(baseSec * 1000);
    first.setHours(Number(hour), Number(minute), Number(second), 0);
    return (first.getTime() / 1000 - baseSec) * 1e9 + nanoseconds(fraction);
  };
}

type Parts = [year: number, month: number, day: number, hour: number, minute: number, second: number];

const absolute =
  (sec: number, nsec: number): Instant =>
  ({ baseSec }) =>
    (sec - baseSec) * 1e9 + nsec;

function nanoseconds(fraction: string): number {
  return Number(fraction.padEnd(9, '0') || 0);
}

/** Unix seconds; undefined for a date that is none. */
function secondsOf(parts: Parts, offset: string | undefined): number | undefined {
  const [year, month, day, hour, minute, second] = parts;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined;
  if (offset === undefined) return new Date(year, month - 1, day, hour, minute, second).getTime() / 1000;
  const utc = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  if (/^z$/i.test(offset)) return utc;
  const digits = offset.replace(/\D/g, '');
  const shift = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2)) * 60;
  return offset.startsWith('-') ? utc + shift : utc - shift;
}
