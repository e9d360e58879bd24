/** What a ring of perf_event_open(2) holds for the tracepoint sock:inet_sock_set_state. Only the bytes. */

const PERF_RECORD_LOST = 2;
const PERF_RECORD_COMM = 3;
const PERF_RECORD_SAMPLE = 9;
/** struct perf_event_header; the sample_id that sample_id_all puts at the end of what is no sample: TID, TIME. */
const headerLength = 8;
const sampleIdLength = 16;
const TCP_SYN_SENT = 2;
const AF_INET = 2;
/** Records are small; one that claims more is damaged. */
const maxRecord = 1024;

/** Where the fields are: kernels differ, and say so in the tracepoint's `format`. */
export interface Layout {
  /** The tracepoint's number. */
  readonly id: number;
  readonly skaddr: number;
  readonly oldstate: number;
  readonly newstate: number;
  readonly sport: number;
  readonly dport: number;
  readonly family: number;
  readonly saddr: number;
  readonly daddr: number;
  readonly saddr_v6: number;
  readonly daddr_v6: number;
  /** Bytes that hold all of them. */
  readonly length: number;
}

const fieldNames = [
  'skaddr',
  'oldstate',
  'newstate',
  'sport',
  'dport',
  'family',
  'saddr',
  'daddr',
  'saddr_v6',
  'daddr_v6',
] as const;
/** Each has one of these sizes only. */
const sizes: Readonly<Record<(typeof fieldNames)[number], number>> = {
  skaddr: 8,
  oldstate: 4,
  newstate: 4,
  sport: 2,
  dport: 2,
  family: 2,
  saddr: 4,
  daddr: 4,
  saddr_v6: 16,
  daddr_v6: 16,
};

/** undefined when a field is missing or another than the one we know. */
export function parseFormat(text: string): Layout | undefined {
  const id = Number(/^ID: (\d+)$/m.exec(text)?.[1]);
  if (!(id > 0)) return undefined;
  const offsets: Partial<Record<(typeof fieldNames)[number], number>> = {};
  let length = 0;
  for (const [, name, offset, size] of text.matchAll(/\b(\w+)(?:\[\d+\])?;\s*offset:(\d+);\s*size:(\d+);/g)) {
    const known = fieldNames.find((field) => field === name);
    if (!known || Number(size) !== sizes[known]) continue;
    offsets[known] = Number(offset);
    length = Math.max(length, Number(offset) + Number(size));
  }
  if (fieldNames.some((name) => offsets[name] === undefined) || length > maxRecord / 2) return undefined;
  return { id, length, ...(offsets as Omit<Layout, 'id' | 'length'>) };
}

export interface TraceRecord {
  /** Nanoseconds since some beginning, for the order; exact to about a microsecond. */
  readonly at: number;
  /** The whole process. */
  readonly pid: number;
  /** Set: the process is called so from now on. The rest is of no meaning then. */
  readonly comm?: string;
  /** Begins to connect (SYN_SENT); else that has ended, well or not. */
  readonly entered: boolean;
  /** Identity of the socket while it is one: the lower 53 bits of its address. */
  readonly socket: number;
  /** What it becomes. */
  readonly state: number;
  readonly version: 4 | 6;
  readonly localPort: number;
  readonly remotePort: number;
  /** Local, remote: 4 or 16 bytes each. */
  readonly addresses: Uint8Array;
}

const noBytes = new Uint8Array(0);

export class TraceRecords {
  readonly #layout: Layout;
  readonly #scratch = Buffer.alloc(maxRecord);
  #records: TraceRecord[] = [];
  lost = 0;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** What lies between tail and head of a ring whose size is a power of two; both count on beyond its end. */
  take(ring: Uint8Array, tail: number, head: number): void {
    const mask = ring.length - 1;
    const scratch = this.#scratch;
    for (let left = (head - tail) >>> 0, at = tail; left >= headerLength; ) {
      copyOut(ring, at & mask, scratch, headerLength);
      const length = scratch.readUInt16LE(6);
      if (length < headerLength || length > left) return;
      if (length <= maxRecord) {
        copyOut(ring, at & mask, scratch, length);
        this.#read(scratch, length);
      }
      at += length;
      left -= length;
    }
  }

  /** All that was taken, of every ring, as it happened. */
  inOrder(): TraceRecord[] {
    const records = this.#records.sort((a, b) => a.at - b.at);
    this.#records = [];
    return records;
  }

  #read(bytes: Buffer, length: number): void {
    const type = bytes.readUInt32LE(0);
    if (type === PERF_RECORD_SAMPLE) this.#sample(bytes, length);
    else if (type === PERF_RECORD_COMM) this.#comm(bytes, length);
    else if (type === PERF_RECORD_LOST && length >= headerLength + 16)
      this.lost += Number(bytes.readBigUInt64LE(headerLength + 8));
  }

  /** u32 pid, tid; char comm[], padded; sample_id. Of the process, not of its other threads. */
  #comm(bytes: Buffer, length: number): void {
    if (length < headerLength + 8 + sampleIdLength) return;
    const pid = bytes.readUInt32LE(headerLength);
    if (pid !== bytes.readUInt32LE(headerLength + 4)) return;
    const text = bytes.toString('utf8', headerLength + 8, length - sampleIdLength);
    const end = text.indexOf('\0');
    this.#records.push({
      at: Number(bytes.readBigUInt64LE(length - 8)),
      pid,
      comm: end < 0 ? text : text.slice(0, end),
      entered: false,
      socket: 0,
      state: 0,
      version: 4,
      localPort: 0,
      remotePort: 0,
      addresses: noBytes,
    });
  }

  /** u32 pid, tid; u64 time; u32 size; the tracepoint's fields. */
  #sample(bytes: Buffer, length: number): void {
    const at = headerLength + 20;
    const l = this.#layout;
    if (length < at + l.length) return;
    const isV4 = bytes.readUInt16LE(at + l.family) === AF_INET;
    const mapped = !isV4 && isMapped(bytes, at + l.saddr_v6) && isMapped(bytes, at + l.daddr_v6);
    const version = isV4 || mapped ? 4 : 6;
    const size = version === 4 ? 4 : 16;
    const [local, remote] = isV4
      ? [at + l.saddr, at + l.daddr]
      : [at + l.saddr_v6 + 16 - size, at + l.daddr_v6 + 16 - size];
    const addresses = new Uint8Array(2 * size);
    addresses.set(bytes.subarray(local, local + size), 0);
    addresses.set(bytes.subarray(remote, remote + size), size);
    this.#records.push({
      at: Number(bytes.readBigUInt64LE(headerLength + 8)),
      pid: bytes.readUInt32LE(headerLength),
      entered: bytes.readInt32LE(at + l.newstate) === TCP_SYN_SENT,
      socket: Number(bytes.readBigUInt64LE(at + l.skaddr) & 0x1f_ffff_ffff_ffffn),
      state: bytes.readInt32LE(at + l.newstate),
      version,
      // The tracepoint has put them into the machine's byte order.
      localPort: bytes.readUInt16LE(at + l.sport),
      remotePort: bytes.readUInt16LE(at + l.dport),
      addresses,
    });
  }
}

function copyOut(ring: Uint8Array, from: number, to: Uint8Array, length: number): void {
  const first = Math.min(length, ring.length - from);
  to.set(ring.subarray(from, from + first), 0);
  if (first < length) to.set(ring.subarray(0, length - first), first);
}

/** ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}
