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
}
