/** Ethernet's loopback test: the Ethernet v2 configuration testing protocol. */
import type { Page } from './page.ts';

export function printLoopback(p: Page, at: number, length: number): void {
  p.protocol = 'loopback';
  p.text += 'Loopback';
  const end = at + length;
  if (length < 2) return bad(p, at, end);
  const skip = p.u16le(at);
  p.text += `, skipCount ${skip}${skip % 8 !== 0 ? ' (bogus)' : ''}`;
  at += 2;
  if (skip > end - at) return bad(p, at, end);
  p.need(at, skip);
  at += skip;
  if (end - at < 2) return bad(p, at, end);
  const kind = p.u16le(at);
  at += 2;
  p.text += `, ${kind === 1 ? 'Reply' : kind === 2 ? 'Forward Data' : ` invalid (${kind})`}`;
  if (kind === 1) {
    if (end - at < 2) return bad(p, at, end);
    p.text += `, receipt number ${p.u16le(at)}`;
    at += 2;
  } else if (kind === 2) {
    if (end - at < 6) return bad(p, at, end);
    p.text += `, forwarding address ${p.mac(at)}`;
    at += 6;
  }
  if (kind === 1 || kind === 2) p.text += `, data (${end - at} octets)`;
  p.need(at, end - at);
}

function bad(p: Page, at: number, end: number): void {
  p.invalid();
  p.need(at, end - at);
}
