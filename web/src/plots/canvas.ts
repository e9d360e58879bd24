/** A canvas that is as sharp as the screen and is drawn anew when its size or the theme changes. */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { theme } from '../theme.ts';

export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Of a custom property of the style sheet. */
  color(name: string): string;
}

export function useCanvas(draw: (pen: Pen) => void) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal(0);
  const isDark = useSignal(matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (canvas.current) size.value = canvas.current.clientWidth;
    });
    observer.observe(canvas.current!);
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => {
      isDark.value = query.matches;
    };
    query.addEventListener('change', changed);
    return () => {
      observer.disconnect();
      query.removeEventListener('change', changed);
    };
  }, []);
  void [size.value, isDark.value, theme.value];
  useLayoutEffect(() => {
    const element = canvas.current!;
    const { clientWidth: width, clientHeight: height } = element;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    const context = element.getContext('2d')!;
    context.scale(ratio, ratio);
    // A canvas does not know light-dark(): an element does, and tells what came of it.
    const probe = document.createElement('i');
    element.parentElement!.append(probe);
    const color = (name: string) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    draw({ context, width, height, color });
    probe.remove();
  });
  return canvas;
}

/** 1, 2 or 5 times a power of ten, so that there are about `count` lines up to `most`. */
export function ticks(most: number, count: number): number[] {
  if (!(most > 0)) return [0];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const marks = [];
  for (let value = 0; value < most + step; value += step) marks.push(value);
  return marks;
}
