/** A message as sinks see it. */
import type { Message, Timestamp } from '../../model/index.ts';
import { formatOpt } from './edns.ts';
import { type DnsMessage, parseMessage, type } from './message.ts';
import { className, opcodeName, rcodeName, typeName } from './names.ts';
import { formatData } from './records.ts';

type Lines = Message['headers'];
const none: Lines = [];

/** Records are laid out when somebody looks: a line an exchange shows few of them. */
export class ShownMessage implements Message {
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly wireBytes: number;
  readonly startLine: string;
  readonly trailers = none;
  readonly #bytes: Uint8Array;
  #headers: Lines | undefined;

  /** @param message its bytes are kept: a copy @param wireBytes of all it consists of */
  constructor(message: DnsMessage, startAt: Timestamp, endAt: Timestamp, wireBytes: number) {
    this.#bytes = message.bytes;
    this.startAt = startAt;
    this.endAt = endAt;
    this.wireBytes = wireBytes;
    this.startLine = startLine(message);
  }

  get headers(): Lines {
    this.#headers ??= lines(parseMessage(this.#bytes)!);
    return this.#headers;
  }
}

function startLine(message: DnsMessage): string {
  const start = message.isResponse ? rcodeName(message.rcode) : opcodeName(message.opcode);
  const asked = message.questions
    .map((q) => `${q.name} ${classText(q.class)} ${typeName(q.type)}`)
    .join(', ');
  return asked === '' ? start : `${start} ${asked}`;
}

/** The top bit is mDNS's (RFC 6762 sections 5.4 and 10.2). */
const classText = (value: number) => className(value & 0x7fff);

function lines({ bytes, records }: DnsMessage): Lines {
  return records.map((record): [string, string] => {
    if (record.type === type.opt) return ['OPT', formatOpt(bytes, record)];
    const { section, name, ttl } = record;
    const data = formatData(bytes, record);
    return [section, `${name} ${ttl} ${classText(record.class)} ${typeName(record.type)} ${data}`];
  });
}
