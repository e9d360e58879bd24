/**
 * The peer: libpcap itself, the library tcpdump compiles its filters with, called in this process.
 * Reading a file is what a handle is for here, so that what libpcap does for files is compared.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import type { BpfInstruction } from '../../../src/model/index.ts';
import { skipBecause } from '../../support/need.ts';

let library: ReturnType<typeof koffi.load> | undefined;
try {
  library = koffi.load('libpcap.so.0.8');
} catch {
  library = undefined;
}

/** Why comparisons cannot be made here; false when they can. */
export const skip = skipBecause(library ? [] : ['needs libpcap.so.0.8 (Debian package libpcap0.8)']);

const programType = koffi.struct({ length: 'uint32', instructions: 'void *' });
const f = library && {
  openOffline: library.func('pcap_open_offline', 'void *', ['str', koffi.out('uint8 *')]),
  create: library.func('pcap_create', 'void *', ['str', koffi.out('uint8 *')]),
  activate: library.func('pcap_activate', 'int', ['void *']),
  setSnaplen: library.func('pcap_set_snaplen', 'int', ['void *', 'int']),
  compile: library.func('pcap_compile', 'int', [
    'void *',
    koffi.out(koffi.pointer(programType)),
    'str',
    'int',
    'uint32',
  ]),
  freeCode: library.func('pcap_freecode', 'void', [koffi.inout(koffi.pointer(programType))]),
  error: library.func('pcap_geterr', 'str', ['void *']),
  run: library.func('bpf_filter', 'uint32', ['void *', 'void *', 'uint32', 'uint32']),
  version: library.func('pcap_lib_version', 'str', []),
};

export function version(): string {
  return f!.version();
}

/** tcpdump's default. */
const snaplen = 262144;
const handles = new Map<string, unknown>();

/** A handle that reads an empty file of this link type. */
function fileHandle(linktype: number): unknown {
  const known = handles.get(`file ${linktype}`);
  if (known) return known;
  const directory = mkdtempSync(join(tmpdir(), 'porthole-filter-'));
  try {
    const path = join(directory, 'empty.pcap');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(snaplen, 16);
    header.writeUInt32LE(linktype, 20);
    writeFileSync(path, header);
    const handle = f!.openOffline(path, Buffer.alloc(256));
    handles.set(`file ${linktype}`, handle);
    return handle;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A handle that captures on an Ethernet-like interface; undefined without the right to. */
export function liveHandle(name: string): unknown {
  const handle = f!.create(name, Buffer.alloc(256));
  f!.setSnaplen(handle, snaplen);
  return f!.activate(handle) < 0 ? undefined : handle;
}

export type Compiled = { program: BpfInstruction[]; error?: never } | { program?: never; error: string };

export function compileBy(handle: unknown, expression: string, optimize = true): Compiled {
  const program: { length?: number; instructions?: unknown } = {};
  // Netmask 0 is what tcpdump passes for files.
  if (f!.compile(handle, program, expression, optimize ? 1 : 0, 0) < 0)
    return { error: f!.error(handle) as string };
  const bytes = Buffer.from(koffi.decode(program.instructions, 'uint8', program.length! * 8) as Uint8Array);
  f!.freeCode(program);
  const instructions: BpfInstruction[] = [];
  for (let at = 0; at < bytes.length; at += 8)
    instructions.push({
      code: bytes.readUInt16LE(at),
      jt: bytes[at + 2]!,
      jf: bytes[at + 3]!,
      k: bytes.readUInt32LE(at + 4),
    });
  return { program: instructions };
}

/** As `tcpdump -r FILE EXPRESSION` does. */
export function compileForFiles(linktype: number, expression: string, optimize = true): Compiled {
  return compileBy(fileHandle(linktype), expression, optimize);
}

export function encode(program: readonly BpfInstruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((i, n) => {
    bytes.writeUInt16LE(i.code, n * 8);
    bytes[n * 8 + 2] = i.jt;
    bytes[n * 8 + 3] = i.jf;
    bytes.writeUInt32LE(i.k >>> 0, n * 8 + 4);
  });
  return bytes;
}

/** libpcap's own interpreter, which takes loops too. @param program by `encode` */
export function runByLibpcap(program: Buffer, packet: Uint8Array, length: number): number {
  return f!.run(program, packet, length, packet.length);
}
