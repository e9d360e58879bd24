/** Numbers for people, in the texts of errors. */

/** '3 SYNs' */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** '3.0 s', '63 s': two digits; '12 min', '27 h' where seconds matter no more. */
export function seconds(ns: number): string {
  const s = Math.max(0, ns) / 1e9;
  if (s >= 36_000) return `${Math.round(s / 3600)} h`;
  if (s >= 600) return `${Math.round(s / 60)} min`;
  return `${s < 0.095 ? s.toFixed(3) : s < 0.95 ? s.toFixed(2) : s < 9.95 ? s.toFixed(1) : String(Math.round(s))} s`;
}
