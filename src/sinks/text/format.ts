/** Times, sizes and durations for people. */

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${trim(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${trim(bytes / 1024 ** 2)} MiB`;
  return `${trim(bytes / 1024 ** 3)} GiB`;
}

/** Three digits that matter. */
function trim(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

export function formatDuration(ns: number): string {
  if (ns < 1000) return `${Math.max(0, Math.round(ns))}ns`;
  if (ns < 1e6) return `${trim(ns / 1e3)}us`;
  if (ns < 1e9) return `${trim(ns / 1e6)}ms`;
  if (ns < 60e9) return `${trim(ns / 1e9)}s`;
  const seconds = Math.round(ns / 1e9);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** The styles of -t, as tcpdump counts them. */
export type TimeStyle = 0 | 1 | 2 | 3 | 4 | 5;

/** Formats times of one run; the text of a second is made once. */
export class TimeFormat {
  readonly #style: TimeStyle;
  readonly #digits: number;
  #second = -1;
  #text = '';
  #first = -1;
  #previous = -1;

  /** @param digits of the fraction: 3, 6 or 9 */
  constructor(style: TimeStyle, digits: number) {
    this.#style = style;
    this.#digits = digits;
  }

  /** Unix seconds and nanoseconds; '' for style 1. */
  format(sec: number, nsec: number): string {
    if (this.#style === 1) return '';
    if (this.#style === 3 || this.#style === 5) return this.#delta(sec, nsec);
    if (sec !== this.#second) {
      this.#second = sec;
      this.#text = this.#style === 2 ? String(sec) : local(sec, this.#style === 4);
    }
    return `${this.#text}.${this.#fraction(nsec)}`;
  }

  #fraction(nsec: number): string {
    return String(Math.floor(nsec / 10 ** (9 - this.#digits))).padStart(this.#digits, '0');
  }

  #delta(sec: number, nsec: number): string {
    const now = sec * 1e3 + nsec / 1e6;
    if (this.#first < 0) this.#first = this.#previous = now;
    const ms = Math.max(0, now - (this.#style === 3 ? this.#previous : this.#first));
    this.#previous = now;
    return `+${(ms / 1e3).toFixed(this.#digits)}`;
  }
}

function local(sec: number, date: boolean): string {
  const t = new Date(sec * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const time = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  return date ? `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${time}` : time;
}
