/** Addresses as text -> numbers. */
import { parseIpv6 } from './ipv6.ts';

export interface Ipv4Part {
  readonly value: number;
  /** Bits that were given: 8 a number. */
  readonly bits: number;
}

/**
 * One to four decimal numbers with dots: the leading part of an address. Undefined when a number is
 * above 255 or not decimal.
 */
export function parseIpv4Part(text: string): Ipv4Part | undefined {
  let value = 0;
  const parts = text.split('.');
  for (const part of parts) {
    const number = /^\d+$/.test(part) ? Number(part) : 256;
    if (number > 255) return undefined;
    value = (value * 256 + number) >>> 0;
  }
  return parts.length <= 4 ? { value, bits: 8 * parts.length } : undefined;
}

/** Moves the leading part of an address to the top of 32 bits. */
export function alignLeft(part: Ipv4Part): number {
  return (part.value << (32 - part.bits)) >>> 0;
}

/** 32 bits with `length` leading ones. */
export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** Four 32-bit words; undefined when it is none. */
export function ipv6Words(text: string): number[] | undefined {
  const halves = parseIpv6(text);
  return halves && [0, 2, 4, 6].map((i) => ((halves[i]! << 16) | halves[i + 1]!) >>> 0);
}

/** Four 32-bit words with `length` leading ones. */
export function prefixMask6(length: number): number[] {
  return [0, 32, 64, 96].map((start) => prefixMask(Math.max(0, Math.min(32, length - start))));
}

/** The lexer's forms of MAC addresses: with ':', '-' or '.', or twelve digits. */
export function macBytes(text: string): number[] {
  const groups = text.split(/[:.-]/);
  const digits =
    groups.length === 6 ? groups.map((group) => group.padStart(2, '0')).join('') : groups.join('');
  return [0, 2, 4, 6, 8, 10].map((i) => Number.parseInt(digits.slice(i, i + 2), 16));
}
