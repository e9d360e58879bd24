/**
 * First sequence numbers of connections, for numbers relative to them. Both directions share an
 * entry: the end with the lower port comes first (by address when the ports are equal).
 */

/**
 * Connections remembered. tcpdump remembers all of them for ever; here the oldest gives way, and its
 * numbers start anew. 65,536 is all the ports of one address pair: 3 MB for IPv6.
 */
const capacity = 65_536;
const buckets = 16_384;

export interface SeqTable {
  /** 32-bit words of an address. */
  readonly words: 1 | 4;
  /** First address, second address, ports: words * 2 + 1 numbers an entry. */
  readonly keys: Uint32Array;
  readonly seq: Uint32Array;
  readonly ack: Uint32Array;
  readonly heads: Int32Array;
  readonly next: Int32Array;
  used: number;
  /** The entry that gives way next, once all are in use. */
  oldest: number;
  /** Connections forgotten because of the limit. */
  evicted: number;
}

/** Memory is taken on first use. */
export function seqTable(words: 1 | 4): SeqTable {
  const empty = new Uint32Array(0);
  const none = new Int32Array(0);
  return {
    words,
    keys: empty,
    seq: empty,
    ack: empty,
    heads: none,
    next: none,
    used: 0,
    oldest: 0,
    evicted: 0,
  };
}

function open(table: SeqTable): void {
  Object.assign(table, {
    keys: new Uint32Array(capacity * (table.words * 2 + 1)),
    seq: new Uint32Array(capacity),
    ack: new Uint32Array(capacity),
    heads: new Int32Array(buckets).fill(-1),
    next: new Int32Array(capacity),
  });
}

/** The key looked for: addresses in order, then ports. Filled by the caller before `find`. */
export const wanted = new Uint32Array(9);

const bucketOf = (keys: Uint32Array, at: number, size: number) => {
  let hash = 0;
  for (let i = 0; i < size; i++) hash = Math.imul(hash ^ keys[at + i]!, 0x9e3779b1) ^ (hash >>> 15);
  return (hash ^ (hash >>> 13)) & (buckets - 1);
};

/** Entry of `wanted`, or -1. */
export function find(table: SeqTable): number {
  if (table.used === 0) return -1;
  const { keys, next } = table;
  const size = table.words * 2 + 1;
  search: for (let entry = table.heads[bucketOf(wanted, 0, size)]!; entry >= 0; entry = next[entry]!) {
    for (let i = 0; i < size; i++) if (keys[entry * size + i] !== wanted[i]) continue search;
    return entry;
  }
  return -1;
}

/** A new entry for `wanted`. */
export function add(table: SeqTable): number {
  if (table.keys.length === 0) open(table);
  const size = table.words * 2 + 1;
  let entry = table.used;
  if (entry < capacity) table.used++;
  else {
    entry = table.oldest;
    table.oldest = (entry + 1) % capacity;
    table.evicted++;
    unlink(table, entry, size);
  }
  for (let i = 0; i < size; i++) table.keys[entry * size + i] = wanted[i]!;
  const bucket = bucketOf(wanted, 0, size);
  table.next[entry] = table.heads[bucket]!;
  table.heads[bucket] = entry;
  return entry;
}

function unlink({ keys, heads, next }: SeqTable, entry: number, size: number): void {
  const bucket = bucketOf(keys, entry * size, size);
  if (heads[bucket] === entry) {
    heads[bucket] = next[entry]!;
    return;
  }
  let before = heads[bucket]!;
  while (next[before] !== entry) before = next[before]!;
  next[before] = next[entry]!;
}
