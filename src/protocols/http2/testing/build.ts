/** Frames from parts. Header blocks are literals without indexing unless they come ready. */
import { preface } from '../frame.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: string | Uint8Array = '',
): Buffer {
  const body = typeof payload === 'string' ? latin1(payload) : Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

const text = (value: string) => Buffer.concat([integer(value.length, 7), latin1(value)]);

function integer(value: number, prefix: number, first = 0): Buffer {
  const mask = (1 << prefix) - 1;
  if (value < mask) return Buffer.from([first | value]);
  const bytes = [first | mask];
  let left = value - mask;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

export type Pairs = Readonly<Record<string, string>>;

/** `added`: into the dynamic table. */
export function block(headers: Pairs, added = false): Buffer {
  const entries = Object.entries(headers).map(([name, value]) =>
    Buffer.concat([Buffer.from([added ? 0x40 : 0]), text(name), text(value)]),
  );
  return Buffer.concat(entries);
}

export const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

export const settings = (values: Readonly<Record<number, number>> = {}) =>
  frame(
    4,
    0,
    0,
    Buffer.concat(
      Object.entries(values).map(([id, value]) => {
        const entry = Buffer.alloc(6);
        entry.writeUInt16BE(Number(id));
        entry.writeUInt32BE(value, 2);
        return entry;
      }),
    ),
  );
export const ack = frame(4, 1, 0);

const END_STREAM = 1;
const END_HEADERS = 4;

/** A whole block in one HEADERS frame. */
export const headers = (stream: number, content: Pairs | Uint8Array, end = false, added = false) =>
  frame(
    1,
    END_HEADERS | (end ? END_STREAM : 0),
    stream,
    content instanceof Uint8Array ? content : block(content, added),
  );
export const data = (stream: number, content: string | Uint8Array, end = false) =>
  frame(0, end ? END_STREAM : 0, stream, content);
export const reset = (stream: number, code: number) => frame(3, 0, stream, u32(code));
export const goaway = (last: number, code: number, words = '') =>
  frame(7, 0, 0, Buffer.concat([u32(last), u32(code), latin1(words)]));
export const windowUpdate = (stream: number, by: number) => frame(8, 0, stream, u32(by));
export const ping = frame(6, 0, 0, 'opaque!!');

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const get = (stream: number, path: string, end = true) =>
  headers(stream, { ':method': 'GET', ':scheme': 'http', ':path': path, ':authority': 'a.example' }, end);
export const ok = (stream: number, end = false, more: Pairs = {}) =>
  headers(stream, { ':status': '200', ...more }, end);

export const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
/** How each side begins. */
export const clientHello = join(latin1(preface), settings());
export const serverHello = join(settings(), ack);
