/** How the capture stands: what is attached, what was lost, why nothing may show. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { type About, desk, skipped, state } from '../desk/desk.ts';
import { bytes, figure } from '../format.ts';

const againMs = 2000;

export function StatusPage() {
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
  const now = state.value;
  return (
    <div class="page">
      <h1>Status</h1>
      {about.value && (
        <>
          <p class="lead">{about.value.title}</p>
          <ul class="status-lines">
            {about.value.status.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
      {now && (
        <dl class="facts">
          <Line label="Entries" value={`${figure(now.held)} kept of ${figure(now.seen)} seen`} />
          <Line
            label="Let go"
            value={`${figure(now.let)} (kept are ${figure(now.limits.entries)} entries, ${bytes(now.limits.bytes)} of them, ${bytes(now.limits.packetBytes)} of packets, at most)`}
          />
          <Line label="Memory of entries" value={bytes(now.bytes)} />
          <Line
            label="Shed"
            value={`${figure(now.shed)} entries did not come here: this view was too slow`}
          />
          <Line label="Skipped" value={`${figure(skipped.value)} pictures, by this tab`} />
          <Line label="Secrets" value={about.value?.isMasked === false ? 'shown (--reveal)' : 'masked'} />
        </dl>
      )}
      {now && now.losses.length > 0 && (
        <>
          <h2>Lost</h2>
          <ul class="status-lines">
            {now.losses.map(({ kind, count, detail }) => (
              <li key={kind + detail}>
                {figure(count)} {kind} {detail}
              </li>
            ))}
          </ul>
        </>
      )}
      {now && now.notes.length > 0 && (
        <>
          <h2>Notes</h2>
          <ul class="status-lines">
            {now.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </>
      )}
      <p class="lead">
        Porthole {about.value?.version}. <code>porthole doctor</code> looks at the machine and tells more.
      </p>
    </div>
  );
}

const Line = ({ label, value }: { readonly label: string; readonly value: string }) => (
  <div>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </div>
);
