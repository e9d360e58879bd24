/** Reads one direction: frames to messages, unmasked and decompressed. Meaning is the session's. */
import type { Timestamp } from '../../model/index.ts';
import { concatBytes } from '../../util/bytes.ts';
import { type InflateResult, Inflater, maxWindow, unknownByte } from '../../util/inflate.ts';
import { Pending } from '../../util/pending.ts';
import { headerLimit, Opcode, parseHeader, unmask } from './frame.ts';
import { judge } from './plausible.ts';

/** Bytes of a message kept for the line that tells it, even when no bodies are wanted. */
export const previewLimit = 256;
/** Decompressed bytes of one message: a bomb is given up there. */
const inflateLimit = 16 * 1024 * 1024;
/** A place where frames begin is looked for in so many bytes. */
export const resyncLimit = 4096;
/** Frames in a row after which a guess is no longer one. */
const trustedFrames = 4;

const nothing: Uint8Array = new Uint8Array(0);
/** RFC 7692 section 7.2.2: what senders leave out. */
const tail = Uint8Array.of(0, 0, 0xff, 0xff);

export interface SideOptions {
  readonly isClient: boolean;
  readonly bodyLimit: number;
  /** none: RSV1 means nothing; alone: each message by itself; shared: with the history of those before. */
  readonly deflate: 'none' | 'alone' | 'shared';
  /** Nobody agreed on WebSocket that we saw; what came before is not known. */
  readonly isGuess: boolean;
}

export interface WebSocketMessage {
  readonly opcode: number;
  readonly startAt: Timestamp;
  readonly endAt: Timestamp;
  readonly wireBytes: number;
  /** What is kept, compression undone. */
  readonly content: Uint8Array;
  /** Length with compression undone, as far as it was. */
  readonly length: number;
  readonly frames: number;
  readonly isCompressed: boolean;
  /** Bytes that were not captured. */
  readonly lost: number;
  /** Its end was not seen. */
  readonly cut: boolean;
  readonly weirds: readonly string[];
}

export interface SideListener {
  message(message: WebSocketMessage): void;
  /** Behind the last message, and nothing followed that could tell. */
  lost(bytes: number, at: Timestamp): void;
  weird(name: string): void;
  violation(reason: string): void;
}

/** A message under way. */
class Building {
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly startAt: Timestamp;
  wireBytes = 0;
  frames = 0;
  length = 0;
  kept = 0;
  lost = 0;
  /** Decompression has stopped for good. */
  isStuck = false;
  parts: Uint8Array[] = [];
  weirds: string[] = [];

  constructor(opcode: number, isCompressed: boolean, startAt: Timestamp) {
    this.opcode = opcode;
    this.isCompressed = isCompressed;
    this.startAt = startAt;
  }

  weird(name: string): void {
    if (!this.weirds.includes(name)) this.weirds.push(name);
  }
}

export class WebSocketSide {
  readonly #listener: SideListener;
  readonly #options: SideOptions;
  #state: 'header' | 'payload' | 'resync' | 'over';
  readonly #pending = new Pending();
  #frameAt: Timestamp = 0;
  #started = false;
  // The frame under way.
  #fin = false;
  #opcode = 0;
  #isMasked = false;
  readonly #mask = new Uint8Array(4);
  #length = 0;
  #passed = 0;
  /** The data message under way, and the control frame that may interrupt it. */
  #data: Building | undefined;
  #control: Building | undefined;
  #inflater: Inflater | undefined;
  #goodFrames: number;
  /** So many decompressed bytes from now on may repeat some that are unknown. */
  #doubtful = 0;
  /** Bytes lost before the next message. */
  #lost = 0;

  constructor(listener: SideListener, options: SideOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#state = options.isGuess ? 'resync' : 'header';
    this.#goodFrames = options.isGuess ? 0 : trustedFrames;
  }

  get buffered(): number {
    const data = this.#data?.kept ?? 0;
    const control = this.#control?.kept ?? 0;
    return this.#pending.length + data + control + (this.#inflater?.size ?? 0);
  }

  data(bytes: Uint8Array, at: Timestamp): void {
    const waited = this.#pending.length > 0;
    const b = waited ? this.#pending.append(bytes) : bytes;
    const end = b.length;
    let i = 0;
    while (i < end) {
      const next = this.#step(b, i, end, at);
      if (next === i) break;
      i = next;
    }
    if (waited) this.#pending.keepFrom(i);
    else if (i < end) this.#pending.append(b.subarray(i, end));
  }

  #step(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    switch (this.#state) {
      case 'header':
        return this.#readHeader(b, i, end, at);
      case 'payload': {
        const take = Math.min(this.#length - this.#passed, end - i);
        this.#payload(b, i, i + take);
        this.#passed += take;
        if (this.#passed === this.#length) this.#frameEnds(at);
        return i + take;
      }
      case 'resync':
        return this.#resync(b, i, end, at);
      case 'over':
        return end;
    }
  }

  #readHeader(b: Uint8Array, i: number, end: number, at: Timestamp): number {
    if (!this.#started) {
      this.#started = true;
      this.#frameAt = at;
    }
    const header = parseHeader(b, i, end);
    if (header === 'more') return i;
    if (!header) return this.#desync(end);
    const { isClient } = this.#options;
    if (header.masked !== isClient) {
      // Section 5.1: a client masks, a server does not. A guess that finds it otherwise was wrong.
      if (this.#goodFrames < trustedFrames) return this.#desync(end);
      this.#listener.weird(isClient ? 'websocket_unmasked_client' : 'websocket_masked_server');
    }
    if (header.isOdd) this.#listener.weird('websocket_long_length');
    this.#goodFrames++;
    this.#fin = header.fin;
    this.#opcode = header.opcode;
    this.#isMasked = header.masked;
    if (header.masked) for (let n = 0; n < 4; n++) this.#mask[n] = b[header.maskAt + n]!;
    this.#length = header.length;
    this.#passed = 0;
    const building = this.#frameBegins(header.rsv1);
    building.frames++;
    building.wireBytes += header.size + header.length;
    if (header.masked !== isClient)
      building.weird(isClient ? 'websocket_unmasked_client' : 'websocket_masked_server');
    this.#state = 'payload';
    const { size, length } = header;
    if (length === 0) this.#frameEnds(at);
    return i + size;
  }

  #frameBegins(isCompressed: boolean): Building {
    if (this.#opcode >= Opcode.close) {
      this.#control = this.#begin(false);
      return this.#control;
    }
    if (this.#opcode === Opcode.continuation) {
      if (isCompressed) this.#listener.weird('websocket_reserved_bit');
      // Section 5.4: it continues something, which may have been before our time.
      this.#data ??= this.#begin(false, true);
      return this.#data;
    }
    if (this.#data) {
      this.#listener.weird('websocket_message_interrupted');
      this.#finish(this.#data, this.#frameAt, true);
    }
    if (isCompressed && this.#options.deflate === 'none') this.#listener.weird('websocket_reserved_bit');
    this.#data = this.#begin(isCompressed && this.#options.deflate !== 'none');
    if (this.#data.isCompressed) this.#prepare();
    return this.#data;
  }

  #begin(isCompressed: boolean, isStray = false): Building {
    const building = new Building(this.#opcode, isCompressed, this.#frameAt);
    building.lost = this.#lost;
    this.#lost = 0;
    if (isStray) building.weird('websocket_beginning_missing');
    return building;
  }

  #prepare(): void {
    if (!this.#inflater) {
      this.#inflater = new Inflater({ endless: true });
      // What came before the capture is its history too.
      if (this.#options.isGuess) this.#inflater.lose();
    } else if (this.#options.deflate === 'alone') this.#inflater.reset();
    this.#inflater.budget = inflateLimit;
  }

  #payload(b: Uint8Array, from: number, to: number): void {
    const isControl = this.#opcode >= Opcode.close;
    const building = isControl ? this.#control! : this.#data!;
    if (building.isCompressed) {
      if (building.isStuck) return;
      const content = this.#isMasked
        ? unmask(b, from, to, this.#mask, 0, this.#passed)
        : b.subarray(from, to);
      this.#inflate(building, content);
      return;
    }
    building.length += to - from;
    const room = Math.min(to - from, this.#limit - building.kept);
    if (room <= 0) return;
    this.#keep(
      building,
      this.#isMasked ? unmask(b, from, from + room, this.#mask, 0, this.#passed) : b.slice(from, from + room),
    );
  }

  get #limit(): number {
    return Math.max(this.#options.bodyLimit, previewLimit);
  }

  #keep(building: Building, part: Uint8Array): void {
    building.parts.push(part);
    building.kept += part.length;
  }

  #inflate(building: Building, content: Uint8Array): void {
    const inflater = this.#inflater!;
    const before = inflater.unknown;
    let isDoubtful = false;
    const result: InflateResult = inflater.push(content, 0, content.length, (window, start, stop) => {
      building.length += stop - start;
      // What was unknown stands in the history as what it is shown as, and may be repeated from there.
      if (this.#doubtful > 0) isDoubtful ||= window.subarray(start, stop).includes(unknownByte);
      this.#doubtful -= stop - start;
      const room = Math.min(stop - start, this.#limit - building.kept);
      if (room > 0) this.#keep(building, window.slice(start, start + room));
    });
    if (inflater.unknown > before || isDoubtful) {
      building.weird('websocket_history_lost');
      this.#doubtful = maxWindow;
    }
    if (result === 'more') return;
    this.#stick(building, result === 'limit' ? 'websocket_inflate_limit' : 'websocket_bad_deflate');
    this.#listener.weird(result === 'limit' ? 'websocket_inflate_limit' : 'websocket_bad_deflate');
  }

  /** No more of it can be decompressed, and what follows lacks its history. */
  #stick(building: Building, weird: string): void {
    building.isStuck = true;
    building.weird(weird);
    this.#inflater!.lose();
  }

  #frameEnds(at: Timestamp): void {
    this.#state = 'header';
    this.#started = false;
    if (this.#opcode >= Opcode.close) {
      const control = this.#control!;
      this.#control = undefined;
      this.#finish(control, at, false);
    } else if (this.#fin) {
      const data = this.#data!;
      this.#data = undefined;
      if (data.isCompressed && !data.isStuck) this.#inflate(data, tail);
      this.#finish(data, at, false);
    }
  }

  #finish(building: Building, at: Timestamp, cut: boolean): void {
    if (building === this.#data) this.#data = undefined;
    const { parts } = building;
    this.#listener.message({
      opcode: building.opcode,
      startAt: building.startAt,
      endAt: at,
      wireBytes: building.wireBytes,
      content: parts.length > 1 ? concatBytes(parts) : (parts[0] ?? nothing),
      length: building.length,
      frames: building.frames,
      isCompressed: building.isCompressed,
      lost: building.lost,
      cut,
      weirds: building.weirds,
    });
  }

  #desync(end: number): number {
    if (this.#goodFrames < trustedFrames && this.#options.isGuess) {
      this.#state = 'over';
      this.#listener.violation('no frames');
      return end;
    }
    this.#listener.weird('websocket_bad_frame');
    this.#loseSync();
    return end;
  }

  #loseSync(): void {
    this.#pending.clear();
    this.#started = false;
    this.#goodFrames = 0;
    this.#inflater?.lose();
    this.#state = 'resync';
  }

  /** Behind a hole: where frames follow one another up to the end of what is there. */
  #resync(b: Uint8Array, from: number, end: number, at: Timestamp): number {
    const isLong = end - from > resyncLimit;
    for (let i = from; i < end; i++) {
      const { kind, score } = judge(b, i, end, this.#options.isClient);
      // At the beginning of a segment less is enough, most of all when it is known to be WebSocket.
      const enough = i > from ? 3 : this.#options.isGuess ? 1 : 0;
      const isFound = kind === 'yes' && score >= enough;
      if (isFound) {
        this.#state = 'header';
        return this.#readHeader(b, i, end, at);
      }
      if (kind === 'more' && i === from && !isLong) return from;
    }
    return end;
  }

  /** `length` bytes were not captured. Within a payload the place is still known. */
  gap(length: number, at: Timestamp): void {
    if (this.#state === 'over') return;
    this.#listener.weird('websocket_bytes_lost');
    let left = length;
    if (this.#state === 'payload') {
      const building = this.#opcode >= Opcode.close ? this.#control! : this.#data!;
      const inFrame = Math.min(left, this.#length - this.#passed);
      building.lost += inFrame;
      if (building.isCompressed) {
        if (!building.isStuck) this.#stick(building, 'websocket_history_lost');
      } else building.length += inFrame;
      this.#passed += inFrame;
      left -= inFrame;
      if (this.#passed === this.#length) this.#frameEnds(at);
    }
    if (left === 0) return;
    const held = this.#pending.length;
    this.#loseSync();
    if (this.#data) {
      this.#data.lost += held + left;
      this.#finish(this.#data, at, true);
    } else this.#lost += held + left;
  }

  /** The direction is over. */
  end(at: Timestamp): void {
    if (this.#control) this.#finish(this.#control, at, true);
    if (this.#data) this.#finish(this.#data, at, true);
    this.#control = undefined;
    this.#pending.clear();
    this.#state = 'over';
    if (this.#lost > 0) this.#listener.lost(this.#lost, at);
    this.#lost = 0;
  }
}

/** Beside the bodies, for each direction: a header or the search for one, a preview, a window and its tables. */
export const sideLimit = Math.max(headerLimit, resyncLimit) * 2 + 2 * previewLimit + 40 * 1024;
