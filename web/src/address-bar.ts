/** What is shown stands in the URL's fragment, which no server is told: `#/traffic?q=...&id=12`. */
import { effect, signal } from '@preact/signals';

export const pages = ['traffic', 'map', 'statistics', 'targets', 'status'] as const;
export type PageName = (typeof pages)[number];

export const page = signal<PageName>('traffic');
export const query = signal('');
/** Of the entry that is selected; 0: none. */
export const selected = signal(0);
/** It is open in the pane beside the list. */
export const isOpen = signal(false);
/** `duration`, `-duration`; '' is arrival. */
export const order = signal('');
export const onlyMarked = signal(false);

function read(): void {
  const [path = '', rest = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const values = new URLSearchParams(rest);
  page.value = pages.find((name) => name === path) ?? 'traffic';
  query.value = values.get('q') ?? '';
  selected.value = Number.parseInt(values.get('id') ?? '0', 10) || 0;
  isOpen.value = values.has('open') && selected.value > 0;
  order.value = values.get('order') ?? '';
  onlyMarked.value = values.has('marked');
}

function written(): string {
  const values = new URLSearchParams();
  if (query.value !== '') values.set('q', query.value);
  if (selected.value > 0) values.set('id', String(selected.value));
  if (isOpen.value) values.set('open', '');
  if (order.value !== '') values.set('order', order.value);
  if (onlyMarked.value) values.set('marked', '');
  const rest = values.toString().replace(/=(?=&|$)/g, '');
  return `#/${page.value}${rest === '' ? '' : `?${rest}`}`;
}

/** What the way back leads to: a page, a query. Moving the selection is no step of its own. */
let step = '';

export function startAddressBar(): void {
  read();
  step = `${page.value} ${query.value}`;
  addEventListener('popstate', read);
  addEventListener('hashchange', read);
  effect(() => {
    const hash = written();
    const next = `${page.value} ${query.value}`;
    if (hash === location.hash) return;
    if (next === step) history.replaceState(null, '', hash);
    else history.pushState(null, '', hash);
    step = next;
  });
}

export function go(to: PageName): void {
  page.value = to;
}

/** One more condition; what is wrong already is replaced. */
export function filterBy(condition: string, isAlternative = false): void {
  if (condition === '') return;
  const now = query.value.trim();
  const joined = isAlternative ? `(${now}) || ${condition}` : `${wrapped(now)} && ${condition}`;
  query.value = now === '' || now === condition ? condition : joined;
}

const wrapped = (text: string) => (/\|\||\bor\b/i.test(text) ? `(${text})` : text);
