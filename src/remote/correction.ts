/**
 * What is taken off a node's times. Until its first packet it is what was measured last; from then on it moves
 * slowly, so that of two packets of a node the later one keeps the later time, and what lies between them is off by
 * a hundredth at most. A difference that this would take minutes to make up for is made up for at once: the node's
 * own times have jumped then.
 */
import type { Frame } from '../model/index.ts';

/** Of the node's time: 10 ms in a second. NTP slews a clock by 0.5 ms in a second, which is followed. */
const slew = 0.01;
/** Beyond, in nanoseconds, it is no drift. */
const jumpNs = 1e9;

export class Correction {
  #ns = 0;
  #aimNs = 0;
  /** Whole seconds and nanoseconds of it: no precision is lost, however wrong a clock is. */
  #sec = 0;
  #nsec = 0;
  /** The frame since which it moves; -1: the next one. */
  #fromSec = -1;
  #fromNsec = 0;
  #hasBegun = false;

  /** Milliseconds that are taken off at the moment. */
  get ms(): number {
    return this.#ns / 1e6;
  }

  get aimMs(): number {
    return this.#aimNs / 1e6;
  }

  /** The node's clock is so far ahead. */
  aim(ms: number): void {
    const ns = Math.round(ms * 1e6);
    if (ns === this.#aimNs) return;
    this.#aimNs = ns;
    this.#fromSec = -1;
    if (!this.#hasBegun || Math.abs(ns - this.#ns) > jumpNs) this.#take(ns);
  }

  /** The node's clock was set forward by so much between its last packet and the next. */
  set(byMs: number): void {
    const ns = Math.round(byMs * 1e6);
    this.#aimNs += ns;
    this.#fromSec = -1;
    this.#take(this.#ns + ns);
  }

  /** Puts the frame's time right. */
  apply(frame: Frame): void {
    this.#hasBegun = true;
    if (this.#ns !== this.#aimNs) this.#move(frame);
    const nsec = frame.nsec - this.#nsec;
    frame.sec -= nsec < 0 ? this.#sec + 1 : this.#sec;
    frame.nsec = nsec < 0 ? nsec + 1e9 : nsec;
  }

  /** Nanoseconds to be added to all times of an entry that was decoded there: each is right in itself. */
  get addedNs(): number {
    return -this.#aimNs;
  }

  #move({ sec, nsec }: Frame): void {
    if (this.#fromSec >= 0) {
      const passed = (sec - this.#fromSec) * 1e9 + nsec - this.#fromNsec;
      if (passed <= 0) return;
      const missing = this.#aimNs - this.#ns;
      this.#take(
        this.#ns + Math.sign(missing) * Math.min(Math.abs(missing), Math.max(1, Math.floor(passed * slew))),
      );
    }
    this.#fromSec = sec;
    this.#fromNsec = nsec;
  }

  #take(ns: number): void {
    this.#ns = ns;
    this.#sec = Math.floor(ns / 1e9);
    this.#nsec = ns - this.#sec * 1e9;
  }
}
