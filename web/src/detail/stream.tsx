/** Both directions of the connection, in order; live while it goes on. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { StreamPiece } from '../../../src/view/ports.ts';
import { desk, state } from '../desk/desk.ts';
import { bytes, timeOfDay } from '../format.ts';
import { hexLines } from './hex.tsx';

/** Shown of it; the rest is in the file. */
const limitBytes = 256 * 1024;
/** Live, it is asked for again so often at most. */
const againMs = 1000;

export function StreamView({ id }: { readonly id: number }) {
  const found = useSignal<{ pieces: readonly StreamPiece[]; missing: string } | undefined>(undefined);
  const isHex = useSignal(false);
  const askedAt = useSignal(0);
  const load = () => {
    askedAt.value = performance.now();
    void desk
      .peek()
      ?.stream(id, limitBytes)
      .then((stream) => {
        found.value = stream;
      });
  };
  useEffect(load, [id]);
  useSignalEffect(() => {
    if (state.value?.isLive && performance.now() - askedAt.peek() > againMs) load();
  });
  if (!found.value) return <p class="empty">…</p>;
  const { pieces, missing } = found.value;
  return (
    <>
      <p class="body-head">
        <span class="label">
          {bytes(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0))} in {pieces.length} pieces
        </span>
        <span class="choices" role="group" aria-label="how the stream is shown">
          {[false, true].map((hex) => (
            <button
              key={String(hex)}
              type="button"
              aria-pressed={isHex.value === hex}
              onClick={() => {
                isHex.value = hex;
              }}
            >
              {hex ? 'Hex' : 'Text'}
            </button>
          ))}
        </span>
      </p>
      {missing !== '' && <p class="missing">{missing}</p>}
      {pieces.map((piece, i) => (
        <div key={i} class={`piece ${piece.side}`}>
          <span class="label">
            {piece.side === 'client' ? '→ client' : '← server'} · {timeOfDay(piece.at)}
            {piece.gap > 0 && ` · ${bytes(piece.gap)} before it were never captured`}
          </span>
          <pre class={isHex.value ? 'hex' : 'text'}>
            {isHex.value ? hexLines(piece.bytes, 0, 4096) : printable(piece.bytes)}
          </pre>
        </div>
      ))}
    </>
  );
}

const decoder = new TextDecoder();

/** Control characters but tab and line feed become visible. */
function printable(data: Uint8Array): string {
  return decoder
    .decode(data)
    .replace(/\r\n/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·');
}
