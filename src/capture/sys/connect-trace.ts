/**
 * Who connects, told by the kernel while it happens: the tracepoint sock:inet_sock_set_state through
 * perf_event_open(2), one small ring a CPU. It misses no connection, however short; needs root, Linux 5.2, and a
 * kernel with tracepoints that is not locked down. Of the network's bytes nothing passes here.
 */
import { readFileSync } from 'node:fs';
import * as c from './libc.ts';
import { pageBytes, perfEventOpen, readTracefs } from './perf.ts';
import { createSocketRow, type SocketRow } from './sock-diag-codec.ts';
import { type Layout, parseFormat, type TraceRecord, TraceRecords } from './trace-records.ts';

/** Told once for each connection: when it is established, or has failed. */
export type Connected = (row: SocketRow, pid: number, comm: string | undefined) => void;

/** linux/perf_event.h */
const PERF_TYPE_TRACEPOINT = 2;
const PERF_SAMPLE_TID_TIME_RAW = 0x2 | 0x4 | 0x400;
const attrLength = 72; // PERF_ATTR_SIZE_VER1
/** Bits of struct perf_event_attr: disabled, comm, sample_id_all. */
const attrBits = (1n << 0n) | (1n << 9n) | (1n << 18n);
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_SET_FILTER = 0x40082406;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
/** 64 KiB of records a CPU: some 600 connections between two looks. A power of two. */
const ringBytes = 64 * 1024;
/** struct perf_event_mmap_page: data_head, data_tail. */
const headWord = 1024 / 4;
const tailWord = 1032 / 4;
/** Connections under way; the oldest goes: its end is not told. */
const maxUnderWay = 8192;
/** Names of processes that were started while we looked. */
const maxComms = 4096;

/** SYN_SENT is entered by who connects, and left when the port is known; SYN_RECV is left when one has come. */
const filter = 'protocol == 6 && (newstate == 2 || oldstate == 2 || oldstate == 3)';
const TCP_ESTABLISHED = 1;

interface Ring {
  readonly fd: number;
  readonly address: bigint;
  readonly words: Uint32Array;
  readonly data: Uint8Array;
}

export class ConnectTrace {
  readonly #rings: readonly Ring[];
  readonly #records: TraceRecords;
  readonly #row = createSocketRow();
  /** struct sock's address -> who connects it. */
  readonly #underWay = new Map<number, number>();
  readonly #comms = new Map<number, string>();

  /** undefined where the kernel does not let us: owners are then looked for. */
  static open(): ConnectTrace | undefined {
    const rings: Ring[] = [];
    try {
      const layout = parseFormat(readTracefs('events/sock/inet_sock_set_state/format'));
      if (!layout) return undefined;
      for (const cpu of onlineCpus()) rings.push(openRing(layout.id, cpu));
      for (const { fd } of rings)
        c.check('ioctl(ENABLE)', c.ioctl(fd, PERF_EVENT_IOC_ENABLE, Buffer.alloc(8)));
      return new ConnectTrace(rings, layout);
    } catch (error) {
      for (const ring of rings) closeRing(ring);
      if (error instanceof c.SystemError || (error as NodeJS.ErrnoException).code !== undefined)
        return undefined;
      throw error;
    }
  }

  private constructor(rings: readonly Ring[], layout: Layout) {
    this.#rings = rings;
    this.#records = new TraceRecords(layout);
  }

  /** Readable when somebody connects. */
  fds(): number[] {
    return this.#rings.map((ring) => ring.fd);
  }

  /** Records the kernel had no room for. */
  get lost(): number {
    return this.#records.lost;
  }

  /** @param arrived a connection that somebody else has begun: whose it is is not known here */
  read(connected: Connected, arrived: (row: SocketRow) => void = () => {}): void {
    for (const { words, data } of this.#rings) {
      const head = Atomics.load(words, headWord);
      this.#records.take(data, words[tailWord]!, head);
      Atomics.store(words, tailWord, head);
      // The upper half of the 64 bit numbers.
      Atomics.store(words, tailWord + 1, Atomics.load(words, headWord + 1));
    }
    for (const record of this.#records.inOrder()) this.#follow(record, connected, arrived);
  }

  #follow(record: TraceRecord, connected: Connected, arrived: (row: SocketRow) => void): void {
    if (record.comm !== undefined) {
      this.#comms.delete(record.pid);
      this.#comms.set(record.pid, record.comm);
      if (this.#comms.size > maxComms) this.#comms.delete(this.#comms.keys().next().value!);
      return;
    }
    if (record.entered) {
      this.#underWay.set(record.socket, record.pid);
      if (this.#underWay.size > maxUnderWay) this.#underWay.delete(this.#underWay.keys().next().value!);
      return;
    }
    const pid = this.#underWay.get(record.socket);
    if (pid === undefined && record.state !== TCP_ESTABLISHED) return;
    this.#underWay.delete(record.socket);
    const row = this.#row;
    row.transport = 6;
    row.version = record.version;
    row.state = record.state;
    row.localPort = record.localPort;
    row.remotePort = record.remotePort;
    row.bytes = record.addresses;
    row.localOff = 0;
    row.remoteOff = record.version === 4 ? 4 : 16;
    row.inode = 0;
    if (pid === undefined) arrived(row);
    else connected(row, pid, this.#comms.get(pid));
  }

  close(): void {
    for (const ring of this.#rings) closeRing(ring);
  }
}

function openRing(tracepoint: number, cpu: number): Ring {
  const attr = Buffer.alloc(attrLength);
  attr.writeUInt32LE(PERF_TYPE_TRACEPOINT, 0);
  attr.writeUInt32LE(attrLength, 4);
  attr.writeBigUInt64LE(BigInt(tracepoint), 8);
  attr.writeBigUInt64LE(1n, 16); // every one
  attr.writeBigUInt64LE(BigInt(PERF_SAMPLE_TID_TIME_RAW), 24);
  attr.writeBigUInt64LE(attrBits, 40);
  attr.writeUInt32LE(1, 48); // wake up for each
  const fd = perfEventOpen(attr, cpu);
  try {
    c.check('ioctl(SET_FILTER)', c.ioctl(fd, PERF_EVENT_IOC_SET_FILTER, Buffer.from(`${filter}\0`)));
    const length = pageBytes + ringBytes;
    const address = c.mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (BigInt.asUintN(64, address) === 0xffff_ffff_ffff_ffffn) throw new c.SystemError('mmap(perf)');
    const memory = c.viewMemory(address, length);
    return {
      fd,
      address,
      words: new Uint32Array(memory, 0, pageBytes / 4),
      data: new Uint8Array(memory, pageBytes, ringBytes),
    };
  } catch (error) {
    c.close(fd);
    throw error;
  }
}

function closeRing({ fd, address }: Ring): void {
  c.munmap(address, pageBytes + ringBytes);
  c.close(fd);
}

/** `0-3,6` */
function onlineCpus(): number[] {
  const text = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
  return text.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
