/** Words of pcap-filter(7). */
import { FilterError } from './error.ts';

export type TokenKind = 'word' | 'number' | 'ipv4' | 'ipv6' | 'mac' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Of a number; 0 otherwise. */
  readonly value: number;
  readonly position: number;
  /** Written with a backslash: a name, never a keyword. */
  readonly escaped: boolean;
}

const symbols = ['<<', '>>', '<=', '>=', '!=', '==', '&&', '||', ...'()[]:/+-*%&|^<>=!'];
const mac =
  /^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}(?![\w:])|^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?![\w.])/i;
const ipv6 = /^(?=[0-9a-f:.]*:[0-9a-f.]*:)[0-9a-f]*:[0-9a-f:]*(?:\d+\.\d+\.\d+\.\d+)?(?![\w.])/i;
const ipv4 = /^\d+(?:\.\d+){1,3}(?![\w.-]*[a-z_-])(?![\w.])/i;
const number = /^(?:0x[0-9a-f]+|\d+)(?![\w.])(?!-(?!\d))/i;
const word = /^[a-z0-9_](?:[-\w.]*[\w])?/i;

/** Splits the expression; throws FilterError at what can be no word. */
export function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  /** Within brackets a colon parts offset and size, so that addresses are none. */
  let brackets = 0;
  for (let at = 0; at < expression.length; ) {
    const rest = expression.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const add = (kind: TokenKind, text: string, value = 0, escaped = false) => {
      tokens.push({ kind, text, value, position: at, escaped });
      at += text.length + (escaped ? 1 : 0);
    };
    if (rest[0] === '\\') {
      const name = /^[^\s()[\]!]+/.exec(rest.slice(1));
      if (!name)
        throw new FilterError('a backslash without a name', {
          expression,
          position: at,
          expected: 'a name after it',
        });
      add('word', name[0], 0, true);
      continue;
    }
    const address = brackets === 0 && mac.exec(rest);
    if (address) {
      add('mac', address[0]);
      continue;
    }
    const six = brackets === 0 && ipv6.exec(rest);
    if (six && isIpv6(six[0])) {
      add('ipv6', six[0]);
      continue;
    }
    const four = ipv4.exec(rest);
    if (four) {
      add('ipv4', four[0]);
      continue;
    }
    const digits = number.exec(rest);
    if (digits) {
      const text = digits[0];
      const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
      if (!(value <= 0xffffffff))
        throw new FilterError(`${text} does not fit in 32 bits`, {
          expression,
          position: at,
          length: text.length,
          expected: 'a number up to 4294967295',
        });
      add('number', text, value);
      continue;
    }
    const name = word.exec(rest);
    if (name) {
      add('word', name[0]);
      continue;
    }
    const symbol = symbols.find((s) => rest.startsWith(s));
    if (!symbol)
      throw new FilterError(`unexpected ${JSON.stringify(String.fromCodePoint(rest.codePointAt(0)!))}`, {
        expression,
        position: at,
      });
    if (symbol === '[') brackets++;
    if (symbol === ']') brackets--;
    add('symbol', symbol);
  }
  tokens.push({ kind: 'end', text: '', value: 0, position: expression.length, escaped: false });
  return tokens;
}

function isIpv6(text: string): boolean {
  return parseIpv6(text) !== undefined;
}

/** Eight 16-bit words, or undefined. */
export function parseIpv6(text: string): number[] | undefined {
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  let words = text;
  if (tail) {
    const [a, b, c, d] = tail.slice(2).map(Number) as [number, number, number, number];
    if (Math.max(a, b, c, d) > 255) return undefined;
    words = `${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const halves = words.split('::');
  if (halves.length > 2) return undefined;
  const [head, rest] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [
    string[],
    string[] | undefined,
  ];
  const missing = 8 - head.length - (rest?.length ?? 0);
  if (rest ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...new Array<string>(rest ? missing : 0).fill('0'), ...(rest ?? [])];
  return all.every((w) => /^[0-9a-f]{1,4}$/i.test(w)) ? all.map((w) => Number.parseInt(w, 16)) : undefined;
}
