/** Names of rotated files, as tcpdump(1) 4.99 makes them for -C, -G and -W. */
export interface RotationPlan {
  /** Next file when this one has so many bytes (-C). */
  readonly sizeBytes?: number;
  /** Next file after so many seconds (-G). */
  readonly seconds?: number;
  /** With a size: how many files are written round and round; with seconds only: how many at all (-W). */
  readonly files?: number;
}

/** -C: a plain number counts millions of bytes, k, m and g count KiB, MiB and GiB. undefined = not a size. */
export function parseRotateSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size =
    Number(digits) *
    { '': 1e6, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit!.toLowerCase() as '' | 'k' | 'm' | 'g'];
  return size > 0 && Number.isSafeInteger(size) ? size : undefined;
}

/**
 * @param sequence 0-based number of the file within its time slot (-G) or the whole run
 * @param sec Unix second the slot began, for strftime letters
 */
export function rotatedName(base: string, plan: RotationPlan, sequence: number, sec: number): string {
  const name = plan.seconds === undefined ? base : strftime(base, new Date(sec * 1000));
  if (plan.sizeBytes === undefined) return name;
  if (plan.files !== undefined) {
    // Numbered with leading zeros, so that they sort; from 0 again when the last is full. One needs no number.
    if (plan.files === 1) return name;
    const width = String(plan.files - 1).length;
    return `${name}${String(sequence % plan.files).padStart(width, '0')}`;
  }
  return sequence === 0 ? name : `${name}${sequence}`;
}

const two = (n: number) => String(n).padStart(2, '0');
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** strftime(3) in local time, C locale; letters it does not know stay as they are. */
export function strftime(format: string, t: Date): string {
  const dayOfYear = () =>
    Math.round(
      (Date.UTC(t.getFullYear(), t.getMonth(), t.getDate()) - Date.UTC(t.getFullYear(), 0, 1)) / 864e5,
    ) + 1;
  const letters: Record<string, () => string> = {
    Y: () => String(t.getFullYear()),
    y: () => two(t.getFullYear() % 100),
    C: () => two(Math.floor(t.getFullYear() / 100)),
    m: () => two(t.getMonth() + 1),
    d: () => two(t.getDate()),
    e: () => String(t.getDate()).padStart(2, ' '),
    H: () => two(t.getHours()),
    I: () => two(t.getHours() % 12 || 12),
    M: () => two(t.getMinutes()),
    S: () => two(t.getSeconds()),
    p: () => (t.getHours() < 12 ? 'AM' : 'PM'),
    j: () => String(dayOfYear()).padStart(3, '0'),
    a: () => days[t.getDay()]!.slice(0, 3),
    A: () => days[t.getDay()]!,
    b: () => months[t.getMonth()]!.slice(0, 3),
    h: () => months[t.getMonth()]!.slice(0, 3),
    B: () => months[t.getMonth()]!,
    u: () => String(t.getDay() || 7),
    w: () => String(t.getDay()),
    s: () => String(Math.floor(t.getTime() / 1000)),
    F: () => strftime('%Y-%m-%d', t),
    T: () => strftime('%H:%M:%S', t),
    R: () => strftime('%H:%M', t),
    D: () => strftime('%m/%d/%y', t),
    r: () => strftime('%I:%M:%S %p', t),
    c: () => strftime('%a %b %e %H:%M:%S %Y', t),
    x: () => strftime('%m/%d/%y', t),
    X: () => strftime('%H:%M:%S', t),
    k: () => String(t.getHours()).padStart(2, ' '),
    l: () => String(t.getHours() % 12 || 12).padStart(2, ' '),
    P: () => (t.getHours() < 12 ? 'am' : 'pm'),
    // Weeks that begin on Sunday and on Monday; ISO 8601's and the year they belong to.
    U: () => two(Math.floor((dayOfYear() + 6 - t.getDay()) / 7)),
    W: () => two(Math.floor((dayOfYear() + 6 - ((t.getDay() + 6) % 7)) / 7)),
    V: () => two(isoWeek(t).week),
    G: () => String(isoWeek(t).year),
    g: () => two(isoWeek(t).year % 100),
    z: () => {
      const offset = -t.getTimezoneOffset();
      return `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
    },
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
  };
  return format.replace(/%(.)/g, (whole, letter: string) =>
    Object.hasOwn(letters, letter) ? letters[letter]!() : whole,
  );
}

/** The week with the year's first Thursday is its first. */
function isoWeek(t: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(t.getFullYear(), t.getMonth(), t.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 864e5)) + 1 };
}
