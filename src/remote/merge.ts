/**
 * Frames of many places in the order of their times. Each waits until it is as old as the window: by then whatever
 * was captured before it has come, wherever it was captured, and nobody is waited for longer. What comes later than
 * that is handed on as soon as it comes, and counted; the window becomes so wide that the next such frame is in time.
 *
 * Frames of one place keep their order whatever their times are. No frame arrives before it was captured: clocks are
 * known to some milliseconds, and a time that is still to come by more than the window is put that far ahead.
 */
import type { CaptureInterface, Frame } from '../model/index.ts';

export interface MergeOptions {
  /** At first. */
  readonly windowMs: number;
  /** What comes later widens it, so that what follows is in order, up to this. */
  readonly windowMaxMs?: number;
  /** Of frames that wait. Beyond it the earliest are handed on before their time is over. */
  readonly limitBytes: number;
  /** Valid during the call; it has no number yet. */
  deliver(frame: Frame): void;
}

/** One that is late is seldom the latest. */
const reserve = 1.25;
const firstSlots = 256;
const firstBytes = 64 * 1024;
/** What a waiting frame holds beside its bytes. */
const slotBytes = 60;

export class FrameMerge {
  readonly #options: MergeOptions;
  // Slots and bytes are two rings: what came first is free first, give or take the window.
  #slots = firstSlots;
  #first = 0;
  #count = 0;
  #bytes = new Uint8Array(firstBytes);
  /** Where the next frame's bytes go, as if the ring had no end: a place in it is that modulo its size. */
  #write = 0;
  #key = new Float64Array(firstSlots);
  #sec = new Float64Array(firstSlots);
  #nsec = new Uint32Array(firstSlots);
  #at = new Float64Array(firstSlots);
  #capLen = new Uint32Array(firstSlots);
  #origLen = new Uint32Array(firstSlots);
  #flags = new Uint8Array(firstSlots);
  /** Of the same place; -1 none. */
  #next = new Int32Array(firstSlots);
  #isFree = new Uint8Array(firstSlots);
  #iface: (CaptureInterface | undefined)[] = new Array(firstSlots);
  #input = new Int32Array(firstSlots);
  // By place: the first and last slot that waits, and the latest key.
  #head: number[] = [];
  #tail: number[] = [];
  #latest: number[] = [];
  /** Places with something that waits, the earliest first. */
  #heap: number[] = [];
  #baseSec = 0;
  #released = Number.NEGATIVE_INFINITY;
  readonly #frame: Frame;
  /** Came when later frames had been handed on. */
  late = 0;
  /** Handed on before their time: there was no room. */
  early = 0;
  /** Bytes that wait at most, so far. */
  peakBytes = 0;
  windowMs: number;

  constructor(options: MergeOptions) {
    this.#options = options;
    this.windowMs = options.windowMs;
    this.#frame = {
      ...{ buf: this.#bytes, start: 0, capLen: 0, origLen: 0, sec: 0, nsec: 0, direction: 0, number: 0 },
      ...{ iface: undefined as never, checksumNotReady: false },
    };
  }

  /** Frames that wait. */
  get waiting(): number {
    return this.#heap.length === 0 ? 0 : this.#count;
  }

  /** When the next frame is due, Unix milliseconds; undefined: none waits. */
  get dueMs(): number | undefined {
    if (this.#heap.length === 0) return undefined;
    return this.#baseSec * 1000 + this.#key[this.#head[this.#heap[0]!]!]! / 1e6 + this.windowMs;
  }

  /** A place whose frames come in order. */
  input(): number {
    this.#head.push(-1);
    this.#tail.push(-1);
    this.#latest.push(Number.NEGATIVE_INFINITY);
    return this.#head.length - 1;
  }

  /**
   * The frame is copied. Returns true when it is late.
   * @param keySec and `keyNsec` its true time, by which it is put in order; the frame's own is left as it is
   * @param nowMs Unix milliseconds
   * @param asOfMs until when we had looked at what came: what we are late with ourselves is nobody's
   */
  push(input: number, frame: Frame, keySec: number, keyNsec: number, nowMs: number, asOfMs = nowMs): boolean {
    if (this.#baseSec === 0) this.#baseSec = Math.floor(nowMs / 1000);
    const own = (keySec - this.#baseSec) * 1e9 + keyNsec;
    const furthest = this.#relative(nowMs + this.windowMs);
    const key = Math.max(this.#latest[input]!, Math.min(own, furthest));
    this.#latest[input] = key;
    const { capLen } = frame;
    const slot = this.#room(capLen);
    const at = this.#write;
    this.#bytes.set(frame.buf.subarray(frame.start, frame.start + capLen), at % this.#bytes.length);
    this.#write = at + capLen;
    this.#key[slot] = key;
    this.#sec[slot] = frame.sec;
    this.#nsec[slot] = frame.nsec;
    this.#at[slot] = at;
    this.#capLen[slot] = capLen;
    this.#origLen[slot] = frame.origLen;
    this.#flags[slot] = frame.direction | (frame.checksumNotReady ? 4 : 0);
    this.#next[slot] = -1;
    this.#isFree[slot] = 0;
    this.#iface[slot] = frame.iface;
    this.#input[slot] = input;
    if (this.#head[input] === -1) {
      this.#head[input] = slot;
      this.#up(input);
    } else this.#next[this.#tail[input]!] = slot;
    this.#tail[input] = slot;
    if (key >= this.#released) return false;
    this.late++;
    const { windowMs, windowMaxMs = windowMs } = this.#options;
    const ageMs = (this.#relative(asOfMs) - key) / 1e6;
    this.windowMs = Math.min(windowMaxMs, Math.max(this.windowMs, ageMs * reserve));
    return true;
  }

  /** Hands on what is due. Returns how many. */
  release(nowMs: number): number {
    const due = Math.max(this.#relative(nowMs - this.windowMs), this.#released);
    let count = 0;
    while (this.#heap.length > 0 && this.#key[this.#head[this.#heap[0]!]!]! <= due) {
      this.#one();
      count++;
    }
    return count;
  }

  /** Hands on all that waits. */
  flush(): void {
    while (this.#heap.length > 0) this.#one();
  }

  #relative(ms: number): number {
    return Math.round((ms - this.#baseSec * 1000) * 1e6);
  }

  #one(): void {
    const input = this.#heap[0]!;
    const slot = this.#head[input]!;
    const frame = this.#frame;
    frame.buf = this.#bytes;
    frame.start = this.#at[slot]! % this.#bytes.length;
    frame.capLen = this.#capLen[slot]!;
    frame.origLen = this.#origLen[slot]!;
    frame.sec = this.#sec[slot]!;
    frame.nsec = this.#nsec[slot]!;
    frame.iface = this.#iface[slot]!;
    frame.direction = (this.#flags[slot]! & 3) as Frame['direction'];
    frame.checksumNotReady = (this.#flags[slot]! & 4) !== 0;
    this.#released = Math.max(this.#released, this.#key[slot]!);
    this.#head[input] = this.#next[slot]!;
    if (this.#head[input] === -1) this.#drop();
    else this.#down(input);
    this.#isFree[slot] = 1;
    this.#options.deliver(frame);
    while (this.#count > 0 && this.#isFree[this.#first] === 1) {
      this.#iface[this.#first] = undefined;
      this.#first = (this.#first + 1) % this.#slots;
      this.#count--;
    }
  }

  // Room.

  /** A slot, and so many bytes at `#write`. */
  #room(capLen: number): number {
    const { limitBytes } = this.#options;
    for (;;) {
      if (this.#count < this.#slots && this.#fits(capLen)) break;
      const isFull = this.#count === this.#slots;
      const slots = isFull ? 2 * this.#slots : this.#slots;
      const bytes = isFull
        ? this.#bytes.length
        : Math.max(2 * this.#bytes.length, this.#bytes.length + capLen);
      // One frame has room whatever the limit is.
      if (this.#heap.length === 0 || slots * slotBytes + bytes <= limitBytes) this.#grow(slots, bytes);
      else {
        this.#one();
        this.early++;
      }
    }
    const slot = (this.#first + this.#count) % this.#slots;
    this.#count++;
    return slot;
  }

  /** In one piece: what is left at the ring's end is skipped when it is too small. */
  #fits(capLen: number): boolean {
    const size = this.#bytes.length;
    const left = size - (this.#write % size);
    const at = left >= capLen ? this.#write : this.#write + left;
    const oldest = this.#count === 0 ? at : this.#at[this.#first]!;
    if (at + capLen - oldest > size) return false;
    this.#write = at;
    return true;
  }

  /** What waits, in the order in which it came, at the begin of larger rings. */
  #grow(slots: number, bytes: number): void {
    const old = {
      ...{ key: this.#key, sec: this.#sec, nsec: this.#nsec, at: this.#at, capLen: this.#capLen },
      ...{ origLen: this.#origLen, flags: this.#flags, next: this.#next, isFree: this.#isFree },
      ...{
        iface: this.#iface,
        input: this.#input,
        bytes: this.#bytes,
        slots: this.#slots,
        first: this.#first,
      },
    };
    this.#key = new Float64Array(slots);
    this.#sec = new Float64Array(slots);
    this.#nsec = new Uint32Array(slots);
    this.#at = new Float64Array(slots);
    this.#capLen = new Uint32Array(slots);
    this.#origLen = new Uint32Array(slots);
    this.#flags = new Uint8Array(slots);
    this.#next = new Int32Array(slots);
    this.#isFree = new Uint8Array(slots);
    this.#iface = new Array(slots);
    this.#input = new Int32Array(slots);
    this.#bytes = new Uint8Array(bytes);
    let write = 0;
    const moved = (slot: number) => (slot === -1 ? -1 : (slot - old.first + old.slots) % old.slots);
    for (let to = 0; to < this.#count; to++) {
      const from = (old.first + to) % old.slots;
      const length = old.isFree[from] === 1 ? 0 : old.capLen[from]!;
      const at = old.at[from]! % old.bytes.length;
      this.#bytes.set(old.bytes.subarray(at, at + length), write);
      this.#key[to] = old.key[from]!;
      this.#sec[to] = old.sec[from]!;
      this.#nsec[to] = old.nsec[from]!;
      this.#at[to] = write;
      this.#capLen[to] = length;
      this.#origLen[to] = old.origLen[from]!;
      this.#flags[to] = old.flags[from]!;
      this.#next[to] = moved(old.next[from]!);
      this.#isFree[to] = old.isFree[from]!;
      this.#iface[to] = old.iface[from];
      this.#input[to] = old.input[from]!;
      write += length;
    }
    this.#head = this.#head.map(moved);
    this.#tail = this.#tail.map(moved);
    this.#slots = slots;
    this.#first = 0;
    this.#write = write;
    this.peakBytes = Math.max(this.peakBytes, slots * slotBytes + bytes);
  }

  // The heap: places by the key of what they begin with; of equal ones, who came first.

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#head[a]!, this.#head[b]!];
    const keys = this.#key[one]! - this.#key[other]!;
    return keys === 0 ? this.#orderOf(one) < this.#orderOf(other) : keys < 0;
  }

  #orderOf(slot: number): number {
    return (slot - this.#first + this.#slots) % this.#slots;
  }

  #up(input: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(input);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(input, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = input;
  }

  /** The first one goes. */
  #drop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#down(last);
  }

  /** In the first one's place, as far down as it belongs. */
  #down(input: number): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, input)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = input;
  }
}
