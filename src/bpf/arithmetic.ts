/** Comparisons of arithmetic: `ip[2:2] - 20 > 100`, with the protocol tests that bytes of a packet imply. */
import type { Arithmetic, Relation } from './ast.ts';
import { and, type Condition, compare, not, type TestRelation } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import type { Place } from './layout.ts';
import { payloadType } from './link-types.ts';
import { EtherType, IpProtocol } from './names.ts';
import { notLaterFragment } from './ports.ts';
import { protocolCondition } from './protocols.ts';
import type { Size, Value } from './values.ts';

interface Computed {
  readonly value: Value;
  /** What the packet has to be for the bytes to be there. */
  readonly guard: Condition | undefined;
}

const relations: Readonly<Record<Relation, readonly [TestRelation, isNot: boolean]>> = {
  '=': ['==', false],
  '!=': ['==', true],
  '>': ['>', false],
  '<=': ['>', true],
  '>=': ['>=', false],
  '<': ['>=', true],
};

export function relation(c: Context, operator: Relation, left: Arithmetic, right: Arithmetic): Condition {
  const [a, b] = [compute(c, left), compute(c, right)];
  const [relation, isNot] = relations[operator];
  const compared = compare(c.values, a.value, relation, b.value);
  return guarded(a.guard, guarded(b.guard, isNot ? not(compared) : compared));
}

function guarded(guard: Condition | undefined, condition: Condition): Condition {
  return guard ? and(guard, condition) : condition;
}

function compute(c: Context, a: Arithmetic): Computed {
  switch (a.kind) {
    case 'number':
      return { value: c.values.number(a.value), guard: undefined };
    case 'packetLength':
      return { value: c.values.packetLength, guard: undefined };
    case 'negate': {
      const operand = compute(c, a.operand);
      return { value: c.values.negate(operand.value), guard: operand.guard };
    }
    case 'binary':
      return binary(c, a);
    case 'load':
      return load(c, a);
  }
}

function binary(c: Context, a: Arithmetic & { kind: 'binary' }): Computed {
  const [left, right] = [compute(c, a.left), compute(c, a.right)];
  if (right.value.kind === 'number') {
    const { value } = right.value;
    if (value === 0 && a.operator === '/') c.refuse('meaning', 'division by zero', a.right);
    if (value === 0 && a.operator === '%') c.refuse('meaning', 'remainder of a division by zero', a.right);
    if (value > 31 && (a.operator === '<<' || a.operator === '>>'))
      c.refuse('meaning', `a shift by ${value} leaves nothing`, a.right, { expected: 'a number up to 31' });
  }
  // As libpcap has it: what the right side implies is not asked for.
  return { value: c.values.binary(a.operator, left.value, right.value), guard: left.guard };
}

const networkProtocols = new Set([
  ...['ip', 'ip6', 'arp', 'rarp', 'atalk', 'decnet', 'sca', 'lat', 'moprc', 'mopdl'],
]);
const transportProtocols = new Set([
  ...['tcp', 'udp', 'sctp', 'icmp', 'igmp', 'igrp', 'pim', 'vrrp', 'carp'],
]);

/** Bytes of a header: `tcp[13]`, `ip[2:2]`, `ether[12:2]`. */
function load(c: Context, a: Arithmetic & { kind: 'load' }): Computed {
  const { protocol } = a;
  const size = sizeOf(c, a);
  const index = compute(c, a.index);
  const { layout } = c;
  if (protocol === 'link') {
    return { value: indexed(c, layout.linkHeader, size, index.value), guard: index.guard };
  }
  const { payload } = layout;
  const network = { constant: payload.constant + layout.network, variable: payload.variable };
  if (networkProtocols.has(protocol)) {
    const guard = guarded(index.guard, protocolCondition(c, protocol, a));
    return { value: indexed(c, network, size, index.value), guard };
  }
  if (transportProtocols.has(protocol)) {
    const guard = and(
      payloadType(c, EtherType.ip, a),
      guarded(index.guard, and(protocolCondition(c, protocol, a), notLaterFragment(c))),
    );
    return { value: indexed(c, c.transport4(), size, index.value), guard };
  }
  if (protocol === 'icmp6') {
    const guard = and(
      guarded(index.guard, payloadType(c, EtherType.ip6, a)),
      c.equal(c.network(6, 1), IpProtocol.icmp6),
    );
    return { value: indexed(c, c.transport6(), size, index.value), guard };
  }
  if (protocol === 'radio') return c.refuse('linktype', `${c.linktypeName} has no radio header`, a);
  return c.refuse('meaning', `the bytes of ${protocol} cannot be asked for`, a, {
    expected: 'one of ether, ip, ip6, arp, rarp, tcp, udp, sctp, icmp, icmp6, igmp, pim',
  });
}

/** Bytes at a place plus an index. A constant index is part of the offset. */
function indexed(c: Context, { constant, variable }: Place, size: Size, index: Value): Value {
  const { values } = c;
  if (index.kind === 'number') return values.load(size, constant + index.value, variable);
  return values.load(size, constant, variable ? values.binary('+', index, variable) : index);
}

function sizeOf(c: Context, a: Arithmetic & Span & { kind: 'load' }): Size {
  const { size } = a;
  if (size === 1 || size === 2 || size === 4) return size;
  return c.refuse('meaning', `${size} bytes cannot be read at once`, a, { expected: 'a size of 1, 2 or 4' });
}
