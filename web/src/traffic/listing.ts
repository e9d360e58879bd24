/** The list that is shown: which window of it is here, what is selected, whether it follows. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { Order, Row } from '../../../src/view/ports.ts';
import { isOpen, onlyMarked, order, query, selected } from '../address-bar.ts';
import { desk, type FarList, type ListNews } from '../desk/desk.ts';

export const length = signal(0);
export const examined = signal(0);
/** First row in view. */
export const top = signal(0);
export const isFollowing = signal(true);
/** Length at which it was frozen; -1: it is not. */
export const frozenAt = signal(-1);
/** Entries that came since the end was last in view. */
export const unseen = signal(0);
/** Position of the selected entry; -1: not in this list. */
export const selectedAt = signal(-1);
/** Rows that are here, by position. A new object with every change. */
export const rows = signal<ReadonlyMap<number, Row>>(new Map());

/** What is shown: a frozen list has no more than when it was. */
export const shownLength = computed(() =>
  frozenAt.value >= 0 ? Math.min(frozenAt.value, length.value) : length.value,
);

let list: FarList | undefined;
let visible = 40;
/** Entry by which a list that changes above stands still: the first in view. */
let anchor = 0;
let asked = '';

/** Rows asked for beyond both ends of the view, in views. */
const margin = 2;

export function startListing(): void {
  effect(() => {
    const from = desk.value;
    const wanted = {
      query: query.value,
      marked: onlyMarked.value,
      ...(order.value === '' ? {} : { order: orderOf(order.value) }),
    };
    list?.close();
    list = undefined;
    asked = '';
    batch(() => {
      rows.value = new Map();
      length.value = 0;
      frozenAt.value = -1;
      unseen.value = 0;
      isFollowing.value = wanted.order === undefined && selected.peek() === 0;
      top.value = 0;
      selectedAt.value = -1;
    });
    anchor = selected.peek();
    if (!from) return;
    list = from.list(wanted, told);
    ask();
    void toSelected();
  });
}

/** `-duration`: the longest first. */
function orderOf(text: string): Order {
  return { column: text.replace(/^-/, ''), descending: text.startsWith('-') };
}

/** The selected entry of a URL, or of the list before this one, comes into view. */
async function toSelected(): Promise<void> {
  const id = selected.peek();
  const mine = list;
  if (!mine || id === 0) return;
  const position = await mine.position(id);
  if (mine !== list || position < 0) return;
  batch(() => {
    isFollowing.value = false;
    top.value = Math.max(0, position - Math.floor(visible / 2));
    selectedAt.value = position;
  });
  ask();
}

function told({ state, from, rows: fresh, anchorAt }: ListNews): void {
  batch(() => {
    const grown = state.length - length.peek();
    length.value = state.length;
    examined.value = state.examined;
    if (grown > 0 && !isFollowing.peek()) unseen.value += grown;
    const map = new Map<number, Row>();
    const old = rows.peek();
    for (const [i, row] of fresh.entries()) {
      const known = old.get(from + i);
      map.set(from + i, known && isSame(known, row) ? known : row);
    }
    // Entries went or came above: the view goes with its first one.
    const before = anchor > 0 ? positionHere(anchor) : -1;
    rows.value = map;
    if (!isFollowing.peek() && before >= 0 && anchorAt >= 0 && anchorAt !== before) moveBy(anchorAt - before);
    const id = selected.peek();
    for (const [position, row] of map) if (row.id === id) selectedAt.value = position;
  });
}

/** Whatever can change of an entry that is listed. Equal ones stay the same object, and are not drawn anew. */
const isSame = (a: Row, b: Row) =>
  a.id === b.id &&
  a.outcome === b.outcome &&
  a.durationNs === b.durationNs &&
  a.isMarked === b.isMarked &&
  a.isIncomplete === b.isIncomplete &&
  a.responseBytes === b.responseBytes &&
  a.requestBytes === b.requestBytes &&
  a.result === b.result &&
  a.client === b.client &&
  a.server === b.server;

function moveBy(rowsDown: number): void {
  top.value = Math.max(0, top.peek() + rowsDown);
  if (selectedAt.peek() >= 0) selectedAt.value += rowsDown;
}

function positionHere(id: number): number {
  for (const [position, row] of rows.peek()) if (row.id === id) return position;
  return -1;
}

/** The view is there now, and so large. */
export function viewed(first: number, count: number, isAtEnd: boolean): void {
  visible = count;
  batch(() => {
    top.value = first;
    const follows = isAtEnd && frozenAt.peek() < 0 && order.peek() === '';
    isFollowing.value = follows;
    if (isAtEnd) unseen.value = 0;
  });
  anchor = rows.peek().get(first)?.id ?? anchor;
  ask();
}

/** What is here reaches beyond the view so far that nothing need be asked for. */
function isHere(): boolean {
  // A window that goes along with the end is here only for as long as nothing comes.
  if (asked === '' || asked.startsWith('-1 ') || isFollowing.peek()) return false;
  const [from, to] = [Math.max(0, top.peek() - visible / 2), top.peek() + visible * 1.5];
  const here = rows.peek();
  return here.has(Math.floor(from)) && here.has(Math.min(Math.floor(to), length.peek() - 1));
}

function ask(): void {
  if (!list || isHere()) return;
  // What is followed is gone with the next news: no more of it than is seen.
  const count = isFollowing.peek() ? visible + 10 : visible * (1 + 2 * margin) + 2;
  const from = isFollowing.peek() ? -1 : Math.max(0, top.peek() - visible * margin);
  const key = `${from} ${count} ${isFollowing.peek() ? 0 : anchor}`;
  if (key === asked) return;
  asked = key;
  list.see({ from, count, anchor: isFollowing.peek() ? 0 : anchor });
}

/** Position by position. Selecting ends following only when it is no more at the end. */
export async function selectAt(position: number): Promise<void> {
  const to = Math.min(Math.max(0, position), shownLength.peek() - 1);
  if (to < 0 || !list) return;
  const row = rows.peek().get(to) ?? (await list.row(to));
  if (!row) return;
  batch(() => {
    selected.value = row.id;
    selectedAt.value = to;
    isFollowing.value = false;
    const last = top.peek() + Math.max(1, visible - 2);
    if (to < top.peek()) top.value = to;
    else if (to > last) top.value = to - Math.max(1, visible - 2);
  });
  anchor = row.id;
  ask();
}

export const move = (by: number): Promise<void> =>
  selectAt(selectedAt.peek() < 0 ? (by > 0 ? top.peek() : shownLength.peek() - 1) : selectedAt.peek() + by);

export const pageRows = (): number => Math.max(1, visible - 2);

export function follow(): void {
  batch(() => {
    frozenAt.value = -1;
    order.value = '';
    isFollowing.value = true;
    unseen.value = 0;
  });
  ask();
}

export function toggleFollow(): void {
  if (!isFollowing.peek()) return follow();
  isFollowing.value = false;
  anchor = rows.peek().get(top.peek())?.id ?? 0;
  ask();
}

export function toggleFreeze(): void {
  if (frozenAt.peek() >= 0) {
    frozenAt.value = -1;
    return;
  }
  batch(() => {
    frozenAt.value = length.peek();
    isFollowing.value = false;
  });
}

export async function find(text: string, backwards: boolean): Promise<boolean> {
  if (!list || text === '') return false;
  const from = selectedAt.peek() < 0 ? top.peek() : selectedAt.peek() + (backwards ? -1 : 1);
  const found = await list.find(text, from, backwards);
  if (found < 0) return false;
  await selectAt(found);
  return true;
}

export function mark(): void {
  const id = selected.peek();
  const row = rows.peek().get(selectedAt.peek());
  if (id > 0) desk.peek()?.mark(id, !(row?.id === id && row.isMarked));
}

export function open(): void {
  if (selected.peek() > 0) isOpen.value = true;
}

/** By this column; again: the other way around; a third time: as they arrived. */
export function sortBy(column: string): void {
  order.value = order.peek() === `-${column}` ? column : order.peek() === column ? '' : `-${column}`;
}
