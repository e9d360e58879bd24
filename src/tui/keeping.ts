/** What leaves: copies to the clipboard, files. Each is a menu and what it does. */
import { formatBytes } from '../sinks/text/units.ts';
import type { CopyAs, Desk, SaveAs, Which } from '../view/ports.ts';
import { Menu } from './over/menu.ts';
import type { Overlay } from './over/overlay.ts';
import { Prompt } from './over/prompt.ts';

/** Writes a new file where files go. @returns its path @throws errors for people */
export type SaveFile = (name: string, bytes: Uint8Array) => string;

export interface Keeper {
  readonly desk: Desk;
  readonly save: SaveFile;
  copy(text: string): void;
  over(overlay: Overlay): void;
  tell(text: string, isBad?: boolean): void;
}

/** Terminals take no more in one sequence: xterm's limit of a string, base64 taken off. */
const clipboardBytes = 75_000;

const copies: Readonly<Record<CopyAs, readonly [key: string, text: string]>> = {
  url: ['u', 'URL'],
  curl: ['c', 'curl command'],
  fetch: ['f', 'fetch() in JavaScript'],
  httpie: ['h', 'HTTPie command'],
  har: ['a', 'HAR entry'],
  json: ['j', 'JSON'],
  raw: ['r', 'as it was sent'],
  mermaid: ['m', 'Mermaid sequence diagram'],
};

export function copyMenu(keeper: Keeper, id: number, given: readonly CopyAs[]): Overlay {
  return new Menu(
    'Copy',
    given.map((as) => ({ key: copies[as][0], text: copies[as][1] })),
    (index) => {
      const as = given[index]!;
      const text = keeper.desk.copy(id, as);
      const size = Buffer.byteLength(text);
      if (size > clipboardBytes) {
        keeper.tell(
          `${copies[as][1]}: ${formatBytes(size)} are more than a terminal's clipboard takes; x saves it`,
          true,
        );
        return;
      }
      keeper.copy(text);
      const where = process.env['TMUX'] ? ' (tmux: set -s set-clipboard on)' : '';
      keeper.tell(`copied ${copies[as][1]}, ${formatBytes(size)}${where}`);
    },
  );
}

const formats: readonly (readonly [key: string, as: SaveAs, text: string, note: string])[] = [
  ['p', 'pcapng', 'pcapng', 'packets, for Wireshark'],
  ['h', 'har', 'HAR', 'for browsers and proxies'],
  ['j', 'json', 'JSON', 'a line each, docs/json.md'],
  ['m', 'mermaid', 'Mermaid', 'a sequence diagram as text'],
  ['s', 'svg', 'SVG', 'the same as a picture'],
];

export interface Choices {
  /** The one that is selected. */
  readonly id: number | undefined;
  readonly query: string;
  readonly shown: number;
  readonly marked: number;
}

/** Which, as what, under which name. @param format when it is said already */
export function saveMenu(keeper: Keeper, choices: Choices, format?: SaveAs): Overlay {
  const { id, query, shown, marked } = choices;
  const which: { key: string; text: string; note: string; which: Which }[] = [];
  if (marked > 0)
    which.push({ key: 'm', text: 'marked', note: `${marked.toLocaleString('en')}`, which: { marked: true } });
  if (id !== undefined) which.push({ key: 't', text: 'this one', note: '', which: { ids: [id] } });
  which.push({
    key: 's',
    text: query === '' ? 'all' : 'shown',
    note: `${shown.toLocaleString('en')}`,
    which: { query },
  });
  return new Menu('Save which', which, (index) => {
    const chosen = which[index]!.which;
    if (format) askName(keeper, chosen, format);
    else
      keeper.over(
        new Menu(
          'Save as',
          formats.map(([key, , text, note]) => ({ key, text, note })),
          (at) => askName(keeper, chosen, formats[at]![1]),
        ),
      );
  });
}

/** With the time in it: the next one is another file. */
function dated(name: string, now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return name.replace(/(\.[^.]*)?$/, (end) => `-${day}-${time}${end}`);
}

function askName(keeper: Keeper, which: Which, as: SaveAs): void {
  const saved = keeper.desk.save(which, as);
  keeper.over(
    new Prompt({
      title: `Save ${formatBytes(saved.bytes.length)} as`,
      text: dated(saved.fileName, new Date()),
      note: saved.missing[0] ?? 'a new file; what is there is never written over',
      done(name) {
        try {
          const path = keeper.save(name.trim(), saved.bytes);
          const missing = saved.missing.length > 0 ? `; ${saved.missing.join('; ')}` : '';
          keeper.tell(`saved ${formatBytes(saved.bytes.length)} to ${path}${missing}`);
        } catch (error) {
          keeper.tell((error as Error).message, true);
        }
      },
    }),
  );
}
