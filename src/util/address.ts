import { u16 } from './bytes.ts';

export function formatIpv4(b: Uint8Array, o: number): string {
  return `${b[o]}.${b[o + 1]}.${b[o + 2]}.${b[o + 3]}`;
}

/** RFC 5952; the two forms with an embedded IPv4 address as inet_ntop(3) prints them. */
export function formatIpv6(b: Uint8Array, o: number): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; ) {
    let j = i;
    while (j < 8 && u16(b, o + 2 * j) === 0) j++;
    if (j - i > bestLength) {
      bestStart = i;
      bestLength = j - i;
    }
    i = j === i ? i + 1 : j;
  }
  // ::a.b.c.d and ::ffff:a.b.c.d
  if (bestStart === 0 && (bestLength === 6 || (bestLength === 5 && u16(b, o + 10) === 0xffff)))
    return `::${bestLength === 5 ? 'ffff:' : ''}${formatIpv4(b, o + 12)}`;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith('::')) text += ':';
    text += u16(b, o + 2 * i).toString(16);
  }
  return text;
}

export function formatMac(b: Uint8Array, o: number): string {
  let text = '';
  for (let i = 0; i < 6; i++) text += (i ? ':' : '') + b[o + i]!.toString(16).padStart(2, '0');
  return text;
}
