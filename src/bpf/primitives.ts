/** Primitives: qualifiers with a value, protocols by name, and the words with rules of their own. */
import type { AddressType, Direction, Encapsulation, Identifier, Node, Qualifiers } from './ast.ts';
import type { Span } from './error.ts';
import {
  addressTypeWords,
  containerWords,
  directionWords,
  foreignWords,
  protocolWords,
  undirectedTypeWords,
} from './keywords.ts';
import type { Token } from './lexer.ts';
import type { Operand, Parser } from './parser.ts';
import { slipHint } from './slips.ts';
import type { Tokens } from './tokens.ts';
import { linkControl, wlanDirection, wlanSubtype, wlanType } from './wlan-names.ts';
import { wordOf } from './words.ts';

const identifierKinds = new Set(['name', 'ipv4', 'ipv6', 'mac', 'arcnet']);
const encapsulations = new Set(['vlan', 'mpls', 'pppoed', 'pppoes', 'geneve', 'vxlan']);

export function isIdentifier(token: Token): boolean {
  return identifierKinds.has(token.kind);
}

function term(node: Node): Operand {
  return { kind: 'term', node, qualifiers: undefined };
}

/** A value that is not a number, with the qualifiers before it or, when it is bare, implied. */
export function identifier(
  tokens: Tokens,
  qualifiers: Qualifiers | undefined,
  isBare = false,
): Operand & { kind: 'values' | 'term' } {
  if (!qualifiers) failWithoutQualifiers(tokens, tokens.current);
  const word = isBare ? wordOf(tokens.current) : undefined;
  const start = tokens.advance();
  const node: Node = {
    kind: 'identifier',
    identifier: identifierOf(tokens, start),
    qualifiers,
    ...(word === undefined ? {} : { word }),
    ...tokens.span(start),
  };
  return { kind: 'values', node, qualifiers };
}

function identifierOf(tokens: Tokens, token: Token): Identifier {
  const { kind, text } = token;
  if (kind === 'ipv4' || kind === 'ipv6') {
    if (tokens.accept('/')) return { kind, text, prefix: tokens.number('a prefix length').value };
    if (kind === 'ipv6' || !tokens.accept('mask')) return { kind, text };
    if (tokens.current.kind !== 'ipv4') tokens.unexpected('a mask such as 255.255.255.0');
    return { kind, text, mask: tokens.advance().text };
  }
  return { kind: kind as 'name' | 'mac' | 'arcnet', text };
}

/** A value where nothing before it says of what. */
export function failWithoutQualifiers(tokens: Tokens, at: Span): never {
  const text = tokens.expression.slice(at.position, at.position + at.length);
  const isFirst = tokens.expression.slice(0, at.position).trim() === '';
  const hint = slipHint(tokens.expression, tokens.tokenAt(at.position)!, undefined);
  tokens.fail('syntax', isFirst ? `unexpected '${text}'` : `nothing before '${text}' says what it is`, at, {
    expected: "a keyword such as 'host', 'port', 'net' or 'proto' before it",
    hint,
  });
}

/** A primitive that begins with a keyword. */
export function primitive(parser: Parser, expected: string): Operand {
  const { tokens } = parser;
  const start = tokens.current;
  const foreign = foreignWords.get(start.text);
  if (foreign)
    tokens.fail('linktype', `'${start.text}' is for ${foreign}, which is no link type of Porthole's`, start);
  if (encapsulations.has(start.text)) return encapsulation(tokens);
  switch (start.text) {
    case 'less':
    case 'greater': {
      tokens.advance();
      const { value } = tokens.number('a length in bytes');
      return term({ kind: start.text, value, ...tokens.span(start) });
    }
    case 'byte':
      return byte(tokens);
    case 'inbound':
    case 'outbound':
      tokens.advance();
      return term({ kind: start.text, ...tokens.span(start) });
    case 'ifindex': {
      tokens.advance();
      const { value } = tokens.number('the index of an interface');
      return term({ kind: 'ifindex', value, ...tokens.span(start) });
    }
    case 'llc': {
      tokens.advance();
      const control = linkControl(tokens);
      return term({ kind: 'llc', control, ...tokens.span(start) });
    }
  }
  const protocol = protocolWords.get(start.text);
  if (protocol) tokens.advance();
  return qualified(parser, start, protocol, expected);
}

/** What follows an optional protocol word. */
function qualified(parser: Parser, start: Token, protocol: string | undefined, expected: string): Operand {
  const { tokens } = parser;
  const word = tokens.current.kind === 'keyword' ? tokens.current.text : '';
  if (word === 'broadcast' || word === 'multicast') {
    tokens.advance();
    return term({ kind: word, protocol, ...tokens.span(start) });
  }
  if (word === 'type' || word === 'subtype' || word === 'dir' || word === 'direction') {
    tokens.advance();
    if (word === 'type') return term({ ...wlanType(tokens), ...tokens.span(start) });
    if (word === 'subtype') return term({ ...wlanSubtype(tokens), ...tokens.span(start) });
    return term({ ...wlanDirection(tokens), ...tokens.span(start) });
  }
  const qualifiers = parseQualifiers(tokens, protocol);
  if (!qualifiers) {
    if (protocol === undefined) return tokens.unexpected(expected);
    return term({ kind: 'protocol', protocol, ...tokens.span(start) });
  }
  const value = parser.asValues(parser.value(qualifiers), qualifiers);
  return { kind: 'term', node: value.node, qualifiers: value.qualifiers };
}

/** Direction and type words; undefined when there are none. */
function parseQualifiers(tokens: Tokens, protocol: string | undefined): Qualifiers | undefined {
  const { current } = tokens;
  if (current.kind !== 'keyword') return undefined;
  if (undirectedTypeWords.has(current.text)) {
    tokens.advance();
    return { protocol, direction: undefined, type: current.text as AddressType };
  }
  const direction = parseDirection(tokens);
  let type: AddressType;
  const { kind, text } = tokens.current;
  if (kind === 'keyword' && (addressTypeWords.has(text) || containerWords.has(text)))
    type = tokens.advance().text as AddressType;
  return direction || type ? { protocol, direction, type } : undefined;
}

function parseDirection(tokens: Tokens): Direction {
  const word = tokens.current.kind === 'keyword' ? directionWords.get(tokens.current.text) : undefined;
  if (!word) return undefined;
  tokens.advance();
  if (word !== 'src' && word !== 'dst') return word as Direction;
  if (!tokens.is('or', 'and')) return word;
  const both = tokens.advance().text as 'or' | 'and';
  tokens.expect(word === 'src' ? 'dst' : 'src');
  return both;
}

function encapsulation(tokens: Tokens): Operand {
  const start = tokens.advance();
  const name = start.text as Encapsulation;
  const takesId = name !== 'pppoed';
  const hasId = takesId && (tokens.current.kind === 'number' || tokens.is('('));
  const id = hasId ? parenthesizedNumber(tokens) : undefined;
  return term({ kind: 'encapsulation', name, id, ...tokens.span(start) });
}

function parenthesizedNumber(tokens: Tokens): number {
  if (!tokens.accept('(')) return tokens.number('a number').value;
  const value = tokens.nested(() => parenthesizedNumber(tokens));
  tokens.expect(')');
  return value;
}

function byte(tokens: Tokens): Operand {
  const start = tokens.advance();
  const index = tokens.number('the offset of a byte').value;
  if (!tokens.is('=', '<', '>', '&', '|')) tokens.unexpected("'=', '<', '>', '&' or '|'");
  const operator = tokens.advance().text;
  const { value } = tokens.number('a number');
  return term({ kind: 'byte', index, operator, value, ...tokens.span(start) });
}
