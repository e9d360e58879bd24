/** What is told: to readers of screens, and for some seconds at the bottom. */
import { signal } from '@preact/signals';

const spoken = signal('');
const said = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  spoken.value = text;
}

const shownMs = 6000;

export function say(text: string): void {
  said.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    said.value = '';
  }, shownMs);
}

export function Announcements() {
  return (
    <>
      <div class="hidden" role="status" aria-live="polite">
        {spoken.value}
      </div>
      {said.value !== '' && (
        <div class="toast" role="status">
          {said.value}
        </div>
      )}
    </>
  );
}
