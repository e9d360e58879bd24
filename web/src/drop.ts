/** A capture file that is dropped on the page is opened in it: nothing of it leaves the browser. */
import { batch } from '@preact/signals';
import { isOpen, order, page, query, selected } from './address-bar.ts';
import { desk, fileName, state, way } from './desk/desk.ts';
import { say } from './parts/announce.tsx';

export function acceptFiles(): void {
  const show = (isOver: boolean) => document.body.classList.toggle('dropping', isOver);
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    show(true);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) show(false);
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    show(false);
    const file = event.dataTransfer?.files[0];
    if (file) void openFile(file);
  });
}

export async function openFile(file: File): Promise<void> {
  const { localDesk } = await import('./desk/local.ts');
  try {
    say(`Reading ${file.name} …`);
    const opened = await localDesk(file);
    desk.peek()?.close();
    batch(() => {
      state.value = undefined;
      selected.value = 0;
      isOpen.value = false;
      query.value = '';
      order.value = '';
      page.value = 'traffic';
      fileName.value = file.name;
      way.value = 'open';
      desk.value = opened;
    });
  } catch (error) {
    say(`${file.name}: ${(error as Error).message}`);
  }
}
