/** The text of one packet while it grows, and the bytes it is read from. */
import type { PrintOptions } from './options.ts';

/**
 * Thrown by a read beyond the captured bytes and caught in `index.ts`, which then prints the mark of
 * the protocol that was being read (`[|tcp]`). One object for all, so that a throw costs no stack.
 */
export const cut = new Error('beyond the captured bytes');

/**
 * One a printer, reused for every packet. Offsets are into `buf`; reads check against `end`, never
 * against the buffer, and throw `cut`.
 */
export class Page {
  readonly options: PrintOptions;
  buf: Uint8Array = new Uint8Array(0);
  /** Exclusive end of what may be read: the captured bytes, or less inside a layer that states its length. */
  end = 0;
  /** What the mark of a cut packet names. */
  protocol = '';
  text = '';

  constructor(options: PrintOptions) {
    this.options = options;
  }

  u8(at: number): number {
    if (at >= this.end) throw cut;
    return this.buf[at]!;
  }

  u16(at: number): number {
    if (at + 2 > this.end) throw cut;
    const { buf } = this;
    return (buf[at]! << 8) | buf[at + 1]!;
  }

  /** Unsigned. */
  u32(at: number): number {
    if (at + 4 > this.end) throw cut;
    const { buf } = this;
    return ((buf[at]! << 24) | (buf[at + 1]! << 16) | (buf[at + 2]! << 8) | buf[at + 3]!) >>> 0;
  }

  has(at: number, length: number): boolean {
    return at + length <= this.end;
  }

  need(at: number, length: number): void {
    if (at + length > this.end) throw cut;
  }
}
