/** The filter: checked while it is typed, with what could come next, applied with Enter. */
import { effect, signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Candidate, Validity } from '../../../src/view/ports.ts';
import { query } from '../address-bar.ts';
import { desk } from '../desk/desk.ts';

/** What stands in the input, applied or not. */
const typed = signal('');
const validity = signal<Validity>({ state: 'empty', message: '', from: 0, to: 0 });
const candidates = signal<readonly Candidate[]>([]);
const chosen = signal(-1);

effect(() => {
  typed.value = query.value;
});

effect(() => {
  const text = typed.value;
  const from = desk.value;
  if (!from) return;
  void from.check(text).then((answer) => {
    if (typed.peek() === text) validity.value = answer;
  });
});

const maxShown = 12;

export function QueryBar() {
  const input = useRef<HTMLInputElement>(null);
  const hasFocus = useSignal(false);
  const found = candidates.value.slice(0, maxShown);
  const isListed = hasFocus.value && found.length > 0;

  async function look(): Promise<void> {
    const element = input.current!;
    const text = element.value;
    typed.value = text;
    const answer = (await desk.peek()?.complete(text, element.selectionStart ?? text.length)) ?? [];
    if (typed.peek() !== text) return;
    candidates.value = answer;
    chosen.value = -1;
  }

  function take(candidate: Candidate): void {
    const text = typed.peek();
    const next = text.slice(0, candidate.from) + candidate.text + text.slice(candidate.to);
    typed.value = next;
    candidates.value = [];
    const element = input.current!;
    element.value = next;
    element.focus();
    const cursor = candidate.from + candidate.text.length;
    element.setSelectionRange(cursor, cursor);
    void look();
  }

  function apply(): void {
    candidates.value = [];
    if (validity.peek().state === 'valid' || typed.peek().trim() === '') query.value = typed.peek().trim();
  }

  function key(event: KeyboardEvent): void {
    const count = Math.min(candidates.peek().length, maxShown);
    if (event.key === 'ArrowDown' && count > 0) chosen.value = (chosen.peek() + 1) % count;
    else if (event.key === 'ArrowUp' && count > 0) chosen.value = (chosen.peek() - 1 + count) % count;
    else if (event.key === 'Tab' && count > 0 && !event.shiftKey)
      take(candidates.peek()[Math.max(0, chosen.peek())]!);
    else if (event.key === 'Enter') {
      if (chosen.peek() >= 0) take(candidates.peek()[chosen.peek()]!);
      else apply();
    } else if (event.key === 'Escape') {
      if (candidates.peek().length > 0) candidates.value = [];
      else {
        typed.value = query.peek();
        input.current!.blur();
        document.querySelector<HTMLElement>('.virtual')?.focus();
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const { state, message } = validity.value;
  return (
    <div class={`query is-${state}`} role="search">
      <input
        ref={input}
        id="query"
        type="text"
        value={typed.value}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        placeholder="filter: duration > 250ms && container == …   ( / )"
        aria-label="filter"
        aria-invalid={state === 'wrong'}
        aria-describedby="query-says"
        role="combobox"
        aria-expanded={isListed}
        aria-controls="query-candidates"
        aria-activedescendant={chosen.value >= 0 ? `candidate-${chosen.value}` : undefined}
        onInput={() => void look()}
        onFocus={() => {
          hasFocus.value = true;
        }}
        onBlur={() => {
          hasFocus.value = false;
        }}
        onKeyDown={key}
      />
      {typed.value !== query.value && state !== 'wrong' && state !== 'incomplete' && (
        <button type="button" class="apply" onClick={apply}>
          Apply ⏎
        </button>
      )}
      {query.value !== '' && (
        <button
          type="button"
          class="quiet"
          aria-label="no filter"
          title="no filter"
          onClick={() => {
            query.value = '';
            typed.value = '';
          }}
        >
          ✕
        </button>
      )}
      <span id="query-says" class="says" role="status">
        {state === 'wrong' ? message : ''}
      </span>
      {isListed && (
        <ul class="candidates" id="query-candidates" role="listbox">
          {found.map((candidate, i) => (
            <li
              key={candidate.text}
              id={`candidate-${i}`}
              role="option"
              aria-selected={i === chosen.value}
              onPointerDown={(event) => {
                event.preventDefault();
                take(candidate);
              }}
            >
              <span class="text">{candidate.text}</span>
              <span class="description">{candidate.description}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
