/** Keys of the page, the same as the terminal's where a browser has the same thing to do. */
export interface Key {
  readonly keys: readonly string[];
  readonly does: string;
}

export const keyTable = {
  down: { keys: ['j', 'ArrowDown'], does: 'next entry' },
  up: { keys: ['k', 'ArrowUp'], does: 'entry before' },
  pageDown: { keys: ['PageDown', 'Ctrl+d'], does: 'one page down' },
  pageUp: { keys: ['PageUp', 'Ctrl+u'], does: 'one page up' },
  top: { keys: ['g', 'Home'], does: 'to the top' },
  bottom: { keys: ['G', 'End'], does: 'to the bottom, and follow what comes' },
  open: { keys: ['Enter', 'l', 'ArrowRight'], does: 'open the entry' },
  back: { keys: ['Escape', 'q', 'h', 'ArrowLeft'], does: 'back: close the entry' },
  follow: { keys: ['F'], does: 'follow what comes, or not' },
  freeze: { keys: ['p'], does: 'the list stands still; capture goes on' },
  filter: { keys: ['/'], does: 'to the filter' },
  find: { keys: ['Ctrl+f'], does: 'find a text in the list' },
  findNext: { keys: ['n'], does: 'the next place' },
  findPrevious: { keys: ['N'], does: 'the place before' },
  mark: { keys: ['m', ' '], does: 'mark it, or not' },
  onlyMarked: { keys: ['M'], does: 'only marked ones, or all' },
  copy: { keys: ['c'], does: 'copy the entry as ...' },
  save: { keys: ['x', 'Ctrl+s'], does: 'save: marked, shown or this one' },
  savePackets: { keys: ['w'], does: 'its packets, as pcapng' },
  sort: { keys: ['o'], does: 'sort by duration, or by arrival' },
  clear: { keys: ['z'], does: 'forget all entries (asks)' },
  nextTab: { keys: [']'], does: 'the next tab of the entry' },
  previousTab: { keys: ['['], does: 'the tab before' },
  page1: { keys: ['1'], does: 'traffic' },
  page2: { keys: ['2'], does: 'map' },
  page3: { keys: ['3', 'S'], does: 'statistics' },
  page4: { keys: ['4'], does: 'targets' },
  page5: { keys: ['5', 'i'], does: 'status' },
  theme: { keys: ['T'], does: 'dark, light, or as the system has it' },
  help: { keys: ['?'], does: 'these keys' },
} as const satisfies Readonly<Record<string, Key>>;

export type KeyName = keyof typeof keyTable;

const byKey = new Map<string, KeyName>(
  (Object.keys(keyTable) as KeyName[]).flatMap((name) =>
    keyTable[name].keys.map((key) => [key, name] as const),
  ),
);

export function keyOf(event: KeyboardEvent): KeyName | undefined {
  if (event.altKey || event.metaKey) return undefined;
  return byKey.get(event.ctrlKey ? `Ctrl+${event.key}` : event.key);
}

/** Somebody types; only Escape is for us. */
export const isTyping = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
