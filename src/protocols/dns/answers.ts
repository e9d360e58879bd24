/** What a response says to its question. */
import type { Exchange } from '../../model/index.ts';
import { type DnsMessage, type } from './message.ts';
import { rcodeName } from './names.ts';
import { formatData } from './records.ts';

export interface Answers {
  /** Addresses of what was asked for, through aliases; of nothing else that came along. */
  readonly a: string[];
  readonly aaaa: string[];
  readonly cname: string[];
  /** For a line: the answer's data, or the error. */
  readonly result: string;
}

/** Aliases of aliases that are followed. */
const maxChain = 16;
/** Records of a line: more nobody reads. */
const maxShown = 64;

export function readAnswers(message: DnsMessage): Answers {
  const { bytes, questions } = message;
  // Some tools put their OPT record here.
  const records = message.records.filter((r) => r.section === 'answer' && r.type !== type.opt);
  const asked = questions[0]?.type;
  // An announcement (mDNS) has no question: what it announces first stands for it.
  const owners = ownersOf(questions[0]?.name ?? records[0]?.name ?? '', message);
  const found = { a: [] as string[], aaaa: [] as string[], cname: [] as string[] };
  const all: string[] = [];
  for (const record of records) {
    const isOurs = owners.has(record.name.toLowerCase());
    const data = all.length < maxShown || record.type === type.a || record.type === type.aaaa;
    const text = data ? formatData(bytes, record) : '';
    if (record.type === type.a && isOurs) found.a.push(text);
    else if (record.type === type.aaaa && isOurs) found.aaaa.push(text);
    else if (record.type === type.cname) found.cname.push(text);
    // The chain that led there is told apart; signatures are in the records.
    const isAside = (record.type === type.cname && asked !== type.cname) || record.type === type.rrsig;
    if (!isAside && all.length < maxShown) all.push(text);
  }
  return { ...found, result: resultOf(message, found.cname, all, records.length) };
}

/** The name asked for and what it is an alias of, lower case. */
function ownersOf(name: string, { bytes, records }: DnsMessage): Set<string> {
  const owners = new Set([name.toLowerCase()]);
  const aliases = records.filter((r) => r.section === 'answer' && r.type === type.cname).slice(0, maxChain);
  // They may come in any order: each round finds one more, or there is none.
  for (let before = 0; before !== owners.size; ) {
    before = owners.size;
    for (const alias of aliases)
      if (owners.has(alias.name.toLowerCase())) owners.add(formatData(bytes, alias).toLowerCase());
  }
  return owners;
}

function resultOf(message: DnsMessage, cname: string[], all: string[], count: number): string {
  if (message.rcode !== 0) return rcodeName(message.rcode);
  const shown = all.slice();
  if (count - cname.length > maxShown) shown.push(`and ${count - cname.length - maxShown} more`);
  if (message.truncated) shown.push('truncated, asks again over TCP');
  if (shown.length > 0) return shown.join(', ');
  return cname.length > 0 ? `CNAME ${cname.join(', ')}` : 'no answer';
}

export function outcomeOf(message: DnsMessage): Exchange['outcome'] {
  if (message.rcode === 0) return 'ok';
  // NXDOMAIN and the like answer the question; SERVFAIL, NOTIMP and REFUSED do not.
  return message.rcode === 2 || message.rcode === 4 || message.rcode === 5 ? 'serverError' : 'clientError';
}
