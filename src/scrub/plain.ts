/** Text of no protocol that is known here: lines that look like headers and commands, and whatever text may hold. */
import { Spans } from '../redact/index.ts';
import { latin1 } from '../util/bytes.ts';
import { startsFrames, startsSettings } from './frame-form.ts';
import { HttpReader } from './http.ts';
import { Http2Reader } from './http2.ts';
import type { Reader, Tools, Track } from './reader.ts';
import { TextUnit } from './text-unit.ts';

const within = new Spans();
const headerLine = /^([A-Za-z][\w-]{0,63}):[ \t]*([^\r\n]+)/gm;
/** FTP and POP3 (RFC 959, 1939), SMTP and IMAP (RFC 4954, 9051), Redis. */
const command =
  /^(?:[A-Za-z0-9]{1,16} )?(?:PASS|AUTH(?:ENTICATE)?(?: (?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|default))?|LOGIN "?[^\s"]+"?|CONFIG SET \w*pass|HELLO 3 AUTH \S+)[ \t]+([^\r\n]+)/gim;
const redisCommand =
  /\r?\n\$\d+\r?\n(?:AUTH|auth)\r?\n(?:\$\d+\r?\n(\S{1,4096})\r?\n)(?:\$\d+\r?\n(\S{1,4096})\r?\n)?/g;
const commandRule = 'command';

/** Lines `name: value`, wherever they are. */
export function findHeaderLines({ finders }: Tools, text: string, spans: Spans): void {
  headerLine.lastIndex = 0;
  for (let hit = headerLine.exec(text); hit; hit = headerLine.exec(text)) {
    const [all, name, value] = hit as unknown as [string, string, string];
    within.clear();
    finders.header(name, value, within);
    const offset = hit.index + all.length - value.length;
    within.each((from, to, what) => spans.add(offset + from, offset + to, what));
  }
}

function findCommands(text: string, spans: Spans): void {
  for (const form of [command, redisCommand]) {
    form.lastIndex = 0;
    for (let hit = form.exec(text); hit; hit = form.exec(text)) {
      let at = hit.index;
      for (const secret of hit.slice(1)) {
        if (secret === undefined) continue;
        at = text.indexOf(secret, form === command ? hit.index + hit[0].length - secret.length : at);
        spans.add(at, at + secret.length, commandRule);
        at += secret.length;
      }
    }
  }
}

/** All that is looked for where nothing is known. */
export function findAnything(tools: Tools, text: string, spans: Spans): void {
  findHeaderLines(tools, text, spans);
  findCommands(text, spans);
  tools.finders.text('text/plain', text, spans);
}

/** Where a message of HTTP/1 begins. */
const httpStart = /^(?:[A-Z-]{3,16} [^\s]{1,8000} HTTP\/1\.[01]\r?\n|HTTP\/1\.[01] \d{3}[ \r\n])/;
/** The longest word a request begins with, and the blank. */
const firstLine = 8192;

export class PlainReader implements Reader {
  readonly #track: Track;
  readonly #unit: TextUnit;
  #end: number;

  constructor(track: Track, pos: number) {
    this.#track = track;
    this.#end = pos;
    this.#unit = new TextUnit(track, findAnything);
  }

  get decided(): number {
    return Math.min(this.#unit.pendingFrom, this.#end);
  }

  data(bytes: Uint8Array, pos: number): void {
    // Where we came late, or bytes were lost, a segment may be the beginning of something known.
    const known = beginning(this.#track, bytes, pos, false);
    if (known && known !== 'more') {
      this.#unit.finish();
      this.#end = pos;
      return this.#track.become(known, bytes, pos);
    }
    this.#end = pos + bytes.length;
    this.#unit.add(bytes, pos);
    // A line that is over is over: nobody has to wait for the next.
    if (bytes[bytes.length - 1] === 0x0a) this.#unit.settle();
  }

  gap(pos: number, length: number): void {
    this.#unit.gap();
    this.#end = pos + length;
  }

  settle(): void {
    this.#unit.settle();
  }

  end(): void {
    this.#unit.finish();
  }
}

/** Encrypted: nothing of it can be read, and nothing has to be masked. */
export class OpaqueReader implements Reader {
  decided: number;
  constructor(pos: number) {
    this.decided = pos;
  }
  data(bytes: Uint8Array, pos: number): void {
    this.decided = pos + bytes.length;
  }
  gap(pos: number, length: number): void {
    this.decided = pos + length;
  }
  settle(): void {}
  end(): void {}
}

/** Masks everything: what cannot be read any more, and is not encrypted. */
export class BlankReader implements Reader {
  readonly #track: Track;
  decided: number;
  constructor(track: Track, pos: number) {
    this.#track = track;
    this.decided = pos;
  }
  data(bytes: Uint8Array, pos: number): void {
    this.#track.tools.blank('header table lost', bytes.length);
    this.#track.mark(pos, pos + bytes.length);
    this.decided = pos + bytes.length;
  }
  gap(pos: number, length: number): void {
    this.decided = pos + length;
  }
  settle(): void {}
  end(): void {}
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/**
 * Who reads what begins so. 'more': too little is there to tell.
 * @param isFirst nothing of this direction has been seen before; else only what tells itself for certain counts
 */
function beginning(
  track: Track,
  bytes: Uint8Array,
  pos: number,
  isFirst: boolean,
): Reader | 'more' | undefined {
  const first = bytes[0];
  if (first === undefined) return 'more';
  // A record of TLS: type 20 to 23, version 3.x (RFC 8446 section 5.1).
  if (first >= 20 && first <= 23 && bytes.length >= 5 && bytes[1] === 3 && bytes[2]! <= 4 && bytes[3]! < 0x48)
    return new OpaqueReader(pos);
  if (first >= 0x41 && first <= 0x5a) {
    const text = latin1(bytes, 0, Math.min(bytes.length, firstLine));
    if (text.startsWith(preface.slice(0, text.length))) {
      if (text.length < preface.length) return isFirst ? 'more' : undefined;
      return new Http2Reader(track, pos, true, false);
    }
    if (httpStart.test(text)) return new HttpReader(track, pos);
    const mayCome =
      isFirst &&
      bytes.length < firstLine &&
      /^(?:[A-Z-]{1,16}(?: \S*(?: (?:H[TP/1.0]*\r?)?)?)?|HTTP[/1.0-9 ]*)$/.test(text);
    return mayCome ? 'more' : undefined;
  }
  // A server's side begins with its settings: then nothing was missed.
  if (startsFrames(bytes, isFirst)) return new Http2Reader(track, pos, false, !startsSettings(bytes));
  return undefined;
}

/** The first bytes of a direction wait here until they tell what they are. */
export class FirstReader implements Reader {
  readonly #track: Track;
  #bytes = new Uint8Array(0);
  #from: number;

  constructor(track: Track, pos: number) {
    this.#track = track;
    this.#from = pos;
  }

  get decided(): number {
    return this.#from;
  }

  data(bytes: Uint8Array, pos: number): void {
    if (this.#bytes.length === 0) this.#from = pos;
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    const found = beginning(this.#track, all, this.#from, true);
    if (found === 'more') return;
    this.#track.become(found ?? new PlainReader(this.#track, this.#from), all, this.#from);
  }

  gap(pos: number, length: number): void {
    this.#asPlain();
    if (this.#track.reader === this) this.#from = pos + length;
    else this.#track.reader.gap(pos, length);
  }

  settle(): void {
    this.#asPlain();
    if (this.#track.reader !== this) this.#track.reader.settle();
  }

  end(): void {
    this.settle();
  }

  #asPlain(): void {
    if (this.#bytes.length > 0)
      this.#track.become(new PlainReader(this.#track, this.#from), this.#bytes, this.#from);
  }
}
