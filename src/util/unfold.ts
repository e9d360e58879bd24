/** Content encodings of a body undone: RFC 9110 section 8.4, the last applied first. */
import type { Body, Platform } from '../model/index.ts';

export interface Unfolded {
  readonly bytes: Uint8Array;
  /** Of what was undone: its end came. */
  readonly isWhole: boolean;
  /** Those undone, in that order. */
  readonly undone: readonly { readonly encoding: string; readonly isWhole: boolean }[];
  /** Those still on, in the order applied: the last of them is not known. */
  readonly left: readonly string[];
}

const none: readonly never[] = [];

/** @param limit bytes of what comes of it: a small body may unfold to gigabytes */
export function unfold(
  { bytes: given, encodings }: Pick<Body, 'bytes' | 'encodings'>,
  platform: Pick<Platform, 'decompress'>,
  limit: number,
): Unfolded {
  if (encodings.length === 0) return { bytes: given, isWhole: true, undone: none, left: none };
  let bytes = given;
  let isWhole = true;
  const undone: { encoding: string; isWhole: boolean }[] = [];
  const left = [...encodings];
  for (let encoding = left.at(-1); encoding !== undefined; encoding = left.at(-1)) {
    const plain = platform.decompress(encoding, bytes, limit);
    if (!plain) break;
    left.pop();
    bytes = plain.bytes;
    isWhole &&= plain.complete;
    undone.push({ encoding, isWhole: plain.complete });
  }
  return { bytes, isWhole, undone, left };
}
