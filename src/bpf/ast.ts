/** What the parser makes of a filter: qualifiers filled in, names not yet looked up. */
import type { Span } from './error.ts';

export type Direction =
  | 'src'
  | 'dst'
  | 'or'
  | 'and'
  | 'addr1'
  | 'addr2'
  | 'addr3'
  | 'addr4'
  | 'ra'
  | 'ta'
  | undefined;
export type AddressType =
  | 'host'
  | 'net'
  | 'port'
  | 'portrange'
  | 'gateway'
  | 'proto'
  | 'protochain'
  /** Not libpcap's: words.ts */
  | 'container'
  | 'pod'
  | undefined;

/** What stands before a value, or is implied by what stood before the value before it. */
export interface Qualifiers {
  /** A value of `protocolWords`; undefined when none is given. */
  readonly protocol: string | undefined;
  readonly direction: Direction;
  readonly type: AddressType;
}

/** The value of a primitive. */
export type Identifier =
  | { readonly kind: 'name' | 'mac' | 'arcnet'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'ipv4'; readonly text: string; readonly prefix?: number; readonly mask?: string }
  | { readonly kind: 'ipv6'; readonly text: string; readonly prefix?: number };

export type Encapsulation = 'vlan' | 'mpls' | 'pppoed' | 'pppoes' | 'geneve' | 'vxlan';
export type Operator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
export type Relation = '>' | '>=' | '=' | '<=' | '<' | '!=';

export type Arithmetic = Span &
  (
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'packetLength' }
    | {
        readonly kind: 'load';
        readonly protocol: string;
        readonly index: Arithmetic;
        readonly size: number;
      }
    | {
        readonly kind: 'binary';
        readonly operator: Operator;
        readonly left: Arithmetic;
        readonly right: Arithmetic;
      }
    | { readonly kind: 'negate'; readonly operand: Arithmetic }
  );

export type Node = Span &
  /** Left to right, both operators of equal precedence. */
  (
    | {
        readonly kind: 'chain';
        readonly first: Node;
        readonly rest: readonly { readonly operator: 'and' | 'or'; readonly operand: Node }[];
      }
    | { readonly kind: 'not'; readonly operand: Node }
    | {
        readonly kind: 'identifier';
        readonly identifier: Identifier;
        readonly qualifiers: Qualifiers;
        /** The word of words.ts that a bare name is when nothing else has it. */
        readonly word?: string | undefined;
      }
    | { readonly kind: 'word'; readonly word: string }
    | { readonly kind: 'protocol'; readonly protocol: string }
    | {
        readonly kind: 'relation';
        readonly relation: Relation;
        readonly left: Arithmetic;
        readonly right: Arithmetic;
      }
    | { readonly kind: 'broadcast' | 'multicast'; readonly protocol: string | undefined }
    | { readonly kind: 'less' | 'greater'; readonly value: number }
    | { readonly kind: 'byte'; readonly index: number; readonly operator: string; readonly value: number }
    | { readonly kind: 'inbound' | 'outbound' }
    | { readonly kind: 'ifindex'; readonly value: number }
    | { readonly kind: 'encapsulation'; readonly name: Encapsulation; readonly id: number | undefined }
    /** Frame control of 802.11: its first byte, or the two direction bits of the second. */
    | { readonly kind: 'wlanType'; readonly value: number; readonly mask: number }
    | { readonly kind: 'wlanDirection'; readonly value: number }
    | { readonly kind: 'llc'; readonly control: LlcControl | undefined }
  );

/** Which frames by the control byte of LLC: (byte & mask) == value, or != for information frames. */
export interface LlcControl {
  readonly mask: number;
  readonly value: number;
  readonly isNot?: boolean;
}
