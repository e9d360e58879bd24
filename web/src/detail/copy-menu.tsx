/** Hand it on: to the clipboard, or as a file. What is masked here is masked there. */
import { signal } from '@preact/signals';
import type { CopyAs, Detail, SaveAs, Which } from '../../../src/view/ports.ts';
import { desk } from '../desk/desk.ts';
import { announce, say } from '../parts/announce.tsx';

const copyWords: Readonly<Record<CopyAs, string>> = {
  url: 'URL',
  curl: 'curl command',
  fetch: 'fetch()',
  httpie: 'HTTPie command',
  har: 'HAR',
  json: 'JSON',
  raw: 'as it was sent',
  mermaid: 'sequence (Mermaid)',
};

const saveWords: Readonly<Record<SaveAs, string>> = {
  pcapng: 'packets (pcapng)',
  har: 'HAR',
  json: 'JSON',
  mermaid: 'sequence (Mermaid)',
  svg: 'sequence (SVG)',
};

export const saveForms = Object.keys(saveWords) as SaveAs[];

export const isCopyOpen = signal(false);

export function CopyMenu({ detail }: { readonly detail: Detail }) {
  const { id } = detail.row;
  return (
    <details
      class="menu"
      open={isCopyOpen.value}
      onToggle={(event) => {
        isCopyOpen.value = event.currentTarget.open;
      }}
    >
      <summary title="copy or save this entry (c)">Copy ▾</summary>
      <div class="menu-body">
        {detail.copies.map((as) => (
          <button key={as} type="button" onClick={() => void copy(id, as)}>
            Copy {copyWords[as]}
          </button>
        ))}
        <hr />
        {saveForms.map((as) => (
          <button key={as} type="button" onClick={() => void save({ ids: [id] }, as)}>
            Save {saveWords[as]}
          </button>
        ))}
      </div>
    </details>
  );
}

async function copy(id: number, as: CopyAs): Promise<void> {
  isCopyOpen.value = false;
  const text = await desk.peek()?.copy(id, as);
  if (text === undefined || text === '') return say(`There is no ${copyWords[as]} of it.`);
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied: ${copyWords[as]}`);
  } catch {
    // Without a secure context (a page that is not on localhost) there is no clipboard.
    saveBytes(new TextEncoder().encode(text), 'text/plain', `porthole-${id}-${as}.txt`);
    say('The clipboard is closed to this page: saved as a file.');
  }
}

export async function save(which: Which, as: SaveAs): Promise<void> {
  isCopyOpen.value = false;
  const saved = await desk.peek()?.save(which, as);
  if (!saved) return;
  saveBytes(saved.bytes, saved.mediaType, saved.fileName);
  say([`Saved ${saved.fileName}`, ...saved.missing].join('; '));
  announce(`saved ${saved.fileName}`);
}

function saveBytes(data: Uint8Array, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([new Uint8Array(data)], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
