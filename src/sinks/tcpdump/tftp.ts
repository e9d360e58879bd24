/** TFTP: RFC 1350, options of RFC 2347. */
import type { Page } from './page.ts';

const Operation = { read: 1, write: 2, data: 3, ack: 4, error: 5, options: 6 } as const;
const operations = ['', 'RRQ', 'WRQ', 'DATA', 'ACK', 'ERROR', 'OACK'];
const errors = ['EUNDEF', 'ENOTFOUND', 'EACCESS', 'ENOSPACE', 'EBADOP', 'EBADID', 'EEXISTS', 'ENOUSER'];

export function printTftp(p: Page, at: number, length: number): void {
  p.protocol = 'tftp';
  p.text += `TFTP, length ${length}`;
  if (length < 2) return p.cutMark();
  const operation = p.u16(at);
  p.text += `, ${operations[operation] || `tftp-#${operation}`}`;
  if (!operations[operation]) return;
  if (!printBody(p, operation, at + 2, at + length)) p.cutMark();
}

/** @returns false when it was cut */
function printBody(p: Page, operation: number, at: number, end: number): boolean {
  switch (operation) {
    case Operation.read:
    case Operation.write: {
      if (at === end) return false;
      p.text += ' "';
      let size = p.stringz(at, end - at);
      p.text += '"';
      if (size === 0) return false;
      at += size;
      if (at === end) return false;
      p.text += ' ';
      size = p.stringz(at, end - at);
      return size !== 0 && printOptions(p, at + size, end);
    }
    case Operation.options:
      return printOptions(p, at, end);
    case Operation.data:
    case Operation.ack:
      if (end - at < 2) return false;
      p.text += ` block ${p.u16(at)}`;
      return true;
    default: {
      if (end - at < 2) return false;
      const code = p.u16(at);
      p.text += ` ${errors[code] ?? `tftp-err-#${code} "`}`;
      at += 2;
      if (at === end) return false;
      p.text += ' "';
      const size = p.stringz(at, end - at);
      p.text += '"';
      return size !== 0;
    }
  }
}

function printOptions(p: Page, at: number, end: number): boolean {
  while (at !== end) {
    if (p.u8(at) !== 0) p.text += ' ';
    const size = p.stringz(at, end - at);
    if (size === 0) return false;
    at += size;
  }
  return true;
}
