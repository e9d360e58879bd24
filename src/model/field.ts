/** A field a protocol declares; sinks and the query language know protocols by these alone. */
export interface FieldSpec {
  /** Wireshark's name where it has one: 'http.request.method'. Key in Exchange.fields. */
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'bytes' | 'durationNs' | 'list';
  /** Short, for column heads. */
  readonly label: string;
  /**
   * Place in a one-line entry: `operation subject -> result`
   * (GET /file.txt -> 200 OK; A example.org -> 192.0.2.1).
   */
  readonly role?: 'operation' | 'subject' | 'result';
  /** From which -v level text shows it: 0 in the entry's line (roles only), 1 headers, 3 everything. Default 3. */
  readonly detail?: 0 | 1 | 2 | 3;
  readonly description: string;
  /**
   * Of operation and subject: how statistics group entries. `path` takes out what varies (/users/{id}) and is
   * a subject's default, `value` is an operation's; `none`: too many values to be told apart.
   */
  readonly grouping?: 'value' | 'path' | 'none';
  /** Of a string that names code points: name -> number, so that queries may say either (dns.qry.type == 28). */
  readonly codes?: Readonly<Record<string, number>>;
}
