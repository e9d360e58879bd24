/** Heads of messages: RFC 9112 sections 2 to 5. */
import { latin1 } from '../../util/bytes.ts';
import { parseHeaders, trimEnd, trimmed } from '../../util/header-lines.ts';

/** Longest head that is read: servers refuse above 8 to 32 KiB. */
export const headLimit = 64 * 1024;

const CR = 13;
const LF = 10;

/**
 * End of the head: offset behind the empty line; -1 when it is not there yet. A line may end in LF alone
 * (section 2.2).
 * @param from where to look from: the head's start, or three bytes before the end of an earlier search
 */
export function headEnd(b: Uint8Array, from: number, end: number): number {
  // Lines are short: a loop over the bytes beats a search per line.
  for (let i = from; i < end - 1; i++) {
    if (b[i] !== LF) continue;
    if (b[i + 1] === LF) return i + 2;
    if (b[i + 1] === CR && i + 2 < end && b[i + 2] === LF) return i + 3;
  }
  return -1;
}

export type Header = readonly [name: string, value: string];

/** Headers that HTTP itself looks at, found while the lines are counted; '' = not there. */
const Known = {
  host: 0,
  upgrade: 1,
  userAgent: 2,
  contentType: 3,
  contentLength: 4,
  contentEncoding: 5,
  transferEncoding: 6,
} as const;
type Known = (typeof Known)[keyof typeof Known];

/** Several of these make one list (RFC 9110 section 5.3); of the others the first counts. */
const isList = [false, true, false, false, true, true, true];

export class Head {
  readonly startLine: string;
  /** Of the head as a whole. */
  readonly length: number;
  /** What it takes to keep it: some bytes behind it may be kept too. */
  readonly held: number;
  readonly #text: string;
  readonly #known: string[];
  #headers: readonly Header[] | undefined;
  /** Oddities of the form, by name. */
  readonly weirds: readonly string[];

  /** @param text begins with the head, `length` of it */
  constructor(text: string, length: number, startLine: string, known: string[], weirds: readonly string[]) {
    this.#text = text;
    this.length = length;
    this.held = text.length;
    this.startLine = startLine;
    this.#known = known;
    this.weirds = weirds;
  }

  get host(): string {
    return this.#known[Known.host]!;
  }
  get upgrade(): string {
    return this.#known[Known.upgrade]!;
  }
  get userAgent(): string {
    return this.#known[Known.userAgent]!;
  }
  get contentType(): string {
    return this.#known[Known.contentType]!;
  }
  get contentLength(): string {
    return this.#known[Known.contentLength]!;
  }
  get contentEncoding(): string {
    return this.#known[Known.contentEncoding]!;
  }
  get transferEncoding(): string {
    return this.#known[Known.transferEncoding]!;
  }

  /** As it was sent; undefined when a header is not in it as it stands, for its lines are joined. */
  get raw(): string | undefined {
    return this.weirds.includes(folded) ? undefined : this.#text.slice(0, this.length);
  }

  /** All of them, in order: made when somebody looks. */
  get headers(): readonly Header[] {
    this.#headers ??= parseHeaders(this.#text.slice(this.#text.indexOf('\n') + 1, this.length));
    return this.#headers;
  }
}

const noWeirds: readonly string[] = [];
const folded = 'http_folded_header';

/** Reads a start line, header lines and the empty line from [at, end); undefined when that is not in it. */
export function parseHead(b: Uint8Array, at: number, end: number): Head | undefined {
  const text = latin1(b, at, end);
  const known = ['', '', '', '', '', '', ''];
  let weirds: string[] | undefined;
  let startLine: string | undefined;
  let slot = -1;
  for (let from = 0; ; ) {
    const lf = text.indexOf('\n', from);
    if (lf < 0) return undefined;
    let to = lf;
    if (to > from && text.charCodeAt(to - 1) === CR) to--;
    else weirds = noted(weirds, 'http_bare_lf');
    if (to === from && startLine !== undefined)
      return new Head(text, lf + 1, startLine, known, weirds ?? noWeirds);
    if (startLine === undefined) startLine = text.slice(from, to);
    else {
      const first = text.charCodeAt(from);
      if (first === 32 || first === 9) {
        // obs-fold, section 5.2
        weirds = noted(weirds, folded);
        if (slot >= 0) known[slot] = `${known[slot]} ${trimmed(text, from, to)}`.trim();
      } else {
        const colon = text.indexOf(':', from);
        slot = -1;
        if (colon <= from || colon >= to) weirds = noted(weirds, 'http_header_without_colon');
        else {
          const last = text.charCodeAt(colon - 1);
          // Section 5.1: a way to have two readers of a message see two messages.
          if (last === 32 || last === 9) weirds = noted(weirds, 'http_space_before_colon');
          slot = knownHeader(text, from, last === 32 || last === 9 ? trimEnd(text, from, colon) : colon);
          if (slot >= 0) store(known, slot as Known, trimmed(text, colon + 1, to));
        }
      }
    }
    from = lf + 1;
  }
}

function noted(weirds: string[] | undefined, name: string): string[] {
  if (!weirds) return [name];
  if (!weirds.includes(name)) weirds.push(name);
  return weirds;
}

function store(known: string[], slot: Known, value: string): void {
  const before = known[slot]!;
  if (before === '') known[slot] = value;
  else if (isList[slot] && value !== '') known[slot] = `${before}, ${value}`;
}

/** By length first: hardly a header is compared at all. */
function knownHeader(text: string, from: number, to: number): Known | -1 {
  switch (to - from) {
    case 4:
      return isName(text, from, 'host') ? Known.host : -1;
    case 7:
      return isName(text, from, 'upgrade') ? Known.upgrade : -1;
    case 10:
      return isName(text, from, 'user-agent') ? Known.userAgent : -1;
    case 12:
      return isName(text, from, 'content-type') ? Known.contentType : -1;
    case 14:
      return isName(text, from, 'content-length') ? Known.contentLength : -1;
    case 16:
      return isName(text, from, 'content-encoding') ? Known.contentEncoding : -1;
    case 17:
      return isName(text, from, 'transfer-encoding') ? Known.transferEncoding : -1;
    default:
      return -1;
  }
}

/** Letters in either case; `name` is lower case. */
function isName(text: string, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++)
    if ((text.charCodeAt(from + i) | 0x20) !== name.charCodeAt(i)) return false;
  return true;
}
