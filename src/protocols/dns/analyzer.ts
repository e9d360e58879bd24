/** Questions and answers of one connection, paired by id and question. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  FieldValue,
  Incompleteness,
  Message,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { concatBytes, u16 } from '../../util/bytes.ts';
import { type DnsMessage, parseMessage } from './message.ts';
import { className, opcodeName, rcodeName, typeName } from './names.ts';
import { formatData } from './records.ts';

/** Questions waiting at once on one connection: resolvers keep one socket a question, stubs a few. */
const maxWaiting = 256;
const nothing = new Uint8Array(0);

interface Waiting {
  readonly key: string;
  readonly message: DnsMessage;
  readonly shown: Message;
  retries: number;
}

export class DnsAnalyzer implements Analyzer {
  readonly #context: AnalyzerContext;
  readonly #isTcp: boolean;
  readonly #waiting = new Map<string, Waiting>();
  #partial = { client: nothing as Uint8Array, server: nothing as Uint8Array };
  #partialAt = { client: 0, server: 0 };
  /** A hole broke the framing of this direction of a TCP connection: no place to begin again is told. */
  #lost = { client: false, server: false };
  #confirmed = false;

  constructor(context: AnalyzerContext) {
    this.#context = context;
    this.#isTcp = context.connection.transport === 'tcp';
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    if (!this.#isTcp) return this.#message(side, bytes, at, at, out);
    if (this.#lost[side]) return;
    let b = bytes;
    if (this.#partial[side].length > 0) b = concatBytes([this.#partial[side], bytes]);
    else this.#partialAt[side] = at;
    let from = 0;
    while (b.length - from >= 2) {
      const length = u16(b, from);
      if (b.length - from - 2 < length) break;
      this.#message(side, b.subarray(from + 2, from + 2 + length), this.#partialAt[side], at, out);
      from += 2 + length;
      this.#partialAt[side] = at;
    }
    this.#partial[side] = from === b.length ? nothing : b.slice(from);
  }

  gap(side: Side, _length: number, _at: Timestamp, out: AnalyzerOutput): void {
    // UDP: the datagram before it was cut by the snap length and has been read as far as it went.
    if (!this.#isTcp) return;
    this.#lost[side] = true;
    this.#partial[side] = nothing;
    if (this.#lost.client && this.#lost.server) out.violation('bytes lost in both directions');
  }

  end(side: Side, reason: EndReason, at: Timestamp, out: AnalyzerOutput): void {
    if (side === 'client' && reason === 'fin') return;
    this.#partial[side] = nothing;
    if (side === 'client') return;
    for (const waiting of this.#waiting.values()) this.#unanswered(waiting, at, out);
    this.#waiting.clear();
  }

  buffered(): number {
    return this.#partial.client.length + this.#partial.server.length;
  }

  #message(side: Side, bytes: Uint8Array, startAt: Timestamp, at: Timestamp, out: AnalyzerOutput): void {
    const message = parseMessage(bytes);
    if (!message || (message.questions.length === 0 && message.records.length === 0 && !message.isResponse)) {
      if (this.#confirmed) out.weird('dns_malformed');
      else out.violation('no DNS message');
      return;
    }
    if (!this.#confirmed) {
      this.#confirmed = true;
      out.confirmed();
    }
    const shown = show(bytes, message, startAt, at);
    if (message.isResponse) this.#answer(bytes, message, shown, out);
    else this.#question(side, message, shown, out);
  }

  #question(_side: Side, message: DnsMessage, shown: Message, out: AnalyzerOutput): void {
    const key = keyOf(message);
    const before = this.#waiting.get(key);
    if (before) {
      before.retries++;
      return;
    }
    if (this.#waiting.size >= maxWaiting)
      for (const oldest of this.#waiting.values()) {
        this.#waiting.delete(oldest.key);
        this.#unanswered(oldest, shown.startAt, out);
        break;
      }
    const waiting = { key, message, shown, retries: 0 };
    this.#waiting.set(key, waiting);
    out.opened(this.#exchange(waiting, undefined, undefined, nothing, 'unanswered'));
  }

  #answer(bytes: Uint8Array, message: DnsMessage, shown: Message, out: AnalyzerOutput): void {
    let key = keyOf(message);
    // Some servers leave the question out of errors: then the id must do.
    if (message.questions.length === 0)
      for (const waiting of this.#waiting.values()) if (waiting.message.id === message.id) key = waiting.key;
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    out.exchange(this.#exchange(waiting, message, shown, bytes, outcomeOf(message)));
  }

  #unanswered(waiting: Waiting, _at: Timestamp, out: AnalyzerOutput): void {
    out.exchange(this.#exchange(waiting, undefined, undefined, nothing, 'unanswered'));
  }

  #exchange(
    waiting: Waiting | undefined,
    answer: DnsMessage | undefined,
    shown: Message | undefined,
    bytes: Uint8Array,
    outcome: Exchange['outcome'],
  ): Exchange {
    const message = waiting?.message ?? answer!;
    const question = message.questions[0] ?? announced(answer);
    const found = answer ? readAnswers(bytes, answer) : undefined;
    const edns = waiting?.message.ednsSize ?? -1;
    const request = waiting?.shown;
    const fields: Record<string, FieldValue> = {
      'dns.qry.type': question ? typeName(question.type) : undefined,
      'dns.qry.name': question?.name,
      'dns.result': answer && found ? resultOf(answer, found) : undefined,
      'dns.flags.rcode': answer ? rcodeName(answer.rcode) : undefined,
      'dns.a': found && found.a.length > 0 ? found.a : undefined,
      'dns.aaaa': found && found.aaaa.length > 0 ? found.aaaa : undefined,
      'dns.cname': found && found.cname.length > 0 ? found.cname : undefined,
      'dns.id': message.id,
      'dns.time': request && shown ? shown.startAt - request.startAt : undefined,
      'dns.flags.authoritative': answer?.authoritative || undefined,
      'dns.flags.truncated': answer?.truncated || undefined,
      'dns.retries': waiting && waiting.retries > 0 ? waiting.retries : undefined,
      'dns.opcode': message.opcode === 0 ? undefined : opcodeName(message.opcode),
      'dns.edns.udp_size': edns >= 0 ? edns : undefined,
    };
    const missing: Incompleteness[] = [];
    // mDNS announces without being asked (RFC 6762 section 8.3).
    const isMulticast = this.#context.connection.server.port === 5353;
    if (!request && !isMulticast) missing.push({ kind: 'noRequest' });
    if (!shown && !isMulticast) missing.push({ kind: 'noResponse' });
    if (answer?.cut && !answer.truncated) missing.push({ kind: 'messageCut', side: 'response' });
    return {
      protocol: 'dns',
      connection: this.#context.connection,
      ...(request ? { request } : {}),
      ...(shown ? { response: shown } : {}),
      startAt: (request ?? shown)!.startAt,
      endAt: (shown ?? request)!.endAt,
      fields,
      outcome: !shown && isMulticast ? 'info' : outcome,
      missing,
      weirds: [],
    };
  }
}

function keyOf(message: DnsMessage): string {
  const question = message.questions[0];
  // Resolvers mix the case of names as a cookie; servers echo it, but need not.
  return `${message.id} ${question?.type ?? 0} ${question?.name.toLowerCase() ?? ''}`;
}

function outcomeOf(answer: DnsMessage): Exchange['outcome'] {
  if (answer.rcode === 0) return 'ok';
  // NXDOMAIN and the like answer the question; SERVFAIL, NOTIMP and REFUSED do not.
  return answer.rcode === 2 || answer.rcode === 4 || answer.rcode === 5 ? 'serverError' : 'clientError';
}

interface Answers {
  readonly a: string[];
  readonly aaaa: string[];
  readonly cname: string[];
  readonly all: string[];
}

function readAnswers(bytes: Uint8Array, message: DnsMessage): Answers {
  const found: Answers = { a: [], aaaa: [], cname: [], all: [] };
  const asked = message.questions[0]?.type;
  for (const record of message.records) {
    if (record.section !== 'answer') continue;
    const data = formatData(bytes, record);
    if (record.type === 1) found.a.push(data);
    else if (record.type === 28) found.aaaa.push(data);
    else if (record.type === 5) found.cname.push(data);
    // The chain that led there is in dns.cname; signatures are in the records.
    if ((record.type !== 5 || asked === 5) && record.type !== 46) found.all.push(data);
  }
  return found;
}

function resultOf(answer: DnsMessage, found: Answers): string {
  if (answer.rcode !== 0) return rcodeName(answer.rcode);
  const rest = answer.truncated ? ['truncated, asks again over TCP'] : [];
  const shown = [...found.all, ...rest];
  if (shown.length === 0) return found.cname.length > 0 ? `CNAME ${found.cname.join(', ')}` : 'no answer';
  return shown.join(', ');
}

/** An announcement (mDNS) has no question: what it announces stands for it. */
function announced(answer: DnsMessage | undefined): { name: string; type: number } | undefined {
  return answer?.records[0];
}

function show(bytes: Uint8Array, message: DnsMessage, startAt: Timestamp, endAt: Timestamp): Message {
  const headers: [string, string][] = [];
  for (const record of message.records) {
    if (record.type === 41) {
      headers.push(['OPT', `udp ${record.class}`]);
      continue;
    }
    const cls = className(record.class & 0x7fff);
    headers.push([
      record.section,
      `${record.name} ${record.ttl} ${cls} ${typeName(record.type)} ${formatData(bytes, record)}`,
    ]);
  }
  const question = message.questions
    .map((q) => `${q.name} ${className(q.class & 0x7fff)} ${typeName(q.type)}`)
    .join(', ');
  const start = message.isResponse ? rcodeName(message.rcode) : opcodeName(message.opcode);
  return {
    startAt,
    endAt,
    wireBytes: bytes.length,
    startLine: question === '' ? start : `${start} ${question}`,
    headers,
    trailers: [],
  };
}
