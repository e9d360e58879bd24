/** How much room there is: below this a line is two, and panes take turns. The same figure is in the style sheet. */
import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 760px)');

export const isNarrow = signal(query.matches);
query.addEventListener('change', () => {
  isNarrow.value = query.matches;
});
