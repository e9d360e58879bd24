import { latin1 } from '../util/bytes.ts';

/** Bytes looked at before saying what a file seems to be. */
const sniffBytes = 64;

const kinds: readonly (readonly [magic: string, what: string, hint: string])[] = [
  ['\x1f\x8b', 'gzip data', 'unpack it first: gunzip -c FILE'],
  ['\x28\xb5\x2f\xfd', 'zstd data', 'unpack it first: zstd -dc FILE'],
  ['\xfd7zXZ\0', 'xz data', 'unpack it first: xz -dc FILE'],
  ['\x04\x22\x4d\x18', 'lz4 data', 'unpack it first: lz4 -dc FILE'],
  ['BZh', 'bzip2 data', 'unpack it first: bzip2 -dc FILE'],
  ['PK\x03\x04', 'a zip archive', 'unpack it first: unzip -p FILE'],
  ['\x7fELF', 'a program (ELF)', ''],
  ['snoop\0\0\0', 'a Solaris snoop capture', 'convert it: editcap -F pcapng FILE NEW'],
  ['btsnoop\0', 'a Bluetooth snoop capture', 'convert it: editcap -F pcapng FILE NEW'],
  ['GMBU', 'a Microsoft Network Monitor capture', 'convert it: editcap -F pcapng FILE NEW'],
  ['RTSS', 'a Microsoft Network Monitor capture', 'convert it: editcap -F pcapng FILE NEW'],
  ['XCP\0', 'a NetXRay capture', 'convert it: editcap -F pcapng FILE NEW'],
  ['\x7fver', 'an OmniPeek capture', 'convert it: editcap -F pcapng FILE NEW'],
];

/** What bytes that are no capture seem to be: for one line of an error, and what to do about it. */
export function describeContent(head: Uint8Array): { what: string; hint: string } {
  const text = latin1(head, 0, Math.min(head.length, sniffBytes));
  if (text === '') return { what: 'empty', hint: 'was anything captured?' };
  for (const [magic, what, hint] of kinds) if (text.startsWith(magic)) return { what, hint };
  if (/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text)) {
    if (/^\s*<!doctype html|^\s*<html/i.test(text))
      return { what: 'an HTML page', hint: 'was it downloaded with a login page in between?' };
    if (/^\s*[[{]/.test(text)) return { what: 'JSON text', hint: '' };
    if (/^[0-9a-f]{4,8}:? +[0-9a-f]{2}/im.test(text))
      return { what: 'a hex dump', hint: 'convert it: text2pcap FILE NEW' };
    return { what: 'text', hint: '' };
  }
  return { what: 'neither pcap nor pcapng', hint: "'file FILE' may know what it is" };
}
