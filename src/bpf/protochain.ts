/** `protochain`: a protocol anywhere in the chain of headers. */
import type { Identifier, Qualifiers } from './ast.ts';
import { and, type Condition, or, prepare } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { payloadType } from './link-types.ts';
import { EtherType, IpProtocol } from './names.ts';
import { protocolNumber } from './protocols.ts';
import type { Value } from './values.ts';

/**
 * Headers followed at most. The kernel takes no loops, so each costs instructions of its own; real
 * chains have two or three.
 */
const maxHeaders = 6;

export function protochainIdentifier(
  c: Context,
  identifier: Identifier,
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol } = qualifiers;
  const wanted = protocolNumber(c, identifier, protocol, span);
  if (protocol !== undefined && protocol !== 'ip' && protocol !== 'ip6')
    return c.refuse('meaning', `${protocol} has no chain of headers`, span, {
      expected: "'protochain', 'ip protochain' or 'ip6 protochain'",
    });
  if (c.layout.payload.variable)
    return c.refuse('meaning', "'protochain' needs headers of fixed length before it", span);
  const chains: Condition[] = [];
  if (protocol !== 'ip6') chains.push(chain4(c, wanted, span));
  if (protocol !== 'ip') chains.push(chain6(c, wanted, span));
  return or(...chains);
}

/** Authentication headers are the only ones between IPv4 and its payload: RFC 4302 section 2. */
function chain4(c: Context, wanted: number, span: Span): Condition {
  const start = c.transport4();
  const isLater = (protocol: Value) => c.equal(protocol, IpProtocol.ah);
  const chain = follow(c, wanted, c.network(9, 1), start.variable!, start.constant, isLater, (length) =>
    authenticationLength(c, length),
  );
  return and(payloadType(c, EtherType.ip, span), chain);
}

/** RFC 8200 section 4: lengths in units of 8 bytes but the first; the fragment header's byte there is 0. */
function chain6(c: Context, wanted: number, span: Span): Condition {
  const { values } = c;
  const { constant } = c.transport6();
  const { hopByHop, destinationOptions, routing, fragment, ah } = IpProtocol;
  const extensions = [hopByHop, destinationOptions, routing, fragment, ah];
  const isLater = (protocol: Value) => or(...extensions.map((number) => c.equal(protocol, number)));
  const chain = follow(c, wanted, c.network(6, 1), values.number(0), constant, isLater, (length, protocol) =>
    values.choice(
      values.test(protocol, '==', values.number(ah)),
      authenticationLength(c, length),
      values.binary('<<', values.binary('+', length, values.number(1)), values.number(3)),
    ),
  );
  return and(payloadType(c, EtherType.ip6, span), chain);
}

/** In units of 4 bytes, minus 2: RFC 4302 section 2.2. */
function authenticationLength(c: Context, field: Value): Value {
  const { values } = c;
  return values.binary('<<', values.binary('+', field, values.number(2)), values.number(2));
}

function follow(
  c: Context,
  wanted: number,
  first: Value,
  firstOffset: Value,
  constant: number,
  isExtension: (protocol: Value) => Condition,
  lengthOf: (field: Value, protocol: Value) => Value,
): Condition {
  const { values } = c;
  const level = (depth: number, protocol: Value, offset: Value): Condition => {
    const isWanted = c.equal(protocol, wanted);
    if (depth === maxHeaders) return isWanted;
    const length = lengthOf(values.load(1, constant + 1, offset), protocol);
    const after = values.binary('+', length, offset);
    const next = values.load(1, constant, offset);
    const rest = and(isExtension(protocol), prepare(values, [after]), level(depth + 1, next, after));
    return or(isWanted, rest);
  };
  return level(0, first, firstOffset);
}
