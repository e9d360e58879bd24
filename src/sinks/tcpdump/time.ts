/** Timestamps: -t to -ttttt, micro- and nanoseconds. */
import type { Frame } from '../../model/index.ts';
import type { PrintOptions } from './options.ts';

const two = Array.from({ length: 100 }, (_, n) => (n < 10 ? `0${n}` : `${n}`));

const clock = (seconds: number) =>
  `${two[Math.floor(seconds / 3600) % 24]}:${two[Math.floor(seconds / 60) % 60]}:${two[seconds % 60]}`;

/** Offsets from UTC change at full quarters of an hour only, everywhere. */
const offsetSpan = 900;

/** Seconds of local time since the epoch. */
function localClock(): (sec: number) => number {
  let span = -1;
  let offset = 0;
  return (sec) => {
    const at = Math.floor(sec / offsetSpan);
    if (at !== span) {
      span = at;
      offset = new Date(sec * 1000).getTimezoneOffset() * -60;
    }
    return sec + offset;
  };
}

const date = (sec: number) => new Date(sec * 1000).toISOString().slice(0, 10);

/** Returns the text before a packet, with the blank behind it. */
export function timePrinter(options: PrintOptions): (frame: Frame) => string {
  const { nano, time } = options;
  const unit = nano ? 1 : 1000;
  const perSecond = nano ? 1_000_000_000 : 1_000_000;
  const digits = nano ? 9 : 6;
  // A damaged file may hold more than a second here.
  const fraction = (n: number) =>
    n < perSecond ? `.${String(n + perSecond).slice(1)}` : `.${String(n).padStart(digits, '0')}`;
  const local = localClock();

  if (time === 1) return () => '';
  if (time === 2 || time === 0 || time === 4) {
    const whole =
      time === 2
        ? (sec: number) => `${sec}`
        : time === 0
          ? (sec: number) => clock(local(sec))
          : (sec: number) => `${date(local(sec))} ${clock(local(sec))}`;
    let lastSec = -1;
    let lastText = '';
    return ({ sec, nsec }) => {
      // tcpdump holds seconds in 31 bits here.
      if (sec >= 0x80000000) return '[Error converting time] ';
      if (sec !== lastSec) {
        lastSec = sec;
        lastText = whole(sec);
      }
      return `${lastText}${fraction(Math.floor(nsec / unit))} `;
    };
  }
  let refSec = 0;
  let refFraction = 0;
  return ({ sec, nsec }) => {
    const now = Math.floor(nsec / unit);
    if (refSec === 0 && refFraction === 0) {
      refSec = sec;
      refFraction = now;
    }
    const negative = sec < refSec || (sec === refSec && now < refFraction);
    let seconds = negative ? refSec - sec : sec - refSec;
    let rest = negative ? refFraction - now : now - refFraction;
    if (rest < 0) {
      seconds--;
      rest += perSecond;
    }
    if (time === 3) {
      refSec = sec;
      refFraction = now;
    }
    return `${negative ? '-' : ' '}${clock(seconds)}${fraction(rest)} `;
  };
}
