/** What comes before each line of text on a terminal that has a status line at its bottom (status-line.ts). */

/** To the first column, and what is right of it erased (ECMA-48). */
export const erase = '\r\x1b[K';

let hasStatus = false;

export function setStatus(on: boolean): void {
  hasStatus = on;
}

/** On stdout and stderr alike; '' while there is no status line. */
export const beforeLine = (): string => (hasStatus ? erase : '');
