/** What every part of the code generator has at hand. */
import { and, type Condition, compare, type TestRelation } from './conditions.ts';
import type { FilterErrorDetail, FilterErrorReason, Span } from './error.ts';
import { type Layout, linkTypeNames, loadAt, type Place } from './layout.ts';
import type { FilterResolver } from './names.ts';
import type { Size, Value, Values } from './values.ts';

export type Refuse = (
  reason: FilterErrorReason,
  message: string,
  at: Span,
  detail?: FilterErrorDetail,
) => never;

/** One compilation. Only `layout` changes. */
export class Context {
  readonly values: Values;
  readonly layout: Layout;
  /** Of the packet, whatever it encapsulates. */
  readonly linktype: number;
  readonly live: boolean;
  readonly isBigEndian: boolean;
  readonly netmask: number;
  readonly resolver: FilterResolver;
  readonly refuse: Refuse;
  /** What words (words.ts) have come to with this layout. */
  readonly words = new Map<string, Condition>();
  /** Asked for so far. */
  encapsulations = 0;

  constructor(parts: {
    values: Values;
    layout: Layout;
    live: boolean;
    isBigEndian: boolean;
    netmask: number;
    resolver: FilterResolver;
    refuse: Refuse;
  }) {
    this.values = parts.values;
    this.layout = parts.layout;
    this.linktype = parts.layout.linktype;
    this.live = parts.live;
    this.isBigEndian = parts.isBigEndian;
    this.netmask = parts.netmask;
    this.resolver = parts.resolver;
    this.refuse = parts.refuse;
  }

  /** "on EN10MB (Ethernet)" */
  get linktypeName(): string {
    return linkTypeNames[this.layout.linktype] ?? `link type ${this.layout.linktype}`;
  }

  compare(left: Value, relation: TestRelation, right: number): Condition {
    return compare(this.values, left, relation, this.values.number(right));
  }

  equal(left: Value, right: number): Condition {
    return this.compare(left, '==', right);
  }

  /** left & mask == right */
  masked(left: Value, mask: number, right: number): Condition {
    return this.equal(this.values.binary('&', left, this.values.number(mask)), right);
  }

  link(offset: number, size: Size): Value {
    return loadAt(this.values, this.layout.linkHeader, offset, size);
  }

  payload(offset: number, size: Size): Value {
    return loadAt(this.values, this.layout.payload, offset, size);
  }

  /** True on Ethernet itself; some tunnels carry packets with and without its header. */
  hasEthernet(): Condition {
    const { tunnelHasEthernet: test } = this.layout;
    return test ? { kind: 'test', test } : and();
  }

  /** Bytes of the network layer's header. */
  network(offset: number, size: Size): Value {
    return loadAt(this.values, this.layout.payload, this.layout.network + offset, size);
  }

  /** The same where a SNAP header would have been, but is not. */
  networkWithoutSnap(offset: number, size: Size): Value {
    return loadAt(this.values, this.layout.payload, this.layout.networkWithoutSnap + offset, size);
  }

  linkTypeField(offset: number, size: Size): Value {
    return loadAt(this.values, this.layout.linkTypeField!, offset, size);
  }

  /** Start of what follows the IPv4 header, options included. */
  transport4(): Place {
    const { payload, network } = this.layout;
    const start = payload.constant + network;
    const length = this.values.headerLength(start, payload.variable);
    const variable = payload.variable ? this.values.binary('+', length, payload.variable) : length;
    return { constant: start, variable };
  }

  /** Start of what follows the IPv6 header without extensions. */
  transport6(): Place {
    const { payload, network } = this.layout;
    return { constant: payload.constant + network + 40, variable: payload.variable };
  }

  load(place: Place, offset: number, size: Size): Value {
    return loadAt(this.values, place, offset, size);
  }

  /** Equality of several bytes, compared from the end in words: that end differs most. */
  bytesEqual(load: (offset: number, size: Size) => Value, bytes: readonly number[]): Condition {
    const parts: Condition[] = [];
    for (let end = bytes.length; end > 0; ) {
      const size: Size = end >= 4 ? 4 : end >= 2 ? 2 : 1;
      end -= size;
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + bytes[end + i]!;
      parts.push(this.equal(load(end, size), value));
    }
    return and(...parts);
  }
}
