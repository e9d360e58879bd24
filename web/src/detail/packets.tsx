/** The packets of this exchange, each with its bytes. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PacketRow } from '../../../src/view/ports.ts';
import { desk } from '../desk/desk.ts';
import { timeOfDay } from '../format.ts';
import { Hex } from './hex.tsx';

/** Of a long download the first ones tell enough; the file has them all. */
const limit = 500;

export function Packets({ id }: { readonly id: number }) {
  const found = useSignal<{ rows: readonly PacketRow[]; missing: string } | undefined>(undefined);
  const opened = useSignal(-1);
  useEffect(() => {
    let isCurrent = true;
    void desk
      .peek()
      ?.packets(id, limit)
      .then((packets) => {
        if (isCurrent) found.value = packets;
      });
    return () => {
      isCurrent = false;
    };
  }, [id]);
  if (!found.value) return <p class="empty">…</p>;
  const { rows, missing } = found.value;
  return (
    <>
      {missing !== '' && <p class="missing">{missing}</p>}
      <ol class="packets">
        {rows.map((packet, i) => (
          <li key={packet.number} class={packet.from}>
            <button
              type="button"
              aria-expanded={opened.value === i}
              onClick={() => {
                opened.value = opened.value === i ? -1 : i;
              }}
            >
              <span class="number">{packet.number}</span>
              <span class="time">{timeOfDay(packet.at)}</span>
              <span class="side" title={packet.from}>
                {packet.from === 'client' ? '→' : packet.from === 'server' ? '←' : ''}
              </span>
              <span class="said">{packet.text}</span>
              <span class="size">{packet.length} B</span>
            </button>
            {opened.value === i && <Hex data={packet.bytes} label={`bytes of packet ${packet.number}`} />}
          </li>
        ))}
      </ol>
    </>
  );
}
