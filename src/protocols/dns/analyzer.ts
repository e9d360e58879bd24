/** Questions and answers of one connection, paired by id and question. */
import type {
  Analyzer,
  AnalyzerContext,
  AnalyzerOutput,
  EndReason,
  Exchange,
  FieldValue,
  Incompleteness,
  Side,
  Timestamp,
} from '../../model/index.ts';
import { type Answers, outcomeOf, readAnswers } from './answers.ts';
import { clientSubnet, extendedErrors } from './edns.ts';
import { type DnsMessage, parseMessage, type } from './message.ts';
import { opcodeName, rcodeName, typeName } from './names.ts';
import { ShownMessage } from './show.ts';
import { MessageStream } from './stream.ts';
import { type Waiting, WaitingQuestions } from './waiting.ts';

/** Answers remembered, to tell a repeated one from one that nobody asked for. */
const maxAnswered = 16;

interface Answered {
  readonly key: string;
  readonly result: string;
}

/** Over UDP there is one for each port a resolver asks from: it has to be small. */
export class DnsAnalyzer implements Analyzer {
  readonly #context: AnalyzerContext;
  /** Of TCP. */
  readonly #streams: { readonly client: MessageStream; readonly server: MessageStream } | undefined;
  readonly #waiting = new WaitingQuestions();
  #answered: Answered[] | undefined;
  /** Nothing has been paired yet, and the beginning was not seen. */
  #joined = false;
  #serverEnded = false;
  #confirmed = false;
  #out!: AnalyzerOutput;

  constructor(context: AnalyzerContext) {
    this.#context = context;
    const { transport, joinedMidStream } = context.connection;
    if (transport !== 'tcp') return;
    this.#joined = context.midMessage ?? joinedMidStream;
    this.#streams = { client: new MessageStream(this.#joined), server: new MessageStream(this.#joined) };
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    for (const waiting of this.#waiting.expired(at)) this.#unanswered(waiting);
    if (this.#streams)
      this.#streams[side].data(bytes, at, (message, startAt) => this.#message(side, message, startAt, at));
    else this.#message(side, bytes, at, at);
  }

  gap(side: Side, length: number, _at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    // UDP: the datagram before it was cut by the snap length and has been read as far as it went.
    this.#streams?.[side].gap(length);
  }

  end(side: Side, _reason: EndReason, _at: Timestamp, out: AnalyzerOutput): void {
    this.#out = out;
    this.#streams?.[side].end();
    if (side === 'server') this.#serverEnded = true;
    // Half-closed by the client, answers may still come.
    if (this.#serverEnded) for (const waiting of this.#waiting.clear()) this.#unanswered(waiting);
  }

  buffered(): number {
    const streams = this.#streams;
    return this.#waiting.bytes + (streams ? streams.client.buffered + streams.server.buffered : 0);
  }

  /** Asked of a group: answers come from somewhere else, or from nobody. */
  get #isMulticast(): boolean {
    return this.#streams === undefined && isGroup(this.#context.connection.server.address);
  }

  /** false: it was none, and nothing more is wanted. */
  #message(side: Side, bytes: Uint8Array, startAt: Timestamp, at: Timestamp): boolean {
    const message = parseMessage(bytes);
    const isEmpty = !message || (message.questions.length === 0 && message.records.length === 0);
    if (!message || (isEmpty && !message.isResponse)) {
      if (this.#confirmed) this.#out.weird('dns_malformed');
      else this.#out.violation('no DNS message');
      return this.#confirmed;
    }
    if (!this.#confirmed) {
      this.#confirmed = true;
      this.#out.confirmed();
    }
    if (message.isResponse) this.#answer(side, message, startAt, at);
    else this.#question(side, message, startAt, at);
    return true;
  }

  #question(side: Side, message: DnsMessage, startAt: Timestamp, at: Timestamp): void {
    const key = keyOf(message);
    const before = this.#waiting.get(key);
    if (before) {
      before.retries++;
      return;
    }
    const kept = { ...message, bytes: message.bytes.slice() };
    const shown = new ShownMessage(kept, startAt, at, message.bytes.length);
    const waiting: Waiting = { key, message: kept, shown, retries: 0, transfer: undefined };
    if (this.#isMulticast) {
      this.#emit(waiting, undefined, undefined, this.#takeLost(side, 'request'));
      return;
    }
    this.#wait(waiting);
    if (this.#context.wantsOpened !== false)
      this.#out.opened(this.#exchange(waiting, undefined, undefined, []));
  }

  #answer(side: Side, message: DnsMessage, startAt: Timestamp, at: Timestamp): void {
    // Some servers leave the question out of errors, and transfers of all messages but the first.
    const waiting =
      message.questions.length === 0 ? this.#waiting.byId(message.id) : this.#waiting.get(keyOf(message));
    if (waiting && this.#streams && isTransfer(waiting.message) && message.rcode === 0)
      return this.#transfer(side, waiting, message, startAt, at);
    const answers = readAnswers(message);
    const key = waiting?.key ?? keyOf(message);
    const weirds: string[] = [];
    if (waiting) this.#waiting.remove(waiting);
    else {
      const before = this.#answered?.findLast((answered) => answered.key === key)?.result;
      // Asked twice, answered twice.
      if (before === answers.result) return this.#out.weird('dns_answer_repeated');
      // Somebody may be faster than the server that was asked.
      if (before !== undefined) weirds.push('dns_second_answer_differs');
    }
    this.#remember(key, answers.result);
    const kept = { ...message, bytes: message.bytes.slice() };
    const shown = new ShownMessage(kept, startAt, at, message.bytes.length);
    const missing = this.#takeLost(side, 'response');
    if (message.cut && !message.truncated) missing.push({ kind: 'messageCut', side: 'response' });
    this.#emit(waiting, { message: kept, answers }, shown, missing, weirds);
  }

  /** RFC 5936: a transfer is many messages, from the zone's SOA record to the same again. */
  #transfer(side: Side, waiting: Waiting, message: DnsMessage, startAt: Timestamp, at: Timestamp): void {
    this.#waiting.remove(waiting);
    const first = waiting.transfer ? waiting.transfer.first : { ...message, bytes: message.bytes.slice() };
    waiting.transfer ??= { first, startAt, messages: 0, records: 0, wireBytes: 0 };
    const { transfer } = waiting;
    const records = message.records.filter((record) => record.section === 'answer');
    transfer.messages++;
    transfer.records += records.length;
    transfer.wireBytes += message.bytes.length;
    // An IXFR whose zone has not changed is the SOA alone (RFC 1995 section 2).
    const isLast = records.at(-1)?.type === type.soa;
    const isOnly = waiting.message.questions[0]!.type === type.ixfr && transfer.records === 1;
    if (isLast && (transfer.records > 1 || isOnly))
      this.#endTransfer(waiting, at, this.#takeLost(side, 'response'));
    else this.#wait(waiting);
  }

  #endTransfer(waiting: Waiting, at: Timestamp, missing: Incompleteness[]): void {
    const { first, startAt, messages, records, wireBytes } = waiting.transfer!;
    const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
    const result = `${counted(records, 'record')} in ${counted(messages, 'message')}`;
    const answers: Answers = { a: [], aaaa: [], cname: [], result };
    const shown = new ShownMessage(first, startAt, at, wireBytes);
    this.#emit(waiting, { message: first, answers }, shown, missing);
  }

  #unanswered(waiting: Waiting): void {
    const missing = this.#takeLost('server', 'response');
    if (waiting.transfer) {
      missing.push({ kind: 'messageCut', side: 'response' });
      this.#endTransfer(waiting, waiting.transfer.startAt, missing);
    } else this.#emit(waiting, undefined, undefined, missing);
  }

  #wait(waiting: Waiting): void {
    for (const gone of this.#waiting.add(waiting)) this.#unanswered(gone);
  }

  #remember(key: string, result: string): void {
    // Mostly the only one: a list that grows takes room for many at once.
    if (!this.#answered) this.#answered = [{ key, result }];
    else this.#answered = [...this.#answered.slice(1 - maxAnswered), { key, result }];
  }

  #takeLost(side: Side, of: 'request' | 'response'): Incompleteness[] {
    const stream = this.#streams?.[side];
    if (!stream || stream.lost === 0) return [];
    const bytes = stream.lost;
    stream.lost = 0;
    return [{ kind: 'bytesLost', side: of, bytes }];
  }

  #emit(
    waiting: Waiting | undefined,
    answer: { message: DnsMessage; answers: Answers } | undefined,
    shown: ShownMessage | undefined,
    missing: Incompleteness[],
    weirds: readonly string[] = [],
  ): void {
    if (!waiting && !this.#isMulticast)
      missing.unshift({ kind: this.#joined ? 'joinedMidStream' : 'noRequest' });
    if (waiting && answer) this.#joined = false;
    if (!shown && !this.#isMulticast) missing.push({ kind: 'noResponse' });
    if (waiting?.message.cut) missing.push({ kind: 'messageCut', side: 'request' });
    this.#out.exchange(this.#exchange(waiting, answer, shown, missing, weirds));
  }

  #exchange(
    waiting: Waiting | undefined,
    answer: { message: DnsMessage; answers: Answers } | undefined,
    shown: ShownMessage | undefined,
    missing: readonly Incompleteness[],
    weirds: readonly string[] = [],
  ): Exchange {
    const request = waiting?.shown;
    const exchange = {
      protocol: 'dns',
      connection: this.#context.connection,
      startAt: (request ?? shown)!.startAt,
      endAt: (shown ?? request)!.endAt,
      fields: fieldsOf(waiting, answer, shown),
      outcome: answer ? outcomeOf(answer.message) : this.#isMulticast ? 'info' : 'unanswered',
      missing,
      weirds,
    } as { -readonly [K in keyof Exchange]: Exchange[K] };
    if (request) exchange.request = request;
    if (shown) exchange.response = shown;
    return exchange;
  }
}

function fieldsOf(
  waiting: Waiting | undefined,
  answer: { message: DnsMessage; answers: Answers } | undefined,
  shown: ShownMessage | undefined,
): Record<string, FieldValue> {
  const asked = waiting?.message;
  const said = answer?.message;
  const answers = answer?.answers;
  const { id, opcode, questions, records } = (asked ?? said)!;
  const question = questions[0] ?? records[0];
  const list = (values: readonly string[] | undefined) => (values && values.length > 0 ? values : undefined);
  return {
    'dns.qry.type': question && typeName(question.type),
    'dns.qry.name': question?.name,
    'dns.result': answers?.result,
    'dns.flags.rcode': said && rcodeName(said.rcode),
    'dns.a': list(answers?.a),
    'dns.aaaa': list(answers?.aaaa),
    'dns.cname': list(answers?.cname),
    'dns.opt.ext_error': said && list(extendedErrors(said)),
    'dns.id': id,
    'dns.time': waiting && shown ? shown.startAt - waiting.shown.startAt : undefined,
    'dns.flags.authoritative': said?.authoritative || undefined,
    'dns.flags.authenticated': said?.authenticated || undefined,
    'dns.flags.truncated': said?.truncated || undefined,
    'dns.retries': waiting && waiting.retries > 0 ? waiting.retries : undefined,
    'dns.opcode': opcode === 0 ? undefined : opcodeName(opcode),
    'dns.edns.udp_size': asked?.opt?.class,
    'dns.opt.client': asked && clientSubnet(asked),
  };
}

function isTransfer(message: DnsMessage): boolean {
  const asked = message.questions[0]?.type;
  return asked === type.axfr || asked === type.ixfr;
}

function keyOf(message: DnsMessage): string {
  const question = message.questions[0];
  // Resolvers mix the case of names as a cookie; servers echo it, but need not.
  return `${message.id} ${question?.type ?? 0} ${question?.name.toLowerCase() ?? ''}`;
}

/** Of an IPv4 or IPv6 multicast group. */
function isGroup(address: string): boolean {
  return /^(22[4-9]|23\d)\.|^ff/i.test(address);
}
