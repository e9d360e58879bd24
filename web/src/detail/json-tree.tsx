/** JSON as a tree of what can be folded; large parts are made when they are opened. */
import { useSignal } from '@preact/signals';
import { filterBy } from '../address-bar.ts';

/** undefined: it is none, or not whole. Numbers keep what JavaScript can hold; the text has the rest. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Children shown at once; a list of thousands is asked for in steps. */
const step = 100;
const openedDepth = 2;

export function JsonTree({ value }: { readonly value: unknown }) {
  return (
    <div class="json">
      <Node name="" value={value} depth={0} />
    </div>
  );
}

interface NodeProps {
  readonly name: string;
  readonly value: unknown;
  readonly depth: number;
}

function Node({ name, value, depth }: NodeProps) {
  const isOpen = useSignal(depth < openedDepth);
  const shown = useSignal(step);
  if (typeof value !== 'object' || value === null)
    return (
      <div class="leaf">
        <Name name={name} />
        <Leaf value={value} />
      </div>
    );
  const children = Object.entries(value);
  const [start, end] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return (
    <div class="branch">
      <button
        type="button"
        class="fold"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <span class="twist" aria-hidden="true">
          {isOpen.value ? '▾' : '▸'}
        </span>
        <Name name={name} />
        <span class="punctuation">
          {start}
          {!isOpen.value && `… ${children.length} ${end}`}
        </span>
      </button>
      {isOpen.value && (
        <div class="children">
          {children.slice(0, shown.value).map(([key, child]) => (
            <Node key={key} name={key} value={child} depth={depth + 1} />
          ))}
          {children.length > shown.value && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                shown.value += step * 10;
              }}
            >
              … {children.length - shown.value} more
            </button>
          )}
          <span class="punctuation">{end}</span>
        </div>
      )}
    </div>
  );
}

const Name = ({ name }: { readonly name: string }) =>
  name === '' ? null : <span class="name">{name}: </span>;

function Leaf({ value }: { readonly value: unknown }) {
  const type = value === null ? 'null' : typeof value;
  const text = type === 'string' ? JSON.stringify(value) : String(value);
  // Texts of a line can be looked for in bodies.
  const isSearchable = type === 'string' && text.length > 2 && text.length < 80;
  if (!isSearchable) return <span class={type}>{text}</span>;
  return (
    <button
      type="button"
      class={`fact ${type}`}
      title="show entries with this in a body"
      onClick={() => filterBy(`body contains ${text}`)}
    >
      {text}
    </button>
  );
}
