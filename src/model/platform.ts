/**
 * What the sans-I/O core needs from its platform; filled by the composition root (node:zlib in the
 * CLI, DecompressionStream or a library in a browser).
 */
export interface Platform {
  /**
   * Undoes one content encoding ('gzip' | 'deflate' | 'br' | 'zstd'); stops at `limit` output bytes.
   * A cut or damaged input gives what could be decoded with `complete: false`; undefined = unknown encoding.
   */
  decompress(
    encoding: string,
    bytes: Uint8Array,
    limit: number,
  ): { bytes: Uint8Array; complete: boolean } | undefined;
  /** What remote calls' messages mean, where somebody has said (--proto). */
  readonly schema?: MessageSchema;
}

export interface MessageSchema {
  /**
   * A message of a call as JSON text (protobuf's JSON mapping, with its names).
   * @param method '/package.Service/Method', as Body.method has it
   * @returns undefined: it is not known, or the bytes do not fit
   */
  decode(method: string, side: 'request' | 'response', bytes: Uint8Array): string | undefined;
}
