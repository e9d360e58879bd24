/** What is around each line of text on a terminal that has a status line at its bottom (status-line.ts). */

/** To the first column, and what is right of it erased (ECMA-48). */
export const erase = '\r\x1b[K';

let status: string | undefined;

/** @param line as it is drawn, the cursor back in the first column; undefined: there is none any more */
export function setStatus(line: string | undefined): void {
  status = line;
}

/** On stdout and stderr alike; '' while there is no status line. */
export const beforeLine = (): string => (status === undefined ? '' : erase);

/** Whole lines, with the status line below them: in one piece, so that nothing flickers. */
export const aroundLines = (lines: string): string =>
  status === undefined || lines === '' ? lines : `${erase}${lines}${status}`;
