/** Where a text for a machine is wrong: one line of it, a caret under the spot. */

/** Columns of a long text that are shown on each side of the spot. */
const contextColumns = 60;

/** Two lines, indented by two. `position` and `length` are in UTF-16 units; length is at least 1. */
export function caretLines(text: string, position: number, length: number): string[] {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  const from = position > contextColumns * 1.5 ? position - contextColumns : 0;
  const to = line.length > position + contextColumns * 1.5 ? position + contextColumns : line.length;
  const head = from > 0 ? '...' : '';
  const tail = to < line.length ? '...' : '';
  const shown = head + line.slice(from, to) + tail;
  const column = position - from + head.length;
  const width = Math.max(1, Math.min(length, shown.length - column));
  return [`  ${shown}`, `  ${' '.repeat(column)}${'^'.repeat(width)}`];
}
