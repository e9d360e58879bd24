/**
 * Every command once: its name, its keys, where it works, what it does in words. The help page, the line of hints,
 * the command line and the dispatch are made from this table alone.
 */
export type Place = 'list' | 'detail' | 'stream' | 'statistics' | 'text' | 'picker';

export interface Command {
  /** As after `:`. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly in: readonly Place[];
  readonly does: string;
  /** In the line of hints, where there is room; the lower, the sooner. */
  readonly hint?: readonly [order: number, word: string];
  readonly group: Group;
}

export const groups = ['Move', 'Look', 'Find', 'Keep', 'Window'] as const;
export type Group = (typeof groups)[number];

const lists: readonly Place[] = ['list', 'picker', 'statistics'];
const texts: readonly Place[] = ['detail', 'stream', 'text'];
const all: readonly Place[] = [...lists, ...texts];
const desk: readonly Place[] = ['list', 'detail', 'stream', 'statistics', 'text'];
const entry: readonly Place[] = ['list', 'detail', 'stream'];

const row = (
  group: Group,
  name: string,
  keys: string,
  where: readonly Place[],
  does: string,
  hint?: readonly [number, string],
): Command => ({
  group,
  name,
  keys: keys === '' ? [] : keys.split(' '),
  in: where,
  does,
  ...(hint ? { hint } : {}),
});

export const commands: readonly Command[] = [
  row('Move', 'down', 'j down', all, 'one line down'),
  row('Move', 'up', 'k up', all, 'one line up'),
  row('Move', 'page-down', 'pagedown ctrl-d', all, 'one page down'),
  row('Move', 'page-up', 'pageup ctrl-u', all, 'one page up'),
  row('Move', 'page-down', 'space', texts, 'one page down'),
  row('Move', 'top', 'g home', all, 'to the top (gg too)'),
  row('Move', 'bottom', 'G end', all, 'to the bottom; in the list, follow what comes', [
    70,
    'bottom, follow',
  ]),
  row('Move', 'left', 'h left', all, 'to the left'),
  row('Move', 'right', 'l right', all, 'to the right'),

  row('Look', 'open', 'enter', ['list'], 'open the exchange', [10, 'open']),
  row('Look', 'open', 'enter', ['picker'], 'watch it', [10, 'watch']),
  row('Look', 'select', 'enter', ['detail', 'statistics'], 'filter by what is on this line', [
    12,
    'filter by it',
  ]),
  row('Look', 'back', 'escape q', all, 'back; from the list q ends', [90, 'back']),
  row('Look', 'next-tab', ']', ['detail'], 'the next tab', [14, 'next tab']),
  row('Look', 'previous-tab', '[', ['detail'], 'the tab before'),
  row('Look', 'tab', '1 2 3 4 5 6', ['detail'], 'a tab by its number'),
  row('Look', 'next-entry', 'J ctrl-down', ['detail', 'stream'], 'the next exchange of the list'),
  row('Look', 'previous-entry', 'K ctrl-up', ['detail', 'stream'], 'the exchange before'),
  row('Look', 'follow-stream', 'f', ['list', 'detail'], 'both directions of its connection, live', [
    40,
    'stream',
  ]),
  row('Look', 'view', 'v', ['stream'], 'text, hex', [20, 'text or hex']),
  row('Look', 'side', 's', ['stream'], 'both directions, the client alone, the server alone', [21, 'sides']),
  row('Look', 'raw', 'y', ['list', 'detail'], 'it as JSON'),
  row('Look', 'wrap', 'w', texts, 'wrap long lines, or not'),
  row('Look', 'time', 't', ['list', 'stream'], 'time of day, since the first, since the one before'),
  row('Look', 'statistics', 'S', ['list', 'detail'], 'rates, times, who and what of the entries shown', [
    60,
    'statistics',
  ]),
  row('Look', 'status', 'i', desk, 'what was said meanwhile: notes, losses, who came and went'),

  row('Find', 'filter', '/', ['list', 'detail', 'statistics'], 'show only what matches (docs/query.md)', [
    30,
    'filter',
  ]),
  row('Find', 'filter', '/', ['picker'], 'show only names with that in them', [30, 'filter']),
  row('Find', 'find', 'ctrl-f', [...entry, 'text'], 'find a text', [35, 'find']),
  row('Find', 'find-next', 'n', desk, 'the next place'),
  row('Find', 'find-previous', 'N', desk, 'the place before'),
  row('Find', 'sort', 'o', ['list', 'statistics'], 'by which column', [55, 'sort']),
  row('Find', 'sort', 'o', ['picker'], 'by name, or by traffic', [40, 'sort']),
  row('Find', 'reverse', 'v', ['list'], 'the other way around'),
  row('Find', 'columns', 'C', ['list'], 'which columns beyond the usual'),

  row('Keep', 'mark', 'm', entry, 'mark it, or not', [45, 'mark']),
  row('Keep', 'mark', 'space', ['list'], 'mark it, and go on'),
  row('Keep', 'next-mark', "'", ['list'], 'the next marked one'),
  row('Keep', 'only-marked', 'M', ['list'], 'only marked ones, or all'),
  row('Keep', 'unmark', 'U', ['list'], 'no marks'),
  row('Keep', 'copy', 'c', entry, 'to the clipboard, as curl ... (OSC 52)', [50, 'copy']),
  row('Keep', 'save', 'x ctrl-s', entry, 'to a file: marked, shown or this one, as pcapng, HAR ...', [
    52,
    'save',
  ]),
  row('Keep', 'save-packets', 'w', ['list'], 'the same, as pcapng'),
  row('Keep', 'clear', 'z', ['list'], 'forget all entries (asks)'),

  row('Window', 'follow', 'F', ['list', 'stream'], 'follow what comes, or not', [65, 'follow']),
  row('Window', 'freeze', 'p', ['list'], 'the list stands still; capture goes on', [66, 'freeze']),
  row('Window', 'next-pane', 'tab', ['list', 'detail'], 'to the other pane', [80, 'other pane']),
  row('Window', 'maximise', '\\', ['list', 'detail'], 'one pane alone, or both'),
  row('Window', 'layout', '|', ['list', 'detail'], 'panes below or beside each other'),
  row('Window', 'larger', '+', ['list', 'detail'], 'more room for this pane'),
  row('Window', 'smaller', '-', ['list', 'detail'], 'less room for this pane'),
  row('Window', 'mouse', 'ctrl-t', all, 'the mouse: wheel and clicks for us, or for the terminal'),
  row('Window', 'hints', 'H', all, 'the line of hints, or not'),
  row('Window', 'command', ':', desk, 'a command by its name'),
  row('Window', 'help', '?', all, 'this page', [5, 'help']),
  row('Window', 'redraw', 'ctrl-l', all, 'draw anew'),
  row('Window', 'suspend', 'ctrl-z', all, 'leave for the shell; fg comes back'),
  row('Window', 'quit', 'Q ctrl-c', all, 'end'),
];

/** The command of a key in a place; undefined: there is none. */
export function commandOf(key: string, place: Place): Command | undefined {
  return byPlace.get(place)!.get(key);
}

const byPlace = new Map(
  all.map((place) => [
    place,
    new Map(
      commands.filter((c) => c.in.includes(place)).flatMap((c) => c.keys.map((key) => [key, c] as const)),
    ),
  ]),
);

/** For people. */
export function keyName(key: string): string {
  return names[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `^${letter.toUpperCase()}`);
}

const names: Readonly<Record<string, string>> = {
  ...{ up: '↑', down: '↓', left: '←', right: '→', enter: 'Enter', escape: 'Esc', space: 'Space', tab: 'Tab' },
  ...{ pagedown: 'PgDn', pageup: 'PgUp', home: 'Home', end: 'End', 'ctrl-up': '^↑', 'ctrl-down': '^↓' },
};

/** `? help  Enter open ...` of a place, as many as there is room for. */
export function hintsOf(place: Place, room: number): { key: string; word: string }[] {
  const hints = commands
    .filter((c) => c.hint && c.in.includes(place))
    .sort((a, b) => a.hint![0] - b.hint![0])
    .map((c) => ({ key: keyName(c.keys[0]!), word: c.hint![1] }));
  let used = 0;
  return hints.filter(({ key, word }) => {
    used += key.length + word.length + 3;
    return used <= room;
  });
}
