/** https://no-color.org */
export function useColor(wanted: string, isTerminal: boolean): boolean {
  if (wanted !== 'auto') return wanted === 'always';
  return isTerminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
