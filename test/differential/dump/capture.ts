/** Captures made of frames: classic pcap, microseconds, whole or cut or changed. */
import type { Random } from '../../../fuzz/lib/random.ts';
import { applicationFrames } from './applications.ts';
import { linkFrames } from './link.ts';
import { networkFrames } from './network.ts';
import { transportFrames } from './transport.ts';

export const frames: readonly Uint8Array[] = [
  ...linkFrames,
  ...networkFrames,
  ...transportFrames,
  ...applicationFrames,
].map((bytes) => Uint8Array.from(bytes));

export class CaptureMaker {
  readonly #parts: Buffer[] = [];
  #count = 0;

  constructor(linktype = 1, nano = false) {
    const head = Buffer.alloc(24);
    head.writeUInt32LE(nano ? 0xa1b23c4d : 0xa1b2c3d4, 0);
    head.writeUInt16LE(2, 4);
    head.writeUInt16LE(4, 6);
    head.writeUInt32LE(262_144, 16);
    head.writeUInt32LE(linktype, 20);
    this.#parts.push(head);
  }

  /** @param length on the wire */
  add(bytes: Uint8Array, length = bytes.length): void {
    const head = Buffer.alloc(16);
    // Unequal steps, now and then backwards.
    const step = this.#count++;
    head.writeUInt32LE(1_700_000_000 + step * 37 - (step % 11 === 0 ? 99 : 0), 0);
    head.writeUInt32LE((step * 77_777) % 1_000_000, 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(length, 12);
    this.#parts.push(head, Buffer.from(bytes));
  }

  take(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Every frame as it is. */
export function wholeCapture(linktype = 1): Buffer {
  const maker = new CaptureMaker(linktype);
  for (const frame of frames) maker.add(frame);
  return maker.take();
}

/** Every frame, cut behind each of its bytes. Large ones only once in `stride` bytes past the first 200. */
export function cutCapture(stride: number): Buffer {
  const maker = new CaptureMaker();
  for (const frame of frames)
    for (let cut = 1; cut < frame.length; cut += cut < 200 ? 1 : stride)
      maker.add(frame.subarray(0, cut), frame.length);
  return maker.take();
}

const edges = [0, 1, 2, 4, 63, 64, 127, 128, 192, 255];

/** Frames with a few bytes changed behind the Ethernet header; some cut, some said to be longer. */
export function changedCapture(random: Random, count: number): Buffer {
  const maker = new CaptureMaker();
  for (let i = 0; i < count; i++) {
    const frame = Uint8Array.from(random.pick(frames));
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const at = 14 + random.below(Math.min(frame.length - 14, random.chance(2) ? 60 : 400));
      const kind = random.below(3);
      if (at < frame.length)
        frame[at] =
          kind === 0
            ? random.below(256)
            : kind === 1
              ? frame[at]! ^ (1 << random.below(8))
              : random.pick(edges);
    }
    const kept = random.chance(5) ? 1 + random.below(frame.length) : frame.length;
    maker.add(frame.subarray(0, kept), frame.length + (random.chance(20) ? random.below(2000) : 0));
  }
  return maker.take();
}

/** Network layers under other link headers. */
export function otherLinks(): Buffer[] {
  return [0, 9, 101, 108, 113, 276].map((linktype) => {
    const maker = new CaptureMaker(linktype);
    frames.forEach((frame, i) => {
      const type = (frame[12]! << 8) | frame[13]!;
      const head = linkHeader(linktype, type, i);
      if (head) maker.add(Uint8Array.from([...head, ...frame.subarray(14)]));
    });
    return maker.take();
  });
}

function linkHeader(linktype: number, type: number, i: number): number[] | undefined {
  const v6 = type === 0x86dd;
  const ip = type === 0x0800 || v6;
  const odd = i % 40 === 0;
  switch (linktype) {
    case 0:
      return ip || odd
        ? [...(i % 2 ? [0, 0, 0] : []), v6 ? [24, 28, 30][i % 3]! : ip ? 2 : 99, ...(i % 2 ? [] : [0, 0, 0])]
        : undefined;
    case 108:
      return ip || odd ? [0, 0, 0, v6 ? 24 : ip ? 2 : 6] : undefined;
    case 9:
      return ip ? [...(i % 3 ? [0xff, 3] : []), ...(i % 2 ? [0] : []), v6 ? 0x57 : 0x21] : undefined;
    case 101:
      return ip ? [] : undefined;
    case 113:
      return [
        0,
        i % 6,
        0,
        1,
        0,
        i % 7 ? 6 : 4,
        2,
        0,
        0,
        0,
        0,
        9,
        0,
        0,
        odd ? 0 : type >> 8,
        odd ? 4 : type & 255,
      ];
    default:
      return [
        odd ? 0 : type >> 8,
        odd ? 4 : type & 255,
        0,
        0,
        0,
        0,
        0,
        0x7f,
        0,
        1,
        i % 6,
        i % 7 ? 6 : 4,
        2,
        0,
        0,
        0,
        0,
        9,
        0,
        0,
      ];
  }
}
