/** Base64 of any length: `btoa` takes a text, and a call's arguments are not without limit. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  // A multiple of three: pieces join without padding between them.
  for (let at = 0; at < bytes.length; at += 3000)
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + 3000)));
  return text;
}
