/** Capture files written byte by byte, in either byte order, as no writer of ours does it. */

export type Order = 'little' | 'big';

export class Bytes {
  readonly #order: Order;
  readonly bytes: number[] = [];

  constructor(order: Order) {
    this.#order = order;
  }

  number(value: number | bigint, size: 1 | 2 | 4 | 8): this {
    const bytes: number[] = [];
    for (let i = 0n; i < BigInt(size); i++) bytes.push(Number((BigInt(value) >> (8n * i)) & 255n));
    this.bytes.push(...(this.#order === 'big' ? bytes.reverse() : bytes));
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.number(value, 2);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.number(value, 4);
    return this;
  }

  add(bytes: Iterable<number>): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  /** To a multiple of four. */
  padded(bytes: readonly number[]): this {
    return this.add(bytes).add(new Array<number>(-bytes.length & 3).fill(0));
  }
}

const textBytes = (text: string) => [...new TextEncoder().encode(text)];

/** A pcapng file of one or more sections. */
export class NgFile {
  readonly out: number[] = [];
  #order: Order;

  constructor(order: Order) {
    this.#order = order;
    this.section(order);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.out);
  }

  section(order: Order): this {
    this.#order = order;
    return this.block(0x0a0d0d0a, (b) => b.u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff));
  }

  block(type: number, body: (b: Bytes) => Bytes): this {
    const inner = body(new Bytes(this.#order)).bytes;
    const length = 12 + inner.length;
    this.out.push(...new Bytes(this.#order).u32(type, length).add(inner).u32(length).bytes);
    return this;
  }

  /** @param options code and value: text, bytes, or a number of 64 bits */
  interface(
    linktype: number,
    options: readonly (readonly [number, string | number[] | bigint])[] = [],
    snaplen = 0,
  ): this {
    return this.block(1, (b) => this.#options(b.u16(linktype, 0).u32(snaplen), options));
  }

  #options(b: Bytes, options: readonly (readonly [number, string | number[] | bigint])[]): Bytes {
    for (const [code, value] of options) {
      const bytes =
        typeof value === 'string'
          ? textBytes(value)
          : typeof value === 'bigint'
            ? new Bytes(this.#order).number(value, 8).bytes
            : value;
      b.u16(code, bytes.length).padded(bytes);
    }
    return options.length > 0 ? b.u32(0) : b;
  }

  /** An enhanced packet block. @param ticks of the interface's clock @param flags epb_flags */
  packet(iface: number, ticks: bigint, data: readonly number[], origLen = data.length, flags?: number): this {
    return this.block(6, (b) => {
      b.u32(iface, Number(ticks >> 32n), Number(ticks & 0xffffffffn), data.length, origLen).padded(data);
      const value = new Bytes(this.#order).u32(flags ?? 0).bytes;
      return flags === undefined
        ? b
        : this.#options(b, [
            [1, 'a comment'],
            [2, value],
          ]);
    });
  }

  /** The old packet block (type 2). */
  oldPacket(iface: number, ticks: bigint, data: readonly number[], origLen = data.length): this {
    return this.block(2, (b) =>
      b
        .u16(iface, 0xffff)
        .u32(Number(ticks >> 32n), Number(ticks & 0xffffffffn), data.length, origLen)
        .padded(data),
    );
  }

  simple(data: readonly number[], origLen = data.length): this {
    return this.block(3, (b) => b.u32(origLen).padded(data));
  }

  names(records: readonly (readonly [address: number[], name: string])[]): this {
    return this.block(4, (b) => {
      for (const [address, name] of records) {
        const value = [...address, ...textBytes(name), 0];
        b.u16(address.length === 4 ? 1 : 2, value.length).padded(value);
      }
      return b.u32(0);
    });
  }

  statistics(iface: number, options: readonly (readonly [number, bigint])[]): this {
    return this.block(5, (b) => this.#options(b.u32(iface, 0, 0), options));
  }
}

export interface ClassicOptions {
  readonly order: Order;
  readonly nano?: boolean;
  /** Kuznetzov's form with eight more bytes a packet. */
  readonly modified?: boolean;
  readonly snaplen?: number;
  readonly linktype?: number;
}

/** @param packets second, fraction (micro- or nanoseconds), bytes, original length */
export function classicFile(
  { order, nano, modified, snaplen = 65_535, linktype = 1 }: ClassicOptions,
  packets: readonly (readonly [sec: number, fraction: number, data: number[], origLen?: number])[],
): Uint8Array {
  const b = new Bytes(order);
  b.u32(modified ? 0xa1b2cd34 : nano ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2, 4)
    .u32(0, 0, snaplen, linktype);
  for (const [sec, fraction, data, origLen = data.length] of packets) {
    b.u32(sec, fraction, data.length, origLen);
    if (modified) b.u32(7, 0);
    b.add(data);
  }
  return Uint8Array.from(b.bytes);
}
