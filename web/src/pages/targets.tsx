/** What can be watched, what is, and how much comes from it. */
import { batch, useSignal, useSignalEffect } from '@preact/signals';
import { filterBy, page, query } from '../address-bar.ts';
import { type About, desk, state } from '../desk/desk.ts';
import { bytes, rate } from '../format.ts';
import { quoted } from '../traffic/row.tsx';

/** Who joins and who ends is seen so soon. */
const againMs = 2000;

export function TargetsPage() {
  const about = useSignal<About | undefined>(undefined);
  const askedAt = useSignal(Number.NEGATIVE_INFINITY);
  useSignalEffect(() => {
    void state.value;
    if (!desk.value || performance.now() - askedAt.peek() < againMs) return;
    askedAt.value = performance.now();
    void desk.value.about().then((answer) => {
      about.value = answer;
    });
  });
  const rates = new Map(state.value?.rates.map((row) => [row.target, row]));
  const targets = about.value?.targets ?? [];
  const watched = targets.filter((target) => target.state === 'watched');
  return (
    <div class="page">
      <h1>Targets</h1>
      <p class="lead">
        {watched.length} of {targets.length} watched. What is watched was fixed when Porthole started: this
        page has no right to open anything. <code>porthole web all</code> watches every container.
      </p>
      <div class="table-box">
        <table>
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">Runtime</th>
              <th scope="col">State</th>
              <th scope="col" class="right">
                Entries
              </th>
              <th scope="col" class="right">
                Bytes
              </th>
              <th scope="col">Addresses</th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {targets.map((target) => {
              const now = rates.get(target.name);
              return (
                <tr key={`${target.runtime}:${target.name}`} class={target.state.replace(' ', '-')}>
                  <th scope="row" title={target.detail}>
                    {target.name}
                  </th>
                  <td>{target.runtime}</td>
                  <td>{target.state}</td>
                  <td class="right">{now ? rate(now.perSecond) : ''}</td>
                  <td class="right">{now ? `${bytes(Math.round(now.bytesPerSecond))}/s` : ''}</td>
                  <td>{target.addresses.join(', ')}</td>
                  <td>
                    {target.state !== 'not watched' && (
                      <button type="button" onClick={() => showOnly(target.name)}>
                        Show only
                      </button>
                    )}
                    {target.state === 'not watched' && <code>porthole web {target.name}</code>}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function showOnly(name: string): void {
  batch(() => {
    query.value = '';
    filterBy(`container == ${quoted(name)}`);
    page.value = 'traffic';
  });
}
