/**
 * The kernel's interpreter: a filter on a socket of a pair judges whole datagrams, whatever is in them.
 * What it rejects is dropped without a word, what it accepts can be received.
 */
import koffi from 'koffi';
import type { BpfInstruction } from '../../../src/model/index.ts';
import { encode } from './libpcap.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const MSG_DONTWAIT = 0x40;

const programType = koffi.struct({ length: 'uint16', instructions: 'void *' });
const libc = koffi.load(null);
const f = {
  socketpair: libc.func('socketpair', 'int', ['int', 'int', 'int', koffi.out('int *')]),
  setsockopt: libc.func('setsockopt', 'int', ['int', 'int', 'int', koffi.pointer(programType), 'uint32']),
  send: libc.func('send', 'intptr', ['int', 'uint8 *', 'size_t', 'int']),
  recv: libc.func('recv', 'intptr', ['int', 'uint8 *', 'size_t', 'int']),
  close: libc.func('close', 'int', ['int']),
};

/** Takes the packet that waits at the socket; undefined: none does. Good until the next call. */
export function receive(fd: number): Uint8Array | undefined {
  const length = Number(f.recv(fd, buffer, buffer.length, MSG_DONTWAIT));
  return length < 0 ? undefined : buffer.subarray(0, length);
}

const buffer = Buffer.alloc(65536);

export class KernelFilter {
  readonly #pair: [number, number];
  readonly #buffer = Buffer.alloc(4096);

  constructor() {
    const pair = [0, 0];
    if (f.socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) !== 0) throw new Error('socketpair failed');
    this.#pair = pair as [number, number];
  }

  attach(program: readonly BpfInstruction[]): void {
    const argument = { length: program.length, instructions: encode(program) };
    const size = koffi.sizeof(programType);
    if (f.setsockopt(this.#pair[1], SOL_SOCKET, SO_ATTACH_FILTER, argument, size) !== 0)
      throw new Error(`the kernel refuses ${JSON.stringify(program)}`);
  }

  accepts(bytes: Uint8Array): boolean {
    if (Number(f.send(this.#pair[0], bytes, bytes.length, 0)) !== bytes.length)
      throw new Error('send failed');
    return Number(f.recv(this.#pair[1], this.#buffer, this.#buffer.length, MSG_DONTWAIT)) > 0;
  }

  close(): void {
    for (const fd of this.#pair) f.close(fd);
  }
}
