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
