/** Classic pcap: draft-ietf-opsawg-pcap section 4 and 5. */
import { type CaptureInterface, Direction, type Frame } from '../model/index.ts';
import { u16, u16le, u32, u32le } from '../util/bytes.ts';
import { type DecoderOutput, type Format, maxUnit } from './decoder.ts';

const fileHeader = 24;
const recordHeader = 16;

/** MAXIMUM_SNAPLEN of libpcap: a length beyond it is damage. */
const usualLimit = 262_144;

interface Variant {
  readonly bigEndian: boolean;
  readonly nano: boolean;
  /** Bytes after the record header: Kuznetzov's patched libpcap of 1999 wrote interface and more. */
  readonly extra: number;
}

/** The magic as a little-endian number. */
const variants = new Map<number, Variant>([
  [0xa1b2c3d4, { bigEndian: false, nano: false, extra: 0 }],
  [0xd4c3b2a1, { bigEndian: true, nano: false, extra: 0 }],
  [0xa1b23c4d, { bigEndian: false, nano: true, extra: 0 }],
  [0x4d3cb2a1, { bigEndian: true, nano: true, extra: 0 }],
  [0xa1b2cd34, { bigEndian: false, nano: false, extra: 8 }],
  [0x34cdb2a1, { bigEndian: true, nano: false, extra: 8 }],
]);

export function emptyFrame(): Frame {
  return {
    buf: new Uint8Array(0),
    start: 0,
    capLen: 0,
    origLen: 0,
    sec: 0,
    nsec: 0,
    iface: undefined as unknown as CaptureInterface,
    direction: Direction.unknown,
    number: 0,
    checksumNotReady: false,
  };
}

export class ClassicFormat implements Format {
  need = fileHeader;
  readonly #variant: Variant;
  readonly #u32: (b: Uint8Array, o: number) => number;
  readonly #frame = emptyFrame();
  #limit = usualLimit;
  #iface: CaptureInterface | undefined;

  static of(magic: number): ClassicFormat | undefined {
    const variant = variants.get(magic);
    return variant && new ClassicFormat(variant);
  }

  private constructor(variant: Variant) {
    this.#variant = variant;
    this.#u32 = variant.bigEndian ? u32 : u32le;
  }

  read(buf: Uint8Array, at: number, end: number, out: DecoderOutput): number | string {
    const { nano, extra, bigEndian } = this.#variant;
    if (!this.#iface) {
      const version = (bigEndian ? u16 : u16le)(buf, at + 4);
      if (version !== 2) return `version ${version} of the format is not known`;
      this.#iface = {
        id: 0,
        name: '',
        // The upper bits say whether frames end in a checksum (FCS).
        linktype: this.#u32(buf, at + 20) & 0x03ffffff,
        snaplen: this.#u32(buf, at + 16),
        netns: 0,
        target: '',
        ...(this.#variant.bigEndian ? { isBigEndian: true } : {}),
      };
      // libpcap takes no larger packets; a file that says it was cut at more is believed.
      this.#limit = Math.min(Math.max(usualLimit, this.#iface.snaplen), maxUnit - recordHeader - extra);
      this.#frame.iface = this.#iface;
      out.interface(this.#iface);
      this.need = recordHeader + extra;
      return fileHeader;
    }
    const capLen = this.#u32(buf, at + 8);
    const length = recordHeader + extra + capLen;
    if (capLen > this.#limit) return `a packet of ${capLen} bytes`;
    if (end - at < length) {
      this.need = length;
      return 0;
    }
    this.need = recordHeader + extra;
    const frame = this.#frame;
    const fraction = this.#u32(buf, at + 4);
    frame.buf = buf;
    frame.start = at + recordHeader + extra;
    frame.capLen = capLen;
    frame.origLen = Math.max(capLen, this.#u32(buf, at + 12));
    frame.sec = this.#u32(buf, at);
    frame.nsec = nano ? fraction : fraction * 1000;
    // Some writers let the fraction run over.
    if (frame.nsec >= 1e9) {
      frame.sec += Math.floor(frame.nsec / 1e9);
      frame.nsec %= 1e9;
    }
    frame.number++;
    out.frame(frame);
    return length;
  }
}
