/** Where the time went, phase by phase, and the exchange as a sequence of arrows. */
import type { Detail, Timing } from '../../../src/view/ports.ts';
import { duration, fullTime } from '../format.ts';

const phases: readonly (readonly [keyof Timing, string, string])[] = [
  ['dnsNs', 'Name look-up', 'the question for its name, when it was seen'],
  ['connectNs', 'Connecting', 'SYN to the handshake’s end'],
  ['tlsNs', 'TLS', 'hellos and keys'],
  ['sendNs', 'Sending', 'first to last byte of the request'],
  ['waitNs', 'Waiting', 'last byte of the request to the first of the answer'],
  ['receiveNs', 'Receiving', 'first to last byte of the answer'],
];

export function TimingView({ detail }: { readonly detail: Detail }) {
  const { timing, row } = detail;
  const there = phases.filter(([key]) => timing[key] !== undefined);
  const total = there.reduce((sum, [key]) => sum + timing[key]!, 0) || 1;
  let from = 0;
  return (
    <>
      <p class="overview">
        <span>{fullTime(row.at)}</span>
        <span>{duration(timing.totalNs ?? row.durationNs) || 'under way'}</span>
      </p>
      <table class="phases">
        <caption class="hidden">phases</caption>
        <tbody>
          {there.map(([key, label, meaning]) => {
            const ns = timing[key]!;
            const left = (from / total) * 100;
            from += ns;
            return (
              <tr key={key}>
                <th scope="row" title={meaning}>
                  {label}
                </th>
                <td class="bar">
                  <span
                    class={key}
                    style={{ left: `${left}%`, width: `${Math.max(0.3, (ns / total) * 100)}%` }}
                  />
                </td>
                <td class="figure">{duration(ns)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {there.length === 0 && <p class="empty">Its packets tell no phases.</p>}
    </>
  );
}
