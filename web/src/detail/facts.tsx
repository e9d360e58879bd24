/** Names and values; each value filters by itself. */
import type { Fact } from '../../../src/view/ports.ts';
import { filterBy } from '../address-bar.ts';

export function FactTable({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map((fact, i) => (
        <div key={i}>
          <dt>{fact.label}</dt>
          <dd>
            {fact.query === '' ? (
              <span>{fact.value}</span>
            ) : (
              <button
                type="button"
                class="fact"
                title={`Enter or click: and ${fact.query}\nAlt: or`}
                onClick={(event) => {
                  if (getSelection()?.isCollapsed !== false) filterBy(fact.query, event.altKey);
                }}
              >
                {fact.value}
              </button>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
