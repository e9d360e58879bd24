/**
 * Agents of a large cluster, without nodes: each listens on a port of its own and speaks the real protocol (the
 * agent's own Session), with a clock of its own; what it has captured is made up, and known to the last packet.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { Random } from '../../fuzz/lib/random.ts';
import { Session } from '../../src/agent/index.ts';
import { type Frame, LinkType } from '../../src/model/index.ts';
import { PcapngWriter } from '../../src/pcap/index.ts';
import { LineReader, readClientLine } from '../../src/remote/index.ts';

export interface FakeLoad {
  /** Of each agent. */
  readonly packetsPerSecond: number;
  /** Nothing more after so many. */
  readonly packets: number;
  /** Of a frame on the wire; at least 66. */
  readonly bytes: number;
  /** What is captured is sent up to so many milliseconds later, at random. */
  readonly delayMs: number;
}

/** Between two batches, as a ring hands them over. */
const batchMs = 20;
/** Ethernet, IPv4 and UDP; then node, number and the true time, eight bytes each. */
const payloadAt = 42;
const frameHead = [
  ...[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0],
  ...[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0],
];

/** What a frame of a fake agent says of itself. */
export function readFake(bytes: Uint8Array): { node: number; number: number; trueMs: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    node: view.getFloat64(payloadAt),
    number: view.getFloat64(payloadAt + 8),
    trueMs: view.getFloat64(payloadAt + 16),
  };
}

export class FakeAgent {
  readonly node: string;
  readonly index: number;
  /** Its clock is ahead by so much; may be set. */
  aheadMs: number;
  readonly #load: FakeLoad;
  readonly #random: Random;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  port = 0;
  /** Captured, and what it had no room for because its client was behind. */
  captured = 0;
  dropped = 0;
  /** It has sent what `load.packets` says. */
  isDone = false;

  constructor(index: number, node: string, aheadMs: number, load: FakeLoad) {
    this.index = index;
    this.node = node;
    this.aheadMs = aheadMs;
    this.#load = load;
    this.#random = new Random(index + 1);
    this.#server = createServer({ noDelay: true }, (socket) => this.#greet(socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.port = (this.#server.address() as { port: number }).port;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#session?.gone('closed');
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const lines = new LineReader();
    const write = (bytes: Uint8Array) => void socket.write(bytes);
    let session: Session | undefined;
    socket.on('data', (bytes: Buffer) => {
      for (const found of lines.feed(bytes)) {
        const line = readClientLine(found);
        if (line?.say === 'hello' && !session) {
          if (!line.resume) this.#begin();
          session = this.#session!;
          session.connected(line, write);
        } else if (line) session?.line(line);
      }
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      session?.disconnected(write);
    });
  }

  #begin(): void {
    clearInterval(this.#timer);
    this.#session?.gone('another client');
    const session = new Session({
      ...{ release: 'test', node: this.node, session: crypto.randomUUID() },
      now: () => Date.now() + this.aheadMs,
      stop: () => void this.#end(session),
    });
    this.#session = session;
    void session.want().then(() => this.#capture(session));
  }

  async #end(session: Session): Promise<void> {
    if (session !== this.#session) return;
    clearInterval(this.#timer);
    const { captured, dropped } = this;
    const counters = {
      ...{ captured, received: captured + dropped, dropped },
      ...{ freezes: 0, snaplenCut: 0, duplicates: 0 },
    };
    this.#session = undefined;
    session.event({ tell: 'counters', over: true, counters });
    await session.end();
  }

  #capture(session: Session): void {
    const { packetsPerSecond, packets, bytes, delayMs } = this.#load;
    const writer = new PcapngWriter();
    const iface = { id: 0, name: `${this.node}-pod/eth0`, linktype: LinkType.ethernet, snaplen: 0 };
    writer.section({ application: 'test' });
    writer.interface({ ...iface, netns: 1, target: `${this.node}-pod` });
    void session.packets(writer.chunk.view());
    writer.chunk.clear();
    const buf = new Uint8Array(bytes);
    buf.set(frameHead);
    // 10.x.y.z to 10.0.0.1, port 7 to 9
    buf.set([10, 1 + (this.index >> 8), this.index & 255, 1, 10, 0, 0, 1, 0, 7, 0, 9], 26);
    const view = new DataView(buf.buffer);
    view.setUint16(16, bytes - 14);
    view.setUint16(38, bytes - 34);
    view.setFloat64(payloadAt, this.index);
    const frame: Frame = {
      ...{ buf, start: 0, capLen: bytes, origLen: bytes, sec: 0, nsec: 0, direction: 2, number: 0 },
      ...{ iface: { ...iface, netns: 1, target: '' }, checksumNotReady: false },
    };
    let isFull = false;
    let lastMs = Date.now();
    let due = 0;
    let sendAtMs = 0;
    const batches: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
    const send = (chunk: Uint8Array) => {
      const wait = session.packets(chunk);
      if (!wait) return;
      isFull = true;
      void wait.then(() => {
        isFull = false;
      });
    };
    this.#timer = setInterval(() => {
      const now = Date.now();
      const fromMs = lastMs;
      due += (packetsPerSecond * (now - fromMs)) / 1000;
      lastMs = now;
      const count = Math.min(Math.floor(due), packets - this.captured - this.dropped);
      due -= Math.floor(due);
      if (isFull) this.dropped += count;
      else {
        for (let i = 1; i <= count; i++) {
          // Whole milliseconds and quarters: exact in what a file holds.
          const trueMs = Math.floor((fromMs + ((now - fromMs) * i) / count) * 4) / 4;
          const atMs = trueMs + this.aheadMs;
          frame.sec = Math.floor(atMs / 1000);
          frame.nsec = Math.round((atMs - frame.sec * 1000) * 1e6);
          view.setFloat64(payloadAt + 8, ++this.captured);
          view.setFloat64(payloadAt + 16, trueMs);
          writer.frame(frame, 0);
        }
        if (writer.chunk.length > 0) {
          // Batches do not overtake each other.
          sendAtMs = Math.max(sendAtMs, now + (delayMs === 0 ? 0 : this.#random.below(delayMs)));
          batches.push({ atMs: sendAtMs, bytes: writer.chunk.view().slice() });
          writer.chunk.clear();
        }
      }
      while (batches.length > 0 && batches[0]!.atMs <= now) send(batches.shift()!.bytes);
      if (this.captured + this.dropped < packets || batches.length > 0) return;
      clearInterval(this.#timer);
      this.isDone = true;
    }, batchMs);
  }
}
