/** Times of entries in tcpdump's -t dialect. */
import type { Clock } from '../../model/index.ts';
import { two } from './units.ts';

/** Number of -t: 0 local time of day, 1 none, 2 epoch, 3 since the previous entry, 4 date too, 5 since the first. */
export type TimeStyle = 0 | 1 | 2 | 3 | 4 | 5;

/** The local second's text is cached: entries come many to a second. */
export function createTimeFormat(clock: Clock, style: TimeStyle, nano: boolean): (at: number) => string {
  /** Time of day is for eyes: ms. The others are for sums: µs, as tcpdump prints. */
  const digits = nano ? 9 : style === 0 ? 3 : 6;
  let cachedSecond = Number.NaN;
  let prefix = '';
  let reference: number | undefined;
  const unit = 10 ** (9 - digits);
  const one = 10 ** digits;
  const fraction = (nsec: number) => String(one + Math.floor(nsec / unit)).slice(1);

  function absolute(at: number): string {
    const offset = Math.floor(at / 1e9);
    const sec = clock.baseSec + offset;
    if (sec !== cachedSecond) {
      cachedSecond = sec;
      prefix = style === 2 ? `${sec}.` : `${localSecond(sec, style === 4)}.`;
    }
    return prefix + fraction(at - offset * 1e9);
  }
  function delta(at: number): string {
    reference ??= at;
    const ns = at - reference;
    if (style === 3) reference = at;
    const abs = Math.abs(ns);
    const sec = Math.floor(abs / 1e9);
    // Entries come when they end but tell when they began: a step back is possible.
    const sign = ns < 0 ? '-' : ' ';
    return `${sign}${two(Math.floor(sec / 3600))}:${two(Math.floor(sec / 60) % 60)}:${two(sec % 60)}.${fraction(abs - sec * 1e9)}`;
  }
  if (style === 1) return () => '';
  return style === 3 || style === 5 ? delta : absolute;
}

export function localSecond(sec: number, withDate: boolean): string {
  const d = new Date(sec * 1000);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return withDate ? `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}` : time;
}
