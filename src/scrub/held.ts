/** A frame that waits until its payload was decided about. */
import type { CaptureInterface, Direction, Frame } from '../model/index.ts';
import type { Way } from './way.ts';

export interface Held extends Frame {
  buf: Uint8Array;
  /** Direction its payload belongs to; undefined: nothing of it waits. */
  readonly way: Way | undefined;
  /** Of the payload in the stream, of its length by the headers. */
  readonly pos: number;
  readonly length: number;
  /** Payload in `buf`, as far as it was captured. */
  readonly payload: number;
  readonly captured: number;
  /** Where its transport header begins and its checksum lies, in `buf`; -1: there is none. */
  readonly transport: number;
  readonly checksum: number;
  readonly isUdp: boolean;
  /** The payload is masked whole. */
  blank: boolean;
}

export interface HeldParts {
  readonly way?: Way;
  readonly pos?: number;
  readonly length?: number;
  readonly payload?: number;
  readonly captured?: number;
  readonly transport?: number;
  readonly checksum?: number;
  readonly isUdp?: boolean;
  readonly blank?: boolean;
}

/** A copy of what is in the frame: sources use theirs again. */
export function hold(frame: Frame, parts: HeldParts): Held {
  return {
    buf: frame.buf.slice(frame.start, frame.start + frame.capLen),
    start: 0,
    capLen: frame.capLen,
    origLen: frame.origLen,
    sec: frame.sec,
    nsec: frame.nsec,
    iface: frame.iface as CaptureInterface,
    direction: frame.direction as Direction,
    number: frame.number,
    checksumNotReady: frame.checksumNotReady,
    way: parts.way,
    pos: parts.pos ?? 0,
    length: parts.length ?? 0,
    payload: parts.payload ?? 0,
    captured: parts.captured ?? 0,
    transport: parts.transport ?? -1,
    checksum: parts.checksum ?? -1,
    isUdp: parts.isUdp ?? false,
    blank: parts.blank ?? false,
  };
}
