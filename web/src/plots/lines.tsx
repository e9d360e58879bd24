/** Lines over time. The pointer reads figures; so does who hears the page, by the table behind it. */
import { useSignal } from '@preact/signals';
import { timeOfDay } from '../format.ts';
import { ticks, useCanvas } from './canvas.ts';

export interface Line {
  readonly label: string;
  readonly color: string;
  /** NaN: nothing was. */
  readonly values: readonly number[];
  readonly isFilled?: boolean;
}

interface LinesProps {
  readonly label: string;
  /** Unix milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly Line[];
  format(value: number): string;
}

const left = 62;
const bottom = 18;
const above = 6;

export function Lines({ label, times, series, format }: LinesProps) {
  const at = useSignal(-1);
  const most = series.reduce(
    (max, { values }) => Math.max(max, ...values.filter((value) => Number.isFinite(value))),
    0,
  );
  const marks = ticks(most, 4);
  const full = marks.at(-1) || 1;
  const pointed = at.value;
  const canvas = useCanvas(({ context, width, height, color }) => {
    const room = { width: width - left - 4, height: height - bottom - above };
    const x = (i: number) => left + (i / Math.max(1, times.length - 1)) * room.width;
    const y = (value: number) => above + room.height * (1 - value / full);
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = color('--dim');
    context.strokeStyle = color('--line');
    context.textAlign = 'right';
    for (const mark of marks) {
      context.fillText(format(mark), left - 6, y(mark) + 4);
      context.beginPath();
      context.moveTo(left, y(mark) + 0.5);
      context.lineTo(width - 4, y(mark) + 0.5);
      context.stroke();
    }
    drawTimes(context, times, x, height - 4, width);
    for (const line of series) {
      context.strokeStyle = color(line.color);
      context.lineWidth = 1.6;
      drawLine(context, line.values, x, y);
      context.stroke();
      if (!line.isFilled) continue;
      context.lineTo(x(line.values.length - 1), y(0));
      context.lineTo(x(0), y(0));
      context.globalAlpha = 0.15;
      context.fillStyle = color(line.color);
      context.fill();
      context.globalAlpha = 1;
    }
    if (pointed >= 0) {
      context.strokeStyle = color('--dim');
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x(pointed), above);
      context.lineTo(x(pointed), height - bottom);
      context.stroke();
    }
  });
  const shown = pointed >= 0 ? pointed : -1;
  return (
    <>
      <p class="legend">
        {series.map((line) => (
          <span key={line.label}>
            <i style={{ background: `var(${line.color})` }} />
            {line.label}
            {shown >= 0 && Number.isFinite(line.values[shown]) && ` ${format(line.values[shown]!)}`}
          </span>
        ))}
        {shown >= 0 && <span>{timeOfDay(times[shown]!)}</span>}
      </p>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${label}; at most ${format(most)}`}
        onPointerMove={(event) => {
          const { left: from, width } = event.currentTarget.getBoundingClientRect();
          const part = (event.clientX - from - left) / Math.max(1, width - left - 4);
          at.value = part < 0 || part > 1 ? -1 : Math.round(part * (times.length - 1));
        }}
        onPointerLeave={() => {
          at.value = -1;
        }}
      />
    </>
  );
}

/** Where nothing was the line is broken; a value between two such places is a dot. */
function drawLine(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  x: (i: number) => number,
  y: (value: number) => number,
): void {
  context.beginPath();
  let isDown = false;
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      isDown = false;
      continue;
    }
    if (isDown) context.lineTo(x(i), y(value));
    else {
      context.moveTo(x(i) - 0.75, y(value));
      context.lineTo(x(i) + 0.75, y(value));
    }
    isDown = true;
  }
}

export function drawTimes(
  context: CanvasRenderingContext2D,
  times: readonly number[],
  x: (i: number) => number,
  y: number,
  width: number,
): void {
  const count = Math.max(1, Math.floor(width / 130));
  context.textAlign = 'center';
  for (let mark = 0; mark < count; mark++) {
    const i = Math.round(((mark + 0.5) / count) * (times.length - 1));
    if (times[i] !== undefined) context.fillText(timeOfDay(times[i]).replace(/\.\d+$/, ''), x(i), y);
  }
}
