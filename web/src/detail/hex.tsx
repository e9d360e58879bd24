/** Bytes as `offset  16 in hexadecimal  their ASCII`, as xxd and tcpdump -X have it. */
import { useSignal } from '@preact/signals';

const perLine = 16;
/** Lines made at once. */
const step = 256;

export function hexLines(data: Uint8Array, from: number, lines: number): string {
  let text = '';
  for (let line = from; line < from + lines && line * perLine < data.length; line++) {
    const at = line * perLine;
    let hex = '';
    let ascii = '';
    for (let i = at; i < at + perLine; i++) {
      if (i % 8 === 0 && i > at) hex += ' ';
      const byte = data[i];
      hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `;
      ascii += byte === undefined ? '' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    }
    text += `${at.toString(16).padStart(6, '0')}  ${hex} ${ascii}\n`;
  }
  return text;
}

export function Hex({ data, label }: { readonly data: Uint8Array; readonly label: string }) {
  const lines = useSignal(step);
  const all = Math.ceil(data.length / perLine);
  return (
    <>
      <pre class="hex" title={label}>
        {hexLines(data, 0, lines.value)}
      </pre>
      {all > lines.value && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            lines.value += step * 8;
          }}
        >
          … {(all - lines.value) * perLine} bytes more
        </button>
      )}
    </>
  );
}
