/** The first value under a name; names are compared in lower case, as HTTP/2 sends them. */
export function headerValue(
  message: { readonly headers: readonly (readonly [name: string, value: string])[] } | undefined,
  name: string,
): string | undefined {
  if (!message) return undefined;
  const { headers } = message;
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    if (header[0] === name || (header[0].length === name.length && header[0].toLowerCase() === name))
      return header[1];
  }
  return undefined;
}
