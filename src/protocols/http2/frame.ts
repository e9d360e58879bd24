/** Frames and their names: RFC 9113 sections 4 to 7. */
import { u16, u24, u32 } from '../../util/bytes.ts';
import { mayBeHeaderBlock } from './hpack-form.ts';

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  /** RFC 7838, 8336, 9218 */
  altsvc: 10,
  origin: 12,
  priorityUpdate: 16,
} as const;

export const Flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const Setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const headerLength = 9;
/** Section 4.2: nobody may send more before the other has allowed it. */
export const defaultMaxFrame = 16_384;
export const defaultWindow = 65_535;

/** Section 7. */
const errors = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];
export const Code = { noError: 0, cancel: 8 } as const;

/** Name -> number. */
export const errorCodes: Readonly<Record<string, number>> = Object.fromEntries(
  errors.map((name, code) => [name, code]),
);

export function errorName(code: number): string {
  return errors[code] ?? `error ${code}`;
}

interface Rule {
  /** Flags that are defined; others are to be ignored, but nobody sets them. */
  readonly flags: number;
  /** On the connection (stream 0), on a stream, or either. */
  readonly on: 'connection' | 'stream' | 'either';
  readonly min: number;
  readonly max: number;
}

const any = 0xffffff;
const rules: readonly (Rule | undefined)[] = [
  { flags: Flag.endStream | Flag.padded, on: 'stream', min: 0, max: any },
  {
    flags: Flag.endStream | Flag.endHeaders | Flag.padded | Flag.priority,
    on: 'stream',
    min: 1,
    max: any,
  },
  { flags: 0, on: 'stream', min: 5, max: 5 },
  { flags: 0, on: 'stream', min: 4, max: 4 },
  { flags: Flag.ack, on: 'connection', min: 0, max: any },
  { flags: Flag.endHeaders | Flag.padded, on: 'stream', min: 5, max: any },
  { flags: Flag.ack, on: 'connection', min: 8, max: 8 },
  { flags: 0, on: 'connection', min: 8, max: any },
  { flags: 0, on: 'either', min: 4, max: 4 },
  { flags: Flag.endHeaders, on: 'stream', min: 0, max: any },
  { flags: 0, on: 'either', min: 2, max: any },
  undefined,
  { flags: 0, on: 'connection', min: 0, max: any },
  undefined,
  undefined,
  undefined,
  { flags: 0, on: 'connection', min: 4, max: any },
];

/** What section 6 demands of a frame that begins so; unknown types are to be ignored (section 5.5). */
export function isLawful(type: number, length: number, streamId: number): boolean {
  const rule = rules[type];
  if (!rule) return true;
  if (length < rule.min || length > rule.max) return false;
  if (type === FrameType.settings && length % 6 !== 0) return false;
  return rule.on === 'either' || (rule.on === 'connection') === (streamId === 0);
}

/** Whether anybody sends such a header: a known type, none but its flags, not longer than is usual. */
export function isUsual(type: number, flags: number, length: number): boolean {
  const rule = rules[type];
  return rule !== undefined && (flags & ~rule.flags) === 0 && length <= plausibleFrame;
}

/** Behind a hole only frames up to this length are believed: few agree on larger ones. */
export const plausibleFrame = 0xffff;

/**
 * Stricter: whether frames begin at `at`, in a place that may be the middle of anything.
 *
 * Counts what speaks for it in the frames that follow one another; three are enough. Fixed lengths, reserved
 * bits and a block that reads as HPACK are worth that much at once (some 40 bits that fit), data of unknown
 * content are not. A row of frames that ends where the bytes end counts too, if a segment ends there.
 * @param knows the stream is open: as good as any content
 */
export function mayBegin(
  b: Uint8Array,
  at: number,
  end: number,
  isSegment: boolean,
  maxFrame: number,
  knows: (streamId: number) => boolean,
): 'yes' | 'no' | 'more' {
  let score = 0;
  for (let i = at; ; ) {
    if (i === end && i > at && isSegment) score += 2;
    if (score >= 3) return 'yes';
    if (end - i < headerLength) return couldBeHeader(b, i, end, maxFrame) ? 'more' : 'no';
    const length = u24(b, i);
    const type = b[i + 3]!;
    const flags = b[i + 4]!;
    const streamId = u32(b, i + 5);
    const rule = rules[type];
    if (!rule || length > maxFrame || (flags & ~rule.flags) !== 0 || streamId > 0x7fffffff) return 'no';
    if (!isLawful(type, length, streamId)) return 'no';
    if (streamId > maxPlausibleStream && !knows(streamId)) return 'no';
    const from = i + headerLength;
    const to = from + length;
    if (type === FrameType.data) {
      if (knows(streamId)) score += 3;
      if (flags & Flag.padded && length === 0) return 'no';
    }
    if (to > end) return score >= 3 ? 'yes' : 'more';
    if (type !== FrameType.data && !isPlausible(b, type, flags, from, to)) return 'no';
    score += type === FrameType.data ? 1 : type === FrameType.continuation ? 1 : 3;
    i = to;
  }
}

/** Connections are renewed long before. */
const maxPlausibleStream = 0x3ffffff;

/** The beginning of a header, as far as it is there. */
function couldBeHeader(b: Uint8Array, at: number, end: number, maxFrame: number): boolean {
  const have = end - at;
  if (have >= 3 && u24(b, at) > maxFrame) return false;
  if (have >= 1 && b[at]! << 16 > maxFrame) return false;
  if (have >= 4 && rules[b[at + 3]!] === undefined) return false;
  if (have >= 5 && (b[at + 4]! & ~rules[b[at + 3]!]!.flags) !== 0) return false;
  return have < 6 || b[at + 5]! < 0x80;
}

/** Whole frames whose content shows whether they are. */
function isPlausible(b: Uint8Array, type: number, flags: number, from: number, to: number): boolean {
  switch (type) {
    case FrameType.headers:
    case FrameType.pushPromise: {
      const pad = flags & Flag.padded ? b[from]! : 0;
      const skip =
        (flags & Flag.padded ? 1 : 0) + (type === FrameType.pushPromise ? 4 : flags & Flag.priority ? 5 : 0);
      if (from + skip + pad >= to) return false;
      // A block that goes on in CONTINUATION cannot be judged alone.
      return (flags & Flag.endHeaders) !== 0 && mayBeHeaderBlock(b, from + skip, to - pad);
    }
    case FrameType.rstStream:
      return u32(b, from) < errors.length;
    case FrameType.settings:
      if (flags & Flag.ack) return to === from;
      // RFC 8441 and 9218 define 8 and 9; 0x?a?a are reserved to be ignored.
      for (let i = from; i < to; i += 6) {
        const id = u16(b, i);
        if (id === 0 || (id > 16 && (id & 0x0f0f) !== 0x0a0a)) return false;
      }
      return true;
    case FrameType.goaway:
      return b[from]! < 0x80 && u32(b, from + 4) < errors.length;
    case FrameType.windowUpdate: {
      const increment = u32(b, from);
      return increment > 0 && increment <= 0x7fffffff;
    }
    case FrameType.priority:
      return true;
    default:
      return true;
  }
}
