/**
 * What a container calls others: its own /etc/hosts. It is the container's word, which may be anything: it is opened
 * without following a link (one to the host's files would be followed here, where we are), and read in part only.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { formatIpv6 } from '../../util/address.ts';
import { parseIpv4, parseIpv6 } from '../../util/parse-address.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/** Blockers of advertisements have hosts files of megabytes: those name nobody that answers. */
const maxBytes = 64 * 1024;
const maxEntries = 1024;
/** RFC 1035 section 2.3.4. */
const maxName = 253;
/** Loopback, link-local, multicast, unspecified: nobody's name. */
const shared = /^127\.|^::1$|^fe80:|^ff|^0\.0\.0\.0$|^::$|^255\./;

const scratch = new Uint8Array(16);

/** As packets' addresses are written; undefined for none, and for one that is everybody's. */
function canonical(text: string): string | undefined {
  const address = parseIpv4(text) >= 0 ? text : parseIpv6(text, scratch) ? formatIpv6(scratch, 0) : '';
  return address === '' || shared.test(address) ? undefined : address;
}

/** hosts(5): address and the first name of each line, names that are none left out. */
export function parseHosts(text: string): [address: string, name: string][] {
  const found = new Map<string, string>();
  for (const line of text.split('\n', 4 * maxEntries)) {
    const [first = '', name = ''] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (name.length > maxName || !/^[A-Za-z0-9_]([A-Za-z0-9_.-]*)$/.test(name)) continue;
    const address = canonical(first);
    if (address === undefined || found.has(address)) continue;
    found.set(address, name);
    if (found.size >= maxEntries) break;
  }
  return [...found];
}

/** Of the process's root directory. Empty when there is none, or it is no plain file in a plain directory. */
export function containerHosts(pid: number): [address: string, name: string][] {
  let directory = -1;
  let file = -1;
  try {
    // From one descriptor to the next: nobody can put a link in between.
    directory = openSync(`/proc/${pid}/root/etc`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    file = openSync(`/proc/self/fd/${directory}/hosts`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (!fstatSync(file).isFile()) return [];
    const bytes = Buffer.alloc(maxBytes);
    const length = readSync(file, bytes, 0, maxBytes, 0);
    return parseHosts(bytes.toString('latin1', 0, length));
  } catch {
    return []; // gone, or no such file
  } finally {
    for (const fd of [file, directory]) if (fd >= 0) closeSync(fd);
  }
}
