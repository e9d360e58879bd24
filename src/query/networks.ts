/** Addresses and networks that texts are compared with. */
import { formatIpv4, formatIpv6 } from '../util/address.ts';
import { parseIpv4, parseIpv6 } from '../util/parse-address.ts';

/** Who is compared is read into this. */
const scratch = new Uint8Array(16);

export interface Network {
  /** Whether it is one address and no prefix was written. */
  readonly isHost: boolean;
  /** Is the text an address in it? */
  holds(text: string): boolean;
  /** < 0: the text's address is before it; NaN: it is none of its family. */
  compare(text: string): number;
}

/** An IPv4 or IPv6 address, with or without `/prefix`; undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const prefix = slash < 0 ? undefined : text.slice(slash + 1);
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const v4 = parseIpv4(address);
  if (v4 >= 0) return prefix !== undefined && Number(prefix) > 32 ? undefined : network4(v4, prefix);
  const v6 = new Uint8Array(16);
  if (!parseIpv6(address, v6) || Number(prefix ?? 0) > 128) return undefined;
  return network6(v6, prefix);
}

function network4(address: number, prefix: string | undefined): Network {
  // Divided, not shifted: 32 bits do not fit in a signed shift, and /0 shifts by 32.
  const unit = 2 ** (32 - Number(prefix ?? 32));
  const wanted = Math.floor(address / unit);
  const canonical = formatIpv4(bytes4(address), 0);
  const isHost = prefix === undefined;
  return {
    isHost,
    holds: isHost
      ? (text) => text === canonical
      : (text) => {
          const value = parseIpv4(text);
          return value >= 0 && Math.floor(value / unit) === wanted;
        },
    compare(text) {
      const value = parseIpv4(text);
      return value < 0 ? Number.NaN : value - address;
    },
  };
}

function bytes4(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}

function network6(address: Uint8Array, prefix: string | undefined): Network {
  const bits = Number(prefix ?? 128);
  const canonical = formatIpv6(address, 0);
  const isHost = prefix === undefined;
  return {
    isHost,
    holds: (text) =>
      (isHost && text === canonical) || (parseIpv6(text, scratch) && sameBits(scratch, address, bits)),
    compare(text) {
      if (!parseIpv6(text, scratch)) return Number.NaN;
      for (let i = 0; i < 16; i++) if (scratch[i] !== address[i]) return scratch[i]! - address[i]!;
      return 0;
    },
  };
}

function sameBits(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || a[whole]! >> (8 - rest) === b[whole]! >> (8 - rest);
}

/** Six pairs of hexadecimal digits, in the forms Wireshark takes: lower case, colons; undefined when it is none. */
export function parseMac(text: string): string | undefined {
  const isMac =
    /^(?:[0-9a-f]{2}([:.-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})$/i;
  if (!isMac.test(text)) return undefined;
  return text
    .replace(/[:.-]/g, '')
    .toLowerCase()
    .replace(/(..)(?=.)/g, '$1:');
}

/** Bytes as pairs of hexadecimal digits with `:`, `-` or `.` between them, a byte a character. */
export function parseBytes(text: string): string | undefined {
  if (!/^[0-9a-f]{2}(?:([:.-])[0-9a-f]{2}(?:\1[0-9a-f]{2})*)?:?$/i.test(text)) return undefined;
  const digits = text.replace(/[^0-9a-f]/gi, '');
  return digits.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
}
