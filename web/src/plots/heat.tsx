/** Durations as a picture: time from left to right, longer ones higher up, the more of them the stronger. */
import { useSignal } from '@preact/signals';
import { duration, figure, timeOfDay } from '../format.ts';
import { useCanvas } from './canvas.ts';
import { drawTimes } from './lines.tsx';

interface HeatProps {
  /** By bin, then by row; the first row is the shortest. */
  readonly heat: readonly (readonly number[])[];
  readonly edgesNs: readonly number[];
  readonly times: readonly number[];
}

const left = 62;
const bottom = 18;

export function HeatMap({ heat, edgesNs, times }: HeatProps) {
  const pointed = useSignal<readonly [number, number] | undefined>(undefined);
  const rows = heat.reduce((most, column) => Math.max(most, column.length), 1);
  const most = heat.reduce((max, column) => column.reduce((m, n) => Math.max(m, n), max), 0);
  const canvas = useCanvas(({ context, width, height, color }) => {
    const cell = { width: (width - left - 4) / Math.max(1, heat.length), height: (height - bottom) / rows };
    context.fillStyle = color('--accent');
    for (const [i, column] of heat.entries())
      for (const [row, count] of column.entries()) {
        if (count === 0) continue;
        // One of many is to be seen too: the logarithm, not from nothing.
        context.globalAlpha = 0.18 + 0.82 * (Math.log1p(count) / Math.log1p(Math.max(1, most)));
        context.fillRect(
          left + i * cell.width,
          height - bottom - (row + 1) * cell.height,
          Math.max(1.5, cell.width - 0.5),
          Math.max(1.5, cell.height - 0.5),
        );
      }
    context.globalAlpha = 1;
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = color('--dim');
    context.textAlign = 'right';
    const every = Math.max(1, Math.ceil(rows / 8));
    for (let row = 0; row < rows; row += every)
      if (edgesNs[row] !== undefined)
        context.fillText(duration(edgesNs[row]), left - 6, height - bottom - row * cell.height + 3);
    const x = (i: number) => left + (i + 0.5) * cell.width;
    drawTimes(context, times, x, height - 4, width);
  });
  const at = pointed.value;
  return (
    <>
      <p class="legend">
        {at ? (
          <span>
            {timeOfDay(times[at[0]] ?? 0)}: {figure(heat[at[0]]?.[at[1]] ?? 0)} from{' '}
            {duration(edgesNs[at[1]])}
          </span>
        ) : (
          <span>stronger: more of them; up to {figure(most)}</span>
        )}
      </p>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`durations over time; up to ${most} in one field`}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const i = Math.floor(((event.clientX - box.left - left) / (box.width - left - 4)) * heat.length);
          const row = Math.floor(((box.bottom - bottom - event.clientY) / (box.height - bottom)) * rows);
          pointed.value = i >= 0 && i < heat.length && row >= 0 && row < rows ? [i, row] : undefined;
        }}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
      />
    </>
  );
}
