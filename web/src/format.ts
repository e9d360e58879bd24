/** Figures for people; the same words as the terminal's. */

const two = (n: number) => String(n).padStart(2, '0');

export function timeOfDay(ms: number): string {
  const at = new Date(ms);
  const millis = String(Math.floor(ms % 1000)).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}

export function fullTime(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(ms)}`;
}

/** Three digits: 412 us, 1.25 ms, 12.3 s. */
export function duration(ns: number | undefined): string {
  if (ns === undefined || !Number.isFinite(ns)) return '';
  const units: readonly (readonly [number, string])[] = [
    [1, 'ns'],
    [1e3, 'µs'],
    [1e6, 'ms'],
    [1e9, 's'],
  ];
  if (ns === 0) return '0 s';
  // What would be rounded to a thousand is one of the next.
  const [size, unit] = [...units].reverse().find(([least]) => ns >= least * 0.9995) ?? units[0]!;
  return `${threeDigits(ns / size)} ${unit}`;
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : threeDigits(value)} ${units[unit]}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export const figure = (value: number): string => Math.round(value).toLocaleString('en-US');

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return `${perSecond >= 10 ? figure(perSecond) : perSecond.toFixed(1)}/s`;
}
