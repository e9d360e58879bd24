/** Syslog: RFC 3164. */
import { printUnknown } from './hex.ts';
import type { Page } from './page.ts';

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'];
const facilities = (
  'kernel user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console cron local0 local1 ' +
  'local2 local3 local4 local5 local6 local7'
).split(' ');
const maxDigits = 3;

export function printSyslog(p: Page, at: number, length: number): void {
  p.protocol = 'syslog';
  if (p.u8(at) !== 0x3c) return p.invalid();
  let offset = 1;
  let priority = 0;
  for (; offset <= maxDigits; offset++) {
    const digit = p.u8(at + offset) - 0x30;
    if (digit < 0 || digit > 9) break;
    priority = priority * 10 + digit;
  }
  if (p.u8(at + offset) !== 0x3e) return p.invalid();
  offset++;
  const facility = priority >> 3;
  const severity = severities[priority & 7];
  const name = facilities[facility] ?? `unknown (${facility})`;
  if (p.v === 0) {
    p.text += `SYSLOG ${name}.${severity}, length: ${length}`;
    return;
  }
  p.text += `SYSLOG, length: ${length}\n\tFacility ${name} (${facility}), Severity ${severity} (${priority & 7})\n\tMsg: `;
  if (length > offset && !p.string(at + offset, length - offset)) p.need(at + offset, length - offset);
  if (p.v > 1) printUnknown(p, '\n\t', at, length);
}
