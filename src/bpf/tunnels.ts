/** `geneve` and `vxlan`: tunnels over UDP. What comes after them in the filter looks at the packet within. */
import { LinkType } from '../model/index.ts';
import { and, type Condition, or, prepare, type Test } from './conditions.ts';
import type { Context } from './context.ts';
import type { Span } from './error.ts';
import { at, type Place } from './layout.ts';
import { payloadType } from './link-types.ts';
import { EtherType } from './names.ts';
import { ports4, ports6 } from './ports.ts';
import type { Value } from './values.ts';

/** RFC 8926 section 3.3 and RFC 7348 section 5. */
const ports = { geneve: 6081, vxlan: 4789 } as const;
/** Of the UDP header, and of the tunnel's own without options. */
const udpLength = 8;
const tunnelLength = 8;
const ethernetLength = 14;

/** RFC 8926 section 3.4: version, options' length in words, protocol type, and the network's number. */
export function geneve(c: Context, network: number | undefined, span: Span): Condition {
  const { layout, values } = c;
  const isTunnel = overUdp(c, ports.geneve, network, span, (udp) =>
    c.masked(c.load(udp, udpLength, 1), 0xc0, 0),
  );
  const start = tunnelStart(c, span);
  const words = values.binary('&', c.load(start, 0, 1), values.number(0x3f));
  const inner = plus(c, values.binary('<<', words, values.number(2)), start.variable);
  const content = start.constant + tunnelLength;
  const isEthernet = values.test(c.load(start, 2, 2), '==', values.number(EtherType.bridging));
  const payload = values.choice(isEthernet, plus(c, values.number(ethernetLength), inner), inner);
  // The tunnel's own type field, or the one of the Ethernet header within.
  const typeField = values.choice(
    isEthernet,
    plus(c, values.number(tunnelLength - 2 + ethernetLength - 2), inner),
    start.variable ?? values.number(0),
  );
  layout.linktype = LinkType.ethernet;
  layout.linkHeader = at(content, inner);
  layout.payload = at(content, payload);
  layout.linkTypeField = at(start.constant + 2, typeField);
  layout.network = 0;
  layout.tunnelHasEthernet = isEthernet;
  return and(isTunnel, prepare(values, [inner, payload, typeField]));
}

/** RFC 7348 section 5: flags, the network's number, then always Ethernet. */
export function vxlan(c: Context, network: number | undefined, span: Span): Condition {
  const { layout } = c;
  const isTunnel = overUdp(c, ports.vxlan, network, span, (udp) => c.equal(c.load(udp, udpLength, 1), 0x08));
  const start = tunnelStart(c, span);
  const content = start.constant + tunnelLength;
  layout.linktype = LinkType.ethernet;
  layout.linkHeader = at(content, start.variable);
  layout.payload = at(content + ethernetLength, start.variable);
  layout.linkTypeField = at(content + ethernetLength - 2, start.variable);
  layout.network = 0;
  layout.tunnelHasEthernet = undefined;
  return start.variable ? and(isTunnel, prepare(c.values, [start.variable])) : isTunnel;
}

function overUdp(
  c: Context,
  port: number,
  network: number | undefined,
  span: Span,
  isHeader: (udp: Place) => Condition,
): Condition {
  const range = { first: port, last: port };
  const isNetwork = (udp: Place) =>
    network === undefined ? and() : c.masked(c.load(udp, udpLength + 4, 4), 0xffffff00, (network << 8) >>> 0);
  const isTunnel = (udp: Place) => and(isHeader(udp), isNetwork(udp));
  return or(
    and(ports4(c, range, 'udp', 'dst', span), isTunnel(c.transport4())),
    and(ports6(c, range, 'udp', 'dst', span), isTunnel(c.transport6())),
  );
}

/** Behind the UDP header, which follows an IPv4 header or one of IPv6. */
function tunnelStart(c: Context, span: Span): Place {
  const { values } = c;
  const [four, six] = [c.transport4(), c.transport6()];
  const isIp = lastTest(payloadType(c, EtherType.ip, span));
  if (typeof isIp === 'boolean') {
    const { constant, variable } = isIp ? four : six;
    return at(constant + udpLength, variable);
  }
  const length6 = values.number(six.constant - four.constant);
  return at(four.constant + udpLength, values.choice(isIp, four.variable!, plus(c, length6, six.variable)));
}

function plus(c: Context, value: Value, variable: Value | undefined): Value {
  return variable ? c.values.binary('+', value, variable) : value;
}

/** The test that decides between IPv4 and IPv6: the last one of a protocol's condition. */
function lastTest(condition: Condition): Test | boolean {
  if (condition.kind === 'constant') return condition.value;
  if (condition.kind === 'test') return condition.test;
  if (condition.kind === 'and') return lastTest(condition.parts.at(-1)!);
  throw new Error('the test of IPv4 is one test');
}
