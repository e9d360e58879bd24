/** Classic pcap: one link type a file, no interfaces, no directions. */
import type { Frame } from '../model/index.ts';
import { Chunk } from './chunk.ts';

export class PcapWriter {
  readonly chunk = new Chunk();
  readonly #nano: boolean;

  constructor(nano: boolean) {
    this.#nano = nano;
  }

  header(linktype: number, snaplen: number): void {
    const { chunk } = this;
    chunk.reserve(24);
    chunk.u32(this.#nano ? 0xa1b23c4d : 0xa1b2c3d4);
    chunk.u16(2);
    chunk.u16(4);
    chunk.u32(0);
    chunk.u32(0);
    chunk.u32(snaplen);
    chunk.u32(linktype);
  }

  frame(frame: Frame): void {
    const { chunk } = this;
    chunk.reserve(16 + frame.capLen);
    chunk.u32(frame.sec);
    chunk.u32(this.#nano ? frame.nsec : (frame.nsec / 1000) | 0);
    chunk.u32(frame.capLen);
    chunk.u32(frame.origLen);
    chunk.copy(frame.buf, frame.start, frame.start + frame.capLen);
  }
}
