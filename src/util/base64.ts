/** Base64 of either alphabet (RFC 4648 sections 4 and 5), padding or not, as HTTP carries it. */

const digits = new Int8Array(128).fill(-1);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let i = 0; i < 64; i++) digits[alphabet.charCodeAt(i)] = i;
digits[0x2d] = 62; // '-'
digits[0x5f] = 63; // '_'

/** What is no digit is passed over; what does not fill a byte is left out. */
export function decodeBase64(text: string): Uint8Array {
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 128 ? digits[code]! : -1;
    if (digit < 0) continue;
    bits = ((bits << 6) | digit) & 0xfff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[length++] = bits >> count;
    }
  }
  return out.subarray(0, length);
}

/** The same as a stream of bytes, which may be several encodings in a row, each with its own padding. */
export class Base64Stream {
  #bits = 0;
  #count = 0;
  /** Something that is neither digit, padding nor blank came: what follows is no base64. */
  broken = false;

  push(b: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.floor(((b.length + 3) * 3) / 4));
    let length = 0;
    for (let i = 0; i < b.length && !this.broken; i++) {
      const code = b[i]!;
      const digit = code < 128 ? digits[code]! : -1;
      if (digit < 0) {
        if (code === 0x3d) {
          this.#bits = 0;
          this.#count = 0;
        } else this.broken = code > 32;
        continue;
      }
      this.#bits = ((this.#bits << 6) | digit) & 0xfff;
      this.#count += 6;
      if (this.#count < 8) continue;
      this.#count -= 8;
      out[length++] = this.#bits >> this.#count;
    }
    return out.subarray(0, length);
  }
}

/** With padding: RFC 4648 section 4. */
export function encodeBase64(b: Uint8Array): string {
  let text = '';
  for (let i = 0; i < b.length; i += 3) {
    const bits = (b[i]! << 16) | ((b[i + 1] ?? 0) << 8) | (b[i + 2] ?? 0);
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!;
    text += i + 1 < b.length ? alphabet[(bits >> 6) & 63]! : '=';
    text += i + 2 < b.length ? alphabet[bits & 63]! : '=';
  }
  return text;
}
