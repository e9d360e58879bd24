/**
 * Local ports of our own connections to daemons that are asked over TCP, so that a capture can leave them out: a
 * block that nobody else uses, below the ports that systems give to clients (ip_local_port_range, from 32768).
 */
import { readFileSync } from 'node:fs';

/** Each question is a connection, and is reset when it is answered: its port is free at once. */
const blockSize = 64;
const lowest = 20_000;
const highest = 32_000;

let first = 0;
let next = 0;

/** Ports that are bound now. Exported for tests. */
export function boundPorts(tables: readonly string[]): Set<number> {
  const ports = new Set<number>();
  for (const table of tables)
    for (const [, port] of table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm))
      ports.add(Number.parseInt(port!, 16));
  return ports;
}

function readTable(name: string): string {
  try {
    return readFileSync(`/proc/self/net/${name}`, 'latin1');
  } catch {
    return ''; // no IPv6
  }
}

/** The first port of a block of our own; the process of the lookout gets it told. */
export function questionPorts(): { readonly first: number; readonly last: number } {
  if (first === 0) {
    const bound = boundPorts(['tcp', 'tcp6'].map(readTable));
    const blocks = Array.from({ length: (highest - lowest) / blockSize }, (_, i) => lowest + i * blockSize);
    const isFree = (block: number) =>
      !Array.from({ length: blockSize }, (_, i) => bound.has(block + i)).includes(true);
    // Two of us that start at once take different ones.
    const start = process.pid % blocks.length;
    first = [...blocks.slice(start), ...blocks.slice(0, start)].find(isFree) ?? lowest;
  }
  return { first, last: first + blockSize - 1 };
}

/** @param block of another process of ours: this one uses its second half */
export function usePorts(block: number): void {
  first = block;
  next = blockSize / 2;
}

/** The port for the next connection; undefined while nobody captures. */
export function nextPort(): number | undefined {
  if (first === 0) return undefined;
  const half = next >= blockSize / 2 ? blockSize / 2 : 0;
  const port = first + next;
  next = half + ((next - half + 1) % (blockSize / 2));
  return port;
}
