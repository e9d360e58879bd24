/** `port` and `portrange`: TCP, UDP and SCTP over IPv4 and IPv6. */
import type { Direction, Identifier, Qualifiers } from './ast.ts';
import { and, type Condition, not, or } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { directed } from './hosts.ts';
import type { Place } from './layout.ts';
import { payloadType } from './link-types.ts';
import { EtherType, IpProtocol, serviceNames, type Transport } from './names.ts';

const transports: readonly Transport[] = ['sctp', 'tcp', 'udp'];

interface PortRange {
  readonly first: number;
  readonly last: number;
}

interface Ports extends PortRange {
  /** The one a service name stands for; undefined: any. */
  readonly transport: Transport | undefined;
}

export function portIdentifier(
  c: Context,
  identifier: Identifier,
  qualifiers: Qualifiers,
  span: Span,
): Condition {
  const { protocol } = qualifiers;
  if (protocol !== undefined && !transports.includes(protocol as Transport))
    c.refuse('meaning', `${protocol === 'link' ? 'the link layer' : protocol} has no ports`, span, {
      expected: "tcp, udp, sctp, or nothing before 'port'",
      hint: protocol === 'ip' || protocol === 'ip6' ? `write '${protocol} and port ...'` : '',
    });
  const ports = portsOf(c, identifier, qualifiers, span);
  const asked = protocol as Transport | undefined;
  if (asked && ports.transport && ports.transport !== asked)
    c.refuse('meaning', `that name is a port of ${ports.transport}, not of ${asked}`, span);
  const transport = asked ?? ports.transport;
  const { direction } = qualifiers;
  return or(ports6(c, ports, transport, direction, span), ports4(c, ports, transport, direction, span));
}

/** Over IPv4, unless it is a later fragment. */
export function ports4(
  c: Context,
  ports: PortRange,
  transport: Transport | undefined,
  direction: Direction,
  span: Span,
): Condition {
  const port = directed(c, direction, span, (side) => inRange(c, c.transport4(), side, ports));
  const over = (name: Transport) =>
    and(c.equal(c.network(9, 1), IpProtocol[name]), notLaterFragment(c), port);
  return and(payloadType(c, EtherType.ip, span), or(...(transport ? [transport] : transports).map(over)));
}

/** Over IPv6 without extension headers. */
export function ports6(
  c: Context,
  ports: PortRange,
  transport: Transport | undefined,
  direction: Direction,
  span: Span,
): Condition {
  const port = directed(c, direction, span, (side) => inRange(c, c.transport6(), side, ports));
  const over = (name: Transport) => and(c.equal(c.network(6, 1), IpProtocol[name]), port);
  return and(payloadType(c, EtherType.ip6, span), or(...(transport ? [transport] : transports).map(over)));
}

/** Fragments but the first have no transport header: the fragment offset, RFC 791 section 3.1. */
export function notLaterFragment(c: Context): Condition {
  return not(c.compare(c.network(6, 2), '&', 0x1fff));
}

function inRange(c: Context, header: Place, side: 'src' | 'dst', { first, last }: PortRange): Condition {
  const port = c.load(header, side === 'src' ? 0 : 2, 2);
  if (first === last) return c.equal(port, first);
  return and(c.compare(port, '>=', first), not(c.compare(port, '>', last)));
}

function portsOf(c: Context, identifier: Identifier, qualifiers: Qualifiers, span: Span): Ports {
  const isRange = qualifiers.type === 'portrange';
  if (identifier.kind === 'number') {
    const port = checkPort(c, identifier.value, span);
    return { first: port, last: port, transport: undefined };
  }
  if (identifier.kind !== 'name')
    return c.refuse('meaning', `${isRange ? 'a range of ports' : 'a port'} is no address`, span, {
      expected: 'a port number or name',
    });
  const { text } = identifier;
  if (!isRange) return namedPort(c, text, span);
  const numbers = /^(\d+)-(\d+)/.exec(text);
  if (numbers) {
    const ends = [numbers[1]!, numbers[2]!].map((digits) => checkPort(c, Number(digits), span));
    return { first: Math.min(...ends), last: Math.max(...ends), transport: undefined };
  }
  const dash = text.indexOf('-');
  if (dash < 0)
    return c.refuse('syntax', `'${text}' is no range of ports`, span, {
      expected: 'FIRST-LAST, such as 8000-8080',
    });
  const [from, to] = [namedPort(c, text.slice(0, dash), span), namedPort(c, text.slice(dash + 1), span)];
  const ends = [from.first, to.first];
  const transport = from.transport === to.transport ? from.transport : undefined;
  return { first: Math.min(...ends), last: Math.max(...ends), transport };
}

function checkPort(c: Context, port: number, span: Span): number {
  if (port > 65535) c.refuse('meaning', `${port} is no port: the highest is 65535`, span);
  return port;
}

/** A service stands for the transport it is assigned for; for any when TCP and UDP have the same number. */
function namedPort(c: Context, name: string, span: Span): Ports {
  if (/^\d+$/.test(name)) {
    const port = checkPort(c, Number(name), span);
    return { first: port, last: port, transport: undefined };
  }
  const [tcp, udp] = (['tcp', 'udp'] as const).map(
    (transport) =>
      c.resolver.service?.(name, transport) ??
      (Object.hasOwn(serviceNames, name) ? serviceNames[name]![transport] : undefined),
  );
  const port = tcp ?? udp;
  if (port === undefined) {
    const range = /^\d+-\d+$/.test(name);
    return c.refuse('name', `no port known by the name '${name}'`, span, {
      hint: range ? `a range is 'portrange ${name}'` : 'names of ports come from /etc/services',
    });
  }
  const transport = tcp === undefined ? 'udp' : tcp === udp ? undefined : 'tcp';
  return { first: port, last: port, transport };
}
