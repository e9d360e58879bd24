/** Writes DNS messages for tests and fixtures: names without compression unless the bytes say so. */

export interface MessageParts {
  readonly id?: number;
  readonly flags?: number;
  readonly questions?: readonly Uint8Array[];
  readonly answers?: readonly Uint8Array[];
  readonly authority?: readonly Uint8Array[];
  readonly additional?: readonly Uint8Array[];
  /** Counts that lie. */
  readonly counts?: readonly number[];
}

const half = (n: number) => [(n >> 8) & 255, n & 255];

export function message(parts: MessageParts): Uint8Array {
  const { id = 1, flags = 0x0100, questions = [], answers = [], authority = [], additional = [] } = parts;
  const sections = [questions, answers, authority, additional];
  const counts = parts.counts ?? sections.map((section) => section.length);
  return Uint8Array.from([
    ...half(id),
    ...half(flags),
    ...counts.flatMap(half),
    ...sections.flat().flatMap((bytes) => [...bytes]),
  ]);
}

/** `a.b` as labels; '' is the root. One byte a character. */
export function name(text: string): number[] {
  const labels = text === '' || text === '.' ? [] : text.split('.');
  return [...labels.flatMap((label) => [label.length, ...[...label].map((c) => c.charCodeAt(0))]), 0];
}

export function question(text: string, type: number, cls = 1): Uint8Array {
  return Uint8Array.from([...name(text), ...half(type), ...half(cls)]);
}

/** @param owner a name, or who asked: its first question's name @param data record data */
export function rr(
  owner: string | { readonly questions: readonly Uint8Array[] },
  type: number,
  data: readonly number[],
  cls = 1,
  ttl = 60,
): Uint8Array {
  const bytes = typeof owner === 'string' ? name(owner) : [...owner.questions[0]!.subarray(0, -4)];
  const time = [(ttl >>> 24) & 255, (ttl >>> 16) & 255, (ttl >>> 8) & 255, ttl & 255];
  return Uint8Array.from([...bytes, ...half(type), ...half(cls), ...time, ...half(data.length), ...data]);
}

/** @param extended upper bits of the rcode */
export function opt(
  options: readonly (readonly [code: number, data: readonly number[]])[],
  flags = 0,
  extended = 0,
  size = 1232,
): Uint8Array {
  const data = options.flatMap(([code, bytes]) => [...half(code), ...half(bytes.length), ...bytes]);
  return rr('', 41, data, size, ((extended << 24) | flags) >>> 0);
}
