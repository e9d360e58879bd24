type Headers = readonly (readonly [name: string, value: string])[];

/** The first value under a name; names are compared in lower case, as HTTP/2 sends them. */
export function valueNamed(headers: Headers, name: string): string | undefined {
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i]!;
    if (header[0] === name || (header[0].length === name.length && header[0].toLowerCase() === name))
      return header[1];
  }
  return undefined;
}

/** The same of a message's headers. */
export function headerValue(
  message: { readonly headers: Headers } | undefined,
  name: string,
): string | undefined {
  return message && valueNamed(message.headers, name);
}
