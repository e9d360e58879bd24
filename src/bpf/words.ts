/**
 * Words that pcap-filter(7) does not have. Each stands for an expression of it, which is compiled in its
 * place, and is taken only where libpcap has an error: where nothing says what a name is (`http`, `tcp and
 * http`: a syntax error there), or where what stood before says it and nothing of the kind has that name
 * (`host 10.0.0.1 and http`). What libpcap can look up keeps its meaning: `port 80 or http` asks for two ports.
 */
import type { Node, Qualifiers } from './ast.ts';
import type { Token } from './lexer.ts';
import { type FilterResolver, ipProtocolNames, serviceNames } from './names.ts';

/**
 * A TCP segment over each version, and how many bytes of data it has: computed from the lengths of the headers.
 * Of fragments only the first has a header. IPv6 without extension headers, as libpcap's own `tcp port` has it.
 * What is longer than 64 KiB has the length 0 (Linux's "BIG TCP"): the difference is below 0 then, which is
 * large, for there is no sign.
 */
const segment = {
  ip: {
    is: 'ip proto 6 and ip[6:2] & 0x1fff = 0',
    dataLength: 'ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2)',
    data: (at: number, size: number) => `tcp[((tcp[12] & 0xf0) >> 2) + ${at}:${size}]`,
  },
  ip6: {
    is: 'ip6[6] = 6',
    dataLength: 'ip6[4:2] - ((ip6[52] & 0xf0) >> 2)',
    data: (at: number, size: number) => `ip6[((ip6[52] & 0xf0) >> 2) + ${40 + at}:${size}]`,
  },
};

/** What holds of the data, over IPv4 and over IPv6. @param least bytes that are looked at: shorter data is none of it */
function ofData(least: number, test?: (load: (at: number, size: number) => string) => string): string[] {
  return [segment.ip, segment.ip6].map(({ is, dataLength, data }) => {
    const isThere = `${dataLength} ${least > 1 ? `>= ${least}` : '!= 0'}`;
    return `(${is} and ${isThere}${test ? ` and ${test(data)}` : ''})`;
  });
}

/** First four letters of RFC 9110's methods, PATCH of RFC 5789, and of a response. */
const httpStarts = ['GET ', 'HEAD', 'POST', 'PUT ', 'DELE', 'CONN', 'OPTI', 'TRAC', 'PATC', 'HTTP'];

function hexadecimal(letters: string): string {
  return `0x${[...letters].map((letter) => letter.charCodeAt(0).toString(16)).join('')}`;
}

function anyOf(load: string, values: readonly string[]): string {
  return `(${values.map((value) => `${load} = ${value}`).join(' or ')})`;
}

export interface Word {
  /** Expressions of pcap-filter(7), one of which holds. */
  readonly alternatives: readonly string[];
  /** The same, for people. */
  readonly meaning: string;
}

export const words: ReadonlyMap<string, Word> = new Map([
  ['payload', { meaning: 'TCP segments that carry data', alternatives: ofData(1) }],
  [
    'http',
    {
      meaning: 'TCP segments whose data starts like a request or response of HTTP/1',
      alternatives: ofData(4, (load) => anyOf(load(0, 4), httpStarts.map(hexadecimal))),
    },
  ],
  [
    'tls-hello',
    {
      meaning: 'TCP segments whose data starts with a ClientHello or ServerHello of TLS',
      // RFC 8446: a record (section 5.1) of type handshake, major version 3; the message's type (section 4).
      alternatives: ofData(6, (load) => `${load(0, 2)} = 0x1603 and ${anyOf(load(5, 1), ['1', '2'])}`),
    },
  ],
  ['dns', { meaning: 'port 53, UDP or TCP', alternatives: ['udp port 53', 'tcp port 53'] }],
]);

/** The word that a token may be; not after a backslash, which makes everything a name. */
export function wordOf({ kind, text, length }: Token): string | undefined {
  return kind === 'name' && length === text.length && words.has(text) ? text : undefined;
}

/** Can libpcap look the name up as what the qualifiers before it say it is? */
export function isKnown(name: string, { protocol, type }: Qualifiers, resolver: FilterResolver): boolean {
  switch (type) {
    case 'port':
      return (['tcp', 'udp'] as const).some(
        (transport) => (resolver.service?.(name, transport) ?? serviceNames[name]?.[transport]) !== undefined,
      );
    case 'net':
      return resolver.network?.(name) !== undefined;
    case 'proto':
    case 'protochain':
      return (resolver.protocol?.(name) ?? ipProtocolNames[name]) !== undefined;
    case 'host':
    case undefined:
      if (protocol === 'link') return resolver.ether?.(name) !== undefined;
      return (resolver.host?.(name) ?? []).length > 0;
    // Ranges have a dash, gateways are refused, and containers are none of libpcap's.
    default:
      return false;
  }
}

/** A container or pod that an expression names. */
export interface ContainerName {
  readonly kind: 'container' | 'pod';
  readonly name: string;
}

/** All that `node` names, each once. */
export function containersOf(node: Node): ContainerName[] {
  const found = new Map<string, ContainerName>();
  const visit = (part: Node): void => {
    if (part.kind === 'not') visit(part.operand);
    else if (part.kind === 'chain')
      for (const each of [part.first, ...part.rest.map((r) => r.operand)]) visit(each);
    else if (part.kind === 'identifier') {
      const { identifier, qualifiers, word } = part;
      const { type } = qualifiers;
      if ((type !== 'container' && type !== 'pod') || word !== undefined) return;
      if (identifier.kind !== 'name' && identifier.kind !== 'mac') return;
      found.set(`${type} ${identifier.text}`, { kind: type, name: identifier.text });
    }
  };
  visit(node);
  return [...found.values()];
}

/** What a word stands for, in the language of pcap-filter(7). */
export function longhand(word: string): string {
  return words.get(word)!.alternatives.join(' or ');
}
