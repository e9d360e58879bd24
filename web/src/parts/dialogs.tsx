/** What is asked or told over the page. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SaveAs } from '../../../src/view/ports.ts';
import { onlyMarked, query, selected } from '../address-bar.ts';
import { save, saveForms } from '../detail/copy-menu.tsx';
import { keyTable } from '../keys.ts';
import { clearAll, findText, isClearOpen, isFindOpen, isHelpOpen, isSaveOpen } from '../shortcuts.ts';
import * as listing from '../traffic/listing.ts';
import { say } from './announce.tsx';

export function Dialogs() {
  return (
    <>
      <Dialog is={isHelpOpen} title="Keys">
        <dl class="keys">
          {Object.values(keyTable).map(({ keys, does }) => (
            <div key={does}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key === ' ' ? 'Space' : key}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
      <Dialog is={isFindOpen} title="Find in the list">
        <form
          method="dialog"
          onSubmit={(event) => {
            const text = String(new FormData(event.currentTarget).get('text') ?? '');
            findText.value = text;
            void listing.find(text, false).then((found) => {
              if (!found && text !== '') say(`'${text}' is in no entry further down (N looks upward)`);
            });
          }}
        >
          <input name="text" aria-label="text" defaultValue={findText.value} autofocus />
          <button type="submit">Find ⏎</button>
        </form>
      </Dialog>
      <Dialog is={isSaveOpen} title="Save">
        <SaveForm />
      </Dialog>
      <Dialog is={isClearOpen} title="Forget all entries?">
        <p>The capture goes on; a file of -w keeps everything.</p>
        <form method="dialog" onSubmit={clearAll}>
          <button type="submit">Forget them</button>{' '}
          <button
            type="button"
            onClick={() => {
              isClearOpen.value = false;
            }}
          >
            Keep them
          </button>
        </form>
      </Dialog>
    </>
  );
}

function SaveForm() {
  const which = [
    ['shown', query.value === '' ? 'all entries' : 'entries of the filter', { query: query.value }],
    ['marked', 'marked entries', { marked: true }],
    ['this', 'the selected entry', { ids: [selected.value] }],
  ] as const;
  return (
    <form
      method="dialog"
      onSubmit={(event) => {
        const data = new FormData(event.currentTarget);
        const [, , entries] = which.find(([name]) => name === data.get('which'))!;
        void save(entries, data.get('as') as SaveAs);
      }}
    >
      {which.map(([name, label], i) => (
        <label key={name}>
          <input
            type="radio"
            name="which"
            value={name}
            defaultChecked={onlyMarked.value ? i === 1 : i === 0}
            disabled={name === 'this' && selected.value === 0}
          />
          {label}
        </label>
      ))}
      <p>
        <label>
          as{' '}
          <select name="as">
            {saveForms.map((as) => (
              <option key={as}>{as}</option>
            ))}
          </select>
        </label>
      </p>
      <button type="submit">Save</button>
    </form>
  );
}

function Dialog(props: {
  readonly is: Signal<boolean>;
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  const { is, title, children } = props;
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (is.value && !box.current!.open) box.current!.showModal();
    else if (!is.value && box.current?.open) box.current.close();
  }, [is.value]);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onClose={() => {
        is.value = false;
      }}
      onClick={(event) => {
        if (event.target === box.current) is.value = false;
      }}
    >
      {is.value && (
        <div class="dialog-body">
          <h2>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}
