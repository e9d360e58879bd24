/** Addresses of 802.11 frames: which field holds source and destination depends on the DS bits (IEEE 802.11-2020 table 9-30). */
import type { Direction } from './ast.ts';
import { and, type Condition, not, or } from './conditions.ts';
import type { Context } from './context.ts';

/** Bits of the frame control field's bytes. */
const typeMask = 0x0c;
const subtypeMask = 0xf0;
const control = 0x04;
const data = 0x08;
const cts = 0xc0;
const ack = 0xd0;
const toDs = 0x01;
const fromDs = 0x02;
const bothDs = 0x03;

export function wlanHost(c: Context, bytes: readonly number[], direction: Direction): Condition {
  const field = (start: number) => c.bytesEqual((offset, size) => c.link(start + offset, size), bytes);
  switch (direction) {
    case 'src':
      return source(c, field);
    case 'dst':
      return destination(c, field);
    case 'and':
      return and(source(c, field), destination(c, field));
    case 'or':
    case undefined:
      return or(source(c, field), destination(c, field));
    case 'addr1':
      return field(4);
    case 'addr2':
      return and(hasSecondAddress(c), field(10));
    case 'addr3':
      return and(not(c.masked(c.link(0, 1), typeMask, control)), field(16));
    case 'addr4':
      return and(c.masked(c.link(1, 1), bothDs, bothDs), field(24));
    case 'ra':
      return and(has(c, 0, data), field(4));
    case 'ta':
      return and(has(c, 0, data), hasSecondAddress(c), field(10));
  }
}

/** Group bit of the destination. */
export function wlanMulticast(c: Context): Condition {
  return destination(c, (start) => c.compare(c.link(start, 1), '&', 1));
}

function has(c: Context, byte: 0 | 1, bit: number): Condition {
  return c.compare(c.link(byte, 1), '&', bit);
}

type Field = (start: number) => Condition;

function source(c: Context, field: Field): Condition {
  const thirdOrFourth = or(and(not(has(c, 1, toDs)), field(16)), and(has(c, 1, toDs), field(24)));
  const ofData = or(and(not(has(c, 1, fromDs)), field(10)), and(has(c, 1, fromDs), thirdOrFourth));
  return notControl(c, or(and(not(has(c, 0, data)), field(10)), and(has(c, 0, data), ofData)));
}

function destination(c: Context, field: Field): Condition {
  const ofData = or(and(not(has(c, 1, toDs)), field(4)), and(has(c, 1, toDs), field(16)));
  return notControl(c, or(and(not(has(c, 0, data)), field(4)), and(has(c, 0, data), ofData)));
}

function notControl(c: Context, condition: Condition): Condition {
  return and(not(has(c, 0, control)), condition);
}

/** Control frames CTS and Ack have one address only. */
function hasSecondAddress(c: Context): Condition {
  return or(
    not(c.masked(c.link(0, 1), typeMask, control)),
    and(not(c.masked(c.link(0, 1), subtypeMask, cts)), not(c.masked(c.link(0, 1), subtypeMask, ack))),
  );
}
