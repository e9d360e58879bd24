/**
 * A message as one binary frame: its JSON, and the bytes that are in it behind, as they are: base64 would cost a
 * third more, and the making of texts that nobody reads. No I/O: the page imports it too.
 *
 *   u32 length of the JSON (big endian) | JSON, where {"$bytes":[offset,length]} stands for bytes | bytes
 */
const bytesKey = '$bytes';
const numberKey = '$number';

/** What JSON has no word for. */
const strange = (value: number) => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

/** @param isPlain there are no bytes in it, and no number that JSON has no word for: half the time */
export function encodeFrame(message: unknown, isPlain = false): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const json = new TextEncoder().encode(
    JSON.stringify(
      message,
      isPlain
        ? undefined
        : (_, value: unknown) => {
            if (typeof value === 'number' && !Number.isFinite(value)) return { [numberKey]: strange(value) };
            if (!(value instanceof Uint8Array)) return value;
            const at = offset;
            parts.push(value);
            offset += value.length;
            return { [bytesKey]: [at, value.length] };
          },
    ),
  );
  const frame = new Uint8Array(4 + json.length + offset);
  new DataView(frame.buffer).setUint32(0, json.length);
  frame.set(json, 4);
  let at = 4 + json.length;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** undefined: it is none. Bytes in it are views into the frame. */
export function decodeFrame(frame: Uint8Array): unknown {
  if (frame.length < 4) return undefined;
  const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
  const from = 4 + length;
  if (from > frame.length) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, from));
    // Where neither can be in it, nothing is looked for.
    return text.includes('{"$')
      ? JSON.parse(text, (_, value: unknown) => revived(value, frame, from))
      : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function revived(value: unknown, frame: Uint8Array, from: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const place = (value as Record<string, unknown>)[bytesKey];
  if (Array.isArray(place)) {
    const [offset, length] = place as unknown[];
    const isPlace = Number.isInteger(offset) && Number.isInteger(length);
    return isPlace
      ? frame.subarray(from + (offset as number), from + (offset as number) + (length as number))
      : value;
  }
  const number = (value as Record<string, unknown>)[numberKey];
  return number === undefined ? value : Number(number);
}
