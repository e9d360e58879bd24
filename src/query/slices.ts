/** `field[i:length]`: parts of a value. */
import { latin1 } from '../util/bytes.ts';
import type { Value } from './access.ts';
import type { Range } from './ast.ts';
import { mapped, type Source } from './source.ts';

/** Ranges that reach beyond a value give nothing; when all do, there is no value. */
export function sliced(source: Source, ranges: readonly Range[], name: string): Source {
  const cut = (value: Value): string | undefined => {
    if (typeof value !== 'string' && typeof value !== 'object') return undefined;
    if (ranges.length === 1) return part(value, ranges[0]!);
    let text: string | undefined;
    for (const range of ranges) {
      const piece = part(value, range);
      if (piece !== undefined) text = text === undefined ? piece : text + piece;
    }
    return text;
  };
  return { ...mapped(source, 'text', name, cut), isSlice: true };
}

function part(value: string | Uint8Array, { from, to, isOffset }: Range): string | undefined {
  const { length } = value;
  const start = from < 0 ? from + length : from;
  const end = to === undefined ? length : isOffset ? (to < 0 ? to + length : to) + 1 : start + to;
  if (start < 0 || start >= length || end > length || end <= start) return undefined;
  return typeof value === 'string' ? value.slice(start, end) : latin1(value, start, end);
}
