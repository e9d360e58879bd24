/** Words of a .proto file: https://protobuf.dev/reference/protobuf/proto3-spec/#lexical_elements */
import { ProtoError } from './types.ts';

const blank = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
/** Names with their dots are one word. */
const word = /\.?[A-Za-z_][\w.]*/y;
const number = /(?:0[xX][\da-fA-F]+|\d[\w.]*(?:[eE][+-]?\d+)?|\.\d+)/y;
const string = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;

export class Tokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #from = 0;
  /** '' at the end. */
  token = '';
  kind: 'word' | 'number' | 'string' | 'mark' | 'end' = 'end';

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
    this.next();
  }

  /** Returns what was the token until now. */
  next(): string {
    const before = this.token;
    const text = this.#text;
    blank.lastIndex = this.#at;
    blank.test(text);
    const from = blank.lastIndex;
    this.#from = from;
    if (from >= text.length) {
      this.#at = from;
      this.token = '';
      this.kind = 'end';
      return before;
    }
    for (const [kind, rule] of rules) {
      rule.lastIndex = from;
      if (!rule.test(text)) continue;
      this.#at = rule.lastIndex;
      this.kind = kind;
      this.token = text.slice(from, this.#at);
      return before;
    }
    this.kind = 'mark';
    this.token = text[from]!;
    if (text.startsWith('/*', from) || text[from] === '"' || text[from] === "'") this.fail('it has no end');
    this.#at = from + 1;
    return before;
  }

  is(token: string): boolean {
    return this.token === token && this.kind !== 'string';
  }

  /** Takes it when it is next. */
  accept(token: string): boolean {
    if (!this.is(token)) return false;
    this.next();
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) this.fail(`${token} is needed`);
  }

  word(): string {
    if (this.kind !== 'word') this.fail('a name is needed');
    return this.next();
  }

  integer(): number {
    const sign = this.accept('-') ? -1 : 1;
    if (this.kind !== 'number') this.fail('a number is needed');
    const text = this.next();
    const isOctal = /^0[0-7]+$/.test(text);
    const value = isOctal ? Number.parseInt(text, 8) : Number(text);
    if (!Number.isInteger(value)) this.fail('a whole number is needed');
    return sign * value;
  }

  /** Several in a row are one. Escapes of names and paths, which is all that is looked at. */
  string(): string {
    if (this.kind !== 'string') this.fail('a string is needed');
    let value = '';
    while ((this.kind as string) === 'string') value += this.next().slice(1, -1).replace(/\\(.)/g, '$1');
    return value;
  }

  /** Behind the mark, whatever is in brackets before it. */
  skipTo(mark: string): void {
    let depth = 0;
    while (this.kind !== 'end') {
      if (depth === 0 && this.is(mark)) {
        this.next();
        return;
      }
      if (this.kind === 'mark' && '{[('.includes(this.token)) depth++;
      else if (this.kind === 'mark' && '}])'.includes(this.token)) depth--;
      this.next();
    }
    this.fail(`${mark} is needed`);
  }

  fail(why: string): never {
    const before = this.#text.slice(0, this.#from);
    const line = before.split('\n').length;
    const column = this.#from - before.lastIndexOf('\n');
    const what = this.kind === 'end' ? 'the end' : `'${this.token.slice(0, 40) || this.#text[this.#from]}'`;
    throw new ProtoError(`${this.#file}:${line}:${column}: ${what}: ${why}`);
  }
}

const rules = [
  ['word', word],
  ['number', number],
  ['string', string],
] as const;
