/**
 * TLS that is linked into a program: Go's by the section that its linker makes, others by a text in the read-only
 * data that names them. The program belongs to the container: nothing in it is believed to be in order.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { TlsFacts } from '../../doctor/index.ts';

/** A section's table, its names, and as much of read-only data as is looked through. */
const maxSections = 1024;
const maxNames = 64 * 1024;
const maxData = 64 * 1024 * 1024;
const step = 4 * 1024 * 1024;
/** Pieces overlap by more than the longest mark. */
const overlap = 128;

/** Texts with a version or a path in them: a bare name may be in a comment on a certificate, or an error's text. */
const marks: readonly (readonly [RegExp, string])[] = [
  // OPENSSL_VERSION_TEXT of both
  [/OpenSSL [\d.]+ \(compatible; BoringSSL\)/, 'BoringSSL'],
  [/OpenSSL \d+\.\d+\.\d+/, 'OpenSSL'],
  [/LibreSSL \d+\.\d+/, 'LibreSSL'],
  [/rustls-\d+\.\d+/, 'rustls'],
  [/GnuTLS \d+\.\d+/, 'GnuTLS'],
  [/[Mm]bed TLS \d+\.\d+/, 'Mbed TLS'],
  [/wolfSSL_CTX_new/, 'wolfSSL'],
];

/** Programs that were looked at, by device and inode: many containers run the same. */
const known = new Map<string, TlsFacts[]>();

export function linkedTls(path: string): TlsFacts[] {
  let fd = -1;
  try {
    fd = openSync(path, 'r');
    const { dev, ino, size } = fstatSync(fd);
    const key = `${dev}:${ino}`;
    let found = known.get(key);
    if (!found) {
      found = look(fd, size, path);
      known.set(key, found);
    }
    return found;
  } catch {
    return []; // Ended, a kernel thread, or not ours to look at.
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

interface Section {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

function look(fd: number, size: number, path: string): TlsFacts[] {
  const sections = sectionsOf(fd, size);
  if (sections.some((s) => s.name === '.go.buildinfo'))
    return [{ library: 'Go crypto/tls', how: 'static', path }];
  const data = sections.find((s) => s.name === '.rodata');
  if (!data) return [];
  const end = data.offset + Math.min(data.size, maxData);
  for (let at = data.offset; at < end; at += step - overlap) {
    const bytes = read(fd, at, Math.min(step, end - at));
    if (bytes.length === 0) break;
    const text = bytes.toString('latin1');
    const mark = marks.find(([pattern]) => pattern.test(text));
    if (mark) return [{ library: mark[1], how: 'static', path }];
  }
  return [];
}

/** elf(5), 64 bit, little-endian; empty for anything else. */
function sectionsOf(fd: number, size: number): Section[] {
  const head = read(fd, 0, 64);
  // \x7fELF, ELFCLASS64, ELFDATA2LSB
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return [];
  const offset = Number(head.readBigUInt64LE(0x28));
  const count = head.readUInt16LE(0x3c);
  const namesAt = head.readUInt16LE(0x3e);
  if (head.readUInt16LE(0x3a) !== 64 || count > maxSections || offset + 64 * count > size) return [];
  const table = read(fd, offset, 64 * count);
  const rows: { nameAt: number; offset: number; size: number }[] = [];
  for (let at = 0; at + 64 <= table.length; at += 64)
    rows.push({
      nameAt: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 0x18)),
      size: Number(table.readBigUInt64LE(at + 0x20)),
    });
  const strings = rows[namesAt];
  if (!strings) return [];
  const names = read(fd, strings.offset, Math.min(strings.size, maxNames)).toString('latin1');
  return rows
    .filter((row) => row.offset + row.size <= size)
    .map((row) => ({
      ...row,
      name: names.slice(row.nameAt, Math.max(row.nameAt, names.indexOf('\0', row.nameAt))),
    }));
}

function read(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, at));
}
