/** Writes hellos and records, for tests and fuzzers. Lists of code points are big-endian, as on the wire. */

export type Bytes = readonly number[];

export const u16 = (value: number): Bytes => [value >> 8, value & 255];
const u24 = (value: number): Bytes => [value >> 16, (value >> 8) & 255, value & 255];
export const ascii = (text: string): Bytes => [...text].map((c) => c.charCodeAt(0));

/** Behind its length of `size` bytes. */
export function vector(size: 1 | 2 | 3, bytes: Bytes): Bytes {
  const length = size === 1 ? [bytes.length] : size === 2 ? u16(bytes.length) : u24(bytes.length);
  return [...length, ...bytes];
}

export const u16s = (codes: Bytes): Bytes => codes.flatMap(u16);

export type ExtensionBody = readonly [type: number, body: Bytes];

export const extension = {
  serverName: (name: string): ExtensionBody => [0, vector(2, [0, ...vector(2, ascii(name))])],
  groups: (codes: Bytes): ExtensionBody => [10, vector(2, u16s(codes))],
  pointFormats: (codes: Bytes): ExtensionBody => [11, vector(1, codes)],
  signatureAlgorithms: (codes: Bytes): ExtensionBody => [13, vector(2, u16s(codes))],
  alpn: (...names: readonly string[]): ExtensionBody => [
    16,
    vector(
      2,
      names.flatMap((name) => vector(1, ascii(name))),
    ),
  ],
  versions: (codes: Bytes): ExtensionBody => [43, vector(1, u16s(codes))],
  keyShares: (groups: Bytes): ExtensionBody => [
    51,
    vector(
      2,
      groups.flatMap((group) => [...u16(group), ...vector(2, [1, 2, 3, 4])]),
    ),
  ],
  other: (type: number, body: Bytes = []): ExtensionBody => [type, body],
};

export interface HelloOptions {
  readonly version?: number;
  readonly random?: Bytes;
  readonly sessionId?: Bytes;
  readonly ciphers?: Bytes;
  /** undefined: not even an empty list. */
  readonly extensions?: readonly ExtensionBody[];
}

const counting = (length: number): Bytes => Array.from({ length }, (_, i) => i);
const listOf = (extensions: readonly ExtensionBody[] | undefined): Bytes =>
  extensions
    ? vector(
        2,
        extensions.flatMap(([type, body]) => [...u16(type), ...vector(2, body)]),
      )
    : [];

/** Bodies, without the handshake header. */
export function clientHello(options: HelloOptions = {}): Bytes {
  const { version = 0x0303, random = counting(32), sessionId = [], ciphers = [0x1301] } = options;
  return [
    ...u16(version),
    ...random,
    ...vector(1, sessionId),
    ...vector(2, u16s(ciphers)),
    ...vector(1, [0]),
    ...listOf(options.extensions),
  ];
}

export function serverHello(options: HelloOptions = {}): Bytes {
  const { version = 0x0303, random = counting(32), sessionId = [], ciphers = [0x1301] } = options;
  return [
    ...u16(version),
    ...random,
    ...vector(1, sessionId),
    ...u16(ciphers[0]!),
    0,
    ...listOf(options.extensions),
  ];
}

export const message = (type: number, body: Bytes): Bytes => [type, ...vector(3, body)];
export const record = (type: number, payload: Bytes, version = 0x0303): Bytes => [
  type,
  ...u16(version),
  ...vector(2, payload),
];
