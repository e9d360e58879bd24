/** Names that a pcapng file brings along, wherever in it they stand: Porthole writes them at the end. */
import { fstatSync, readSync } from 'node:fs';
import { CaptureDecoder } from '../../pcap/index.ts';
import { u32, u32le } from '../../util/bytes.ts';

/** Types of blocks, draft-ietf-opsawg-pcapng section 10.1. */
const sectionType = 0x0a0d0d0a;
const namesType = 4;
const bigEndianMagic = 0x1a2b3c4d;
/** Read at once: the many small blocks of packets are passed over within it. */
const windowBytes = 1024 * 1024;
/** As the decoder has it: a block beyond this is damage. */
const maxBlock = 16 * 1024 * 1024;

/**
 * Pairs of an address and a name. Only whole, plain files are looked through, without moving the place they are
 * read at: pipes, compressed files and classic ones have none.
 */
export function readNames(fd: number): [address: string, name: string][] {
  const names: [string, string][] = [];
  const { size } = fstatSync(fd);
  const decoder = new CaptureDecoder();
  const out = {
    interface() {},
    frame() {},
    loss() {},
    name: (address: string, name: string) => void names.push([address, name]),
  };
  const file = new Window(fd);
  let isBig = false;
  for (let at = 0; at + 12 <= size && !decoder.damaged; ) {
    const head = file.bytes(at, 12);
    if (!head) break;
    const isSection = u32(head, 0) === sectionType;
    if (at === 0 && !isSection) break;
    if (isSection) isBig = u32(head, 8) === bigEndianMagic;
    const read = isBig ? u32 : u32le;
    const length = read(head, 4);
    if (length < 12 || length % 4 !== 0 || length > maxBlock) break;
    if (isSection || read(head, 0) === namesType) {
      const block = file.bytes(at, length);
      if (!block) break;
      decoder.feed(block, out);
    }
    at += length;
  }
  return names;
}

/** The file's bytes near where they were asked for last. */
class Window {
  readonly #fd: number;
  #buffer = new Uint8Array(windowBytes);
  #start = 0;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Good until the next call; undefined where the file ends. */
  bytes(at: number, length: number): Uint8Array | undefined {
    if (at < this.#start || at + length > this.#start + this.#length) {
      if (length > this.#buffer.length) this.#buffer = new Uint8Array(length);
      this.#start = at;
      this.#length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, at);
    }
    const from = at - this.#start;
    return from + length <= this.#length ? this.#buffer.subarray(from, from + length) : undefined;
  }
}
