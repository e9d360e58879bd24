/** Figures for people. */

/** 1204 -> '1,204' */
export function figure(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** '1 packet', '1,204 packets' */
export function count(n: number, word: string): string {
  return `${figure(n)} ${word}${n === 1 ? '' : 's'}`;
}

/** Powers of 1000, as elsewhere: '34.2 kB'. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const unit of ['kB', 'MB', 'GB']) {
    bytes /= 1000;
    if (bytes < 1000 || unit === 'GB') return `${bytes.toPrecision(3)} ${unit}`;
  }
  return '';
}

export const percent = (part: number, whole: number): string =>
  whole === 0 ? '0%' : `${Math.round((100 * part) / whole)}%`;

/** 'a', 'a and b', 'a, b and 3 more' */
export function list(items: readonly string[], most = 4, last = 'and'): string {
  const shown = items.slice(0, most);
  if (items.length > most) return `${shown.join(', ')} and ${items.length - most} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)}`;
}
