/** One exchange, opened: tabs for what was said, when, in which packets, on which stream. */
import { signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Detail, Section } from '../../../src/view/ports.ts';
import { isOpen } from '../address-bar.ts';
import { desk, state } from '../desk/desk.ts';
import { duration } from '../format.ts';
import { announce } from '../parts/announce.tsx';
import { BodyView } from './body.tsx';
import { CopyMenu } from './copy-menu.tsx';
import { FactTable } from './facts.tsx';
import { Packets } from './packets.tsx';
import { StreamView } from './stream.tsx';
import { TimingView } from './timing.tsx';

export const tabs = ['Exchange', 'Timing', 'Packets', 'Stream'] as const;
export const tab = signal<(typeof tabs)[number]>('Exchange');

export function stepTab(by: number): void {
  tab.value = tabs[(tabs.indexOf(tab.value) + by + tabs.length) % tabs.length]!;
}

export function DetailPane({ id }: { readonly id: number }) {
  const detail = useSignal<Detail | undefined>(undefined);
  const isGone = useSignal(false);
  useEffect(() => {
    let isCurrent = true;
    const load = async () => {
      const found = await desk.peek()?.detail(id);
      if (!isCurrent) return;
      detail.value = found;
      isGone.value = found === undefined;
      if (found) announce(found.title);
    };
    void load();
    return () => {
      isCurrent = false;
    };
  }, [id]);
  // What is under way is looked at again while it goes on.
  useSignalEffect(() => {
    if (state.value === undefined || detail.peek()?.row.outcome !== 'open') return;
    void desk
      .peek()
      ?.detail(id)
      .then((found) => {
        if (found && found.row.id === id) detail.value = found;
      });
  });
  const shown = detail.value;
  return (
    <section class="detail" aria-label="The entry" data-entry={shown?.row.id}>
      <header>
        <button type="button" class="quiet" aria-label="close (Esc)" title="close (Esc)" onClick={close}>
          ✕
        </button>
        <h2 title={shown?.title}>{shown?.title ?? (isGone.value ? 'This entry was let go of' : '…')}</h2>
        {shown && <CopyMenu detail={shown} />}
      </header>
      {shown && (
        <>
          <nav class="tabs" role="tablist">
            {tabs.map((name) => (
              <button
                key={name}
                type="button"
                role="tab"
                aria-selected={tab.value === name}
                onClick={() => {
                  tab.value = name;
                }}
              >
                {name}
              </button>
            ))}
          </nav>
          <div class="tab-body" role="tabpanel" key={`${shown.row.id} ${tab.value}`}>
            <TabBody detail={shown} />
          </div>
        </>
      )}
      {isGone.value && <p class="empty">It is no more kept: older entries make room for newer ones.</p>}
    </section>
  );
}

function close(): void {
  isOpen.value = false;
}

function TabBody({ detail }: { readonly detail: Detail }) {
  switch (tab.value) {
    case 'Timing':
      return <TimingView detail={detail} />;
    case 'Packets':
      return <Packets id={detail.row.id} />;
    case 'Stream':
      return <StreamView id={detail.row.id} />;
    default:
      return (
        <>
          <Overview detail={detail} />
          {detail.sections.map((section, i) => (
            <SectionView key={i} section={section} />
          ))}
          <details open>
            <summary>Connection</summary>
            <FactTable facts={detail.connection} />
          </details>
        </>
      );
  }
}

function Overview({ detail }: { readonly detail: Detail }) {
  const { row, missing } = detail;
  return (
    <>
      <p class="overview">
        <span class={`badge ${row.outcome}`}>{row.result || row.outcome}</span>
        <span>{duration(row.durationNs) || 'under way'}</span>
        <span>
          {row.client} → {row.server}
        </span>
      </p>
      {missing.length > 0 && (
        <ul class="missing" aria-label="what is not there">
          {missing.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function SectionView({ section }: { readonly section: Section }) {
  const { facts, headers, trailers, body } = section;
  return (
    <details class={`section ${section.side}`} open>
      <summary>{section.title}</summary>
      {section.startLine !== '' && <pre class="start-line">{section.startLine}</pre>}
      {facts.length > 0 && <FactTable facts={facts} />}
      {headers.length > 0 && (
        <details open={headers.length <= 24}>
          <summary>Headers ({headers.length})</summary>
          <FactTable facts={headers} />
        </details>
      )}
      {body && <BodyView body={body} />}
      {trailers.length > 0 && (
        <details open>
          <summary>Trailers ({trailers.length})</summary>
          <FactTable facts={trailers} />
        </details>
      )}
    </details>
  );
}
