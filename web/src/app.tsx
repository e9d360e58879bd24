/** The frame around every page: where one is, what is watched, how it stands. */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { isOpen, onlyMarked, type PageName, page, pages } from './address-bar.ts';
import { fileName, skipped, state, way } from './desk/desk.ts';
import { figure, rate } from './format.ts';
import { Announcements } from './parts/announce.tsx';
import { Dialogs } from './parts/dialogs.tsx';
import { QueryBar } from './parts/query-bar.tsx';
import { isNarrow } from './parts/width.ts';
import { isHelpOpen, isSaveOpen } from './shortcuts.ts';
import { nextTheme, theme } from './theme.ts';
import * as listing from './traffic/listing.ts';
import { Traffic } from './traffic/traffic.tsx';

const labels: Readonly<Record<PageName, string>> = {
  traffic: 'Traffic',
  map: 'Map',
  statistics: 'Statistics',
  targets: 'Targets',
  status: 'Status',
};

/** Pages that not everybody opens are loaded when they are. */
const loaders: Readonly<Partial<Record<PageName, () => Promise<ComponentType>>>> = {
  map: async () => (await import('./pages/map.tsx')).MapPage,
  statistics: async () => (await import('./pages/statistics.tsx')).StatisticsPage,
  targets: async () => (await import('./pages/targets.tsx')).TargetsPage,
  status: async () => (await import('./pages/status.tsx')).StatusPage,
};

const loaded = signal<Readonly<Partial<Record<PageName, ComponentType>>>>({ traffic: Traffic });

function Page() {
  const name = page.value;
  const Shown = loaded.value[name];
  if (Shown) return <Shown />;
  void loaders[name]?.().then((component) => {
    loaded.value = { ...loaded.value, [name]: component };
  });
  return <p class="empty">…</p>;
}

export function App() {
  const hasFilter = page.value !== 'targets' && page.value !== 'status';
  const isCovered = isNarrow.value && isOpen.value && page.value === 'traffic';
  return (
    <>
      <a class="skip" href="#main">
        to the entries
      </a>
      <header class="top">
        <a class="logo" href="#/traffic" aria-label="Porthole">
          <img src="/icon.svg" alt="" width="22" height="22" />
          {!isNarrow.value && 'Porthole'}
        </a>
        <nav aria-label="pages">
          {pages.map((name, i) => (
            <a
              key={name}
              href={`#/${name}`}
              aria-current={page.value === name ? 'page' : undefined}
              title={`${i + 1}`}
              onClick={(event) => {
                // Filter and selection stay with us.
                event.preventDefault();
                page.value = name;
              }}
            >
              {labels[name]}
            </a>
          ))}
        </nav>
        <span class="room" />
        <LiveSign />
        <button
          type="button"
          class="quiet"
          title={`theme: ${theme.value} (T)`}
          aria-label={`theme: ${theme.value}`}
          onClick={nextTheme}
        >
          {{ system: '◐', dark: '●', light: '○' }[theme.value]}
        </button>
        <button
          type="button"
          class="quiet"
          title="keys (?)"
          aria-label="keys"
          onClick={() => {
            isHelpOpen.value = true;
          }}
        >
          ?
        </button>
      </header>
      {hasFilter && !isCovered && (
        <div class="tools">
          <QueryBar />
          {page.value === 'traffic' && <ListTools />}
        </div>
      )}
      <main id="main" class={`main-${page.value}`}>
        <Page />
      </main>
      <Foot />
      <Announcements />
      <Dialogs />
    </>
  );
}

function LiveSign() {
  const { text, look } = sign();
  return (
    <span class={`sign ${look}`} role="status">
      {text}
    </span>
  );
}

function sign(): { text: string; look: string } {
  if (way.value === 'lost') return { text: 'Porthole has ended', look: 'lost' };
  if (way.value === 'opening') return { text: 'connecting', look: 'waiting' };
  if (fileName.value !== '') return { text: fileName.value, look: 'file' };
  if (listing.frozenAt.value >= 0) return { text: 'frozen', look: 'frozen' };
  return state.value?.isLive ? { text: 'live', look: 'live' } : { text: 'file', look: 'file' };
}

function ListTools() {
  const isFrozen = listing.frozenAt.value >= 0;
  return (
    <span class="list-tools" role="toolbar" aria-label="list">
      <button
        type="button"
        aria-pressed={listing.isFollowing.value}
        title="follow what comes (F)"
        onClick={listing.toggleFollow}
      >
        Follow
      </button>
      <button
        type="button"
        aria-pressed={isFrozen}
        title="the list stands still; capture goes on (p)"
        onClick={listing.toggleFreeze}
      >
        {isFrozen ? 'Go on' : 'Pause'}
      </button>
      <button
        type="button"
        aria-pressed={onlyMarked.value}
        title="only marked ones (M)"
        onClick={() => {
          onlyMarked.value = !onlyMarked.value;
        }}
      >
        Marked
      </button>
      <button
        type="button"
        title="save what is shown, or marked (x)"
        onClick={() => {
          isSaveOpen.value = true;
        }}
      >
        Save
      </button>
    </span>
  );
}

function Foot() {
  const now = state.value;
  if (!now) return <footer />;
  const shown = listing.length.value;
  const total = now.rates.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const lost = now.losses.reduce((sum, { count }) => sum + count, 0);
  return (
    <footer>
      <span>
        {figure(shown)} of {figure(now.held)} entries
        {listing.examined.value < now.held && shown < now.held && ', still looking'}
      </span>
      {now.isLive && <span>{rate(total)}</span>}
      {now.let > 0 && (
        <span
          class="edge"
          title={`at most ${figure(now.limits.entries)} entries are kept; -w FILE keeps the packets`}
        >
          {figure(now.let)} older ones let go
        </span>
      )}
      {now.shed > 0 && <span class="warn">{figure(now.shed)} shed</span>}
      {skipped.value > 0 && (
        <span title="this tab stood still, or was slow: newer pictures took the place of older ones">
          {figure(skipped.value)} pictures skipped
        </span>
      )}
      {lost > 0 && (
        <a class="warn" href="#/status">
          {figure(lost)} lost
        </a>
      )}
    </footer>
  );
}
