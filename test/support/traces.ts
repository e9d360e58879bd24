import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Public captures that may lie beside the project; it does without. */
const folder = resolve(import.meta.dirname, '../../../shared/traces/ndpi');

/** Paths of capture files; none when the folder is not there. */
export function traces(): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.(pcap|pcapng|cap)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** For `skip`. */
export const noTraces = traces().length === 0 ? 'no public captures in ../shared/traces' : false;
