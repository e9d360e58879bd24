/** What each key does, where it is pressed. */
import { signal } from '@preact/signals';
import { isOpen, onlyMarked, page, selected } from './address-bar.ts';
import { desk } from './desk/desk.ts';
import { isCopyOpen, save } from './detail/copy-menu.tsx';
import { stepTab } from './detail/pane.tsx';
import { isTyping, type KeyName, keyOf } from './keys.ts';
import { nextTheme } from './theme.ts';
import * as listing from './traffic/listing.ts';

export const isHelpOpen = signal(false);
export const isFindOpen = signal(false);
export const isSaveOpen = signal(false);
export const isClearOpen = signal(false);
export const findText = signal('');

const everywhere: Readonly<Partial<Record<KeyName, () => void>>> = {
  page1: () => to('traffic'),
  page2: () => to('map'),
  page3: () => to('statistics'),
  page4: () => to('targets'),
  page5: () => to('status'),
  theme: nextTheme,
  help: () => {
    isHelpOpen.value = true;
  },
  filter: () => document.getElementById('query')?.focus(),
  clear: () => {
    isClearOpen.value = true;
  },
  save: () => {
    isSaveOpen.value = true;
  },
};

const inTraffic: Readonly<Partial<Record<KeyName, () => void>>> = {
  down: () => void listing.move(1),
  up: () => void listing.move(-1),
  pageDown: () => void listing.move(listing.pageRows()),
  pageUp: () => void listing.move(-listing.pageRows()),
  top: () => void listing.selectAt(0),
  bottom: () => listing.follow(),
  open: () => listing.open(),
  back: () => {
    isOpen.value = false;
  },
  follow: () => listing.toggleFollow(),
  freeze: () => listing.toggleFreeze(),
  find: () => {
    isFindOpen.value = true;
  },
  findNext: () => void listing.find(findText.peek(), false),
  findPrevious: () => void listing.find(findText.peek(), true),
  mark: () => listing.mark(),
  onlyMarked: () => {
    onlyMarked.value = !onlyMarked.peek();
  },
  copy: () => {
    listing.open();
    isCopyOpen.value = !isCopyOpen.peek();
  },
  savePackets: () => {
    if (selected.peek() > 0) void save({ ids: [selected.peek()] }, 'pcapng');
  },
  sort: () => listing.sortBy('duration'),
  nextTab: () => stepTab(1),
  previousTab: () => stepTab(-1),
};

function to(name: typeof page.value): void {
  page.value = name;
}

export function clearAll(): void {
  desk.peek()?.clear();
  selected.value = 0;
  isOpen.value = false;
}

/** Keys of a control that has the focus are its own. */
const isControl = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement && event.target.matches('button, summary, a, [role=separator]');

export function startKeys(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
    if (isTyping(event)) return;
    if (isControl(event) && ['Enter', ' ', 'Tab'].includes(event.key)) return;
    const name = keyOf(event);
    if (!name) return;
    const act = (page.peek() === 'traffic' ? inTraffic[name] : undefined) ?? everywhere[name];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
