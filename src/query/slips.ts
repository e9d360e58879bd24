/** What people write here that belongs elsewhere: tcpdump's capture filters. */
import type { Literal } from './ast.ts';
import type { Compilation } from './compilation.ts';
import { QueryError } from './error.ts';

/** Words that begin something in pcap-filter(7) and are no text that anybody looks for alone. */
const starters = new Set([
  ...[
    'host',
    'net',
    'portrange',
    'src',
    'dst',
    'ether',
    'gateway',
    'proto',
    'less',
    'greater',
    'vlan',
    'mpls',
  ],
  ...['arp', 'rarp', 'icmp', 'icmp6', 'ip6', 'igmp', 'sctp', 'multicast', 'broadcast'],
]);

/** A capture filter's shape: `tcp port 80`, `src host x`, `tcp[13] & 2`, `port 80`. */
const shape =
  /(?:^|[\s(!])(?:(?:src|dst)\s+(?:host|net|port(?:range)?)?\s*[\w.:]+|(?:host|net|port|portrange|gateway|vlan|less|greater)\s+[\w.:/-]+|(?:ip6?|tcp|udp|icmp6?|ether|arp|sctp)\s+(?:src|dst|host|net|port|portrange|proto|multicast|broadcast)\b|(?:ip6?|tcp|udp|icmp6?|ether)\s*\[)/;

const comparisons = /==|!=|contains|matches|>=|<=|\bin\s*\{/;

/** Longer ones are no slip of the hand. */
const longest = 1000;

function isCaptureFilter(query: string): boolean {
  if (query.length > longest) return false;
  return shape.test(query) && !comparisons.test(query.replace(/\[[^\]]*\]\s*(?:&\s*\S+\s*)?[!=<>]=?/g, ''));
}

/** The same question in this language, when it is an easy one; else ''. */
function translated(query: string): string {
  const parts = query.trim().split(/\s+(and|or|&&|\|\|)\s+/);
  const here = parts.map((part, i) => (i % 2 === 1 ? part : translatedTest(part)));
  return here.includes('') ? '' : here.join(' ');
}

const simpleTest = /^(not\s+|!\s*)?(?:(tcp|udp)\s+)?(?:(src|dst)\s+)?(?:(port|host|net)\s+)?([\w.:/-]+)$/;

function translatedTest(test: string): string {
  const [, not = '', transport, direction, kind, value] = simpleTest.exec(test) ?? [];
  if (value === undefined) return '';
  if (kind === 'port' && /^\d+$/.test(value)) {
    if (!transport && !direction) return `${not}port == ${value}`;
    const side = direction === 'src' ? 'srcport' : direction === 'dst' ? 'dstport' : 'port';
    return `${not}${transport ?? 'tcp'}.${side} == ${value}`;
  }
  if (kind === undefined && direction === undefined) return /^(?:tcp|udp|ip)$/.test(value) ? not + value : '';
  if (kind === 'port') return '';
  const end = direction === 'src' ? 'client' : direction === 'dst' ? 'server' : 'peer';
  const literal = /^[\d.:a-f/]+$/.test(value) && /[.:]/.test(value) ? value : `"${value}"`;
  return `${not}${end} == ${literal}`;
}

function hintFor(query: string): string {
  const here = translated(query);
  const there = `there it is the words behind the target: porthole watch TARGET '${query.trim()}'`;
  return here === '' ? there : `here it would be '${here}'; ${there}`;
}

const message = "this is tcpdump's language for what is captured; a query says what is shown";

/** @throws QueryError for a word that only a capture filter begins with */
export function captureWord(compilation: Compilation, literal: Literal): void {
  if (literal.kind !== 'word' || !starters.has(literal.text)) return;
  compilation.fail('language', message, literal.at, {
    hint: `${hintFor(compilation.query)}; for the text: "${literal.text}"`,
  });
}

/** The error of a query that is a capture filter says so. */
export function explained(error: QueryError): QueryError {
  if (error.reason === 'limit' || error.reason === 'language' || !isCaptureFilter(error.query)) return error;
  // It is all of it that belongs elsewhere.
  const position = error.query.length - error.query.trimStart().length;
  const at = { position, length: error.query.trim().length };
  return new QueryError('language', message, error.query, at, { hint: hintFor(error.query) });
}
