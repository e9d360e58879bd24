import type { CaptureInterface, Frame, FrameCollector, Loss } from '../model/index.ts';

/** What takes part in a watch: a pipeline, a capture file, a packet printer. */
export type FrameTap = Partial<FrameCollector>;

/** Hands everything a source gives to all taps, in order, up to a number of frames. */
export class Fanout implements FrameCollector {
  readonly #taps: readonly FrameTap[];
  readonly #frameTaps: readonly Pick<FrameCollector, 'frame'>[];
  readonly #limit: number;
  readonly #onLimit: () => void;
  /** Frames handed on. */
  frames = 0;
  /** Unix ms of the first frame. */
  firstFrameMs = 0;

  /** @param limit frames after which `onLimit` is called and the rest is left out; 0 = none */
  constructor(taps: readonly FrameTap[], limit: number, onLimit: () => void) {
    this.#taps = taps;
    this.#frameTaps = taps.filter((tap) => tap.frame) as Pick<FrameCollector, 'frame'>[];
    this.#limit = limit;
    this.#onLimit = onLimit;
  }

  interface(iface: CaptureInterface): void {
    for (const tap of this.#taps) tap.interface?.(iface);
  }

  frame(frame: Frame): void {
    if (this.#limit > 0 && this.frames >= this.#limit) return;
    if (this.frames++ === 0) this.firstFrameMs = frame.sec * 1000 + frame.nsec / 1e6;
    const taps = this.#frameTaps;
    for (let i = 0; i < taps.length; i++) taps[i]!.frame(frame);
    if (this.frames === this.#limit) this.#onLimit();
  }

  secrets(type: number, bytes: Uint8Array): void {
    for (const tap of this.#taps) tap.secrets?.(type, bytes);
  }

  loss(loss: Loss): void {
    for (const tap of this.#taps) tap.loss?.(loss);
  }

  note(text: string): void {
    for (const tap of this.#taps) tap.note?.(text);
  }

  batch(): void | Promise<void> {
    const waits: Promise<void>[] = [];
    for (const tap of this.#taps) {
      const wait = tap.batch?.();
      if (wait) waits.push(wait);
    }
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }
}
