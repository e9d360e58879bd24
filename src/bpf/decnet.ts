/** DECnet Phase IV addresses: the routing header of data packets comes in four forms. */
import type { Direction } from './ast.ts';
import { and, type Condition, or } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { directed } from './hosts.ts';
import { payloadType } from './link-types.ts';
import { EtherType } from './names.ts';

/** Bytes are little-endian there. */
function swapped(word: number): number {
  return ((word & 0xff) << 8) | ((word >> 8) & 0xff);
}

/** @param address area in the top 6 of 16 bits, node in the others */
export function decnetHost(c: Context, address: number, direction: Direction, span: Span): Condition {
  return directed(c, direction, span, (side) => {
    const [short, long] = side === 'dst' ? [1, 7] : [3, 15];
    const value = swapped(address);
    // Two bytes of length come first; a padding byte (0x81) may come before the flags.
    const padded = (flags: number, offset: number) =>
      and(c.masked(c.network(2, 2), 0xff07, 0x8100 | flags), c.equal(c.network(2 + 1 + offset, 2), value));
    const plain = (flags: number, offset: number) =>
      and(c.masked(c.network(2, 1), 7, flags), c.equal(c.network(2 + offset, 2), value));
    return and(
      payloadType(c, EtherType.decnet, span),
      or(plain(2, short), padded(2, short), plain(6, long), padded(6, long)),
    );
  });
}
