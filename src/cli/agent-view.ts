/** The view of `agent`: packets as pcapng to the client, everything else as events. */
import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { type Handover, Session } from '../agent/index.ts';
import { LineReader, readClientLine, type Want } from '../remote/index.ts';
import { CaptureFileSink } from '../sinks/pcapng/index.ts';
import type { View } from './capture.ts';
import { version } from './version.ts';

export interface Client {
  readonly session: Session;
  /** What the first line asks for; undefined: the client has gone before it said so. */
  readonly want: Want | undefined;
  /** Calls it when the client has had enough, or is gone; at once when that is so already. */
  onEnd(stop: () => void): void;
  /** Somebody was let in. */
  readonly wasThere: boolean;
  /** Why it ended; '' while it goes on. */
  why(): string;
  /** What was written is out; nothing more is read. */
  close(): Promise<void>;
}

/** In the process of a session: connections come from the broker, with the line that was read of each. */
export async function clientOfBroker(node: string, id: string): Promise<Client> {
  let end: (() => void) | undefined;
  let ended = '';
  const session = new Session({
    release: version(),
    node: node === '' ? hostname() : node,
    session: id,
    now: Date.now,
    stop(why) {
      ended ||= why;
      end?.();
    },
  });
  const open = new Set<Socket>();
  let wasThere = false;
  process.on('message', ({ hello, heardMs }: Handover, socket: Socket | undefined) => {
    if (!socket) return;
    wasThere = true;
    const lines = new LineReader();
    // Units are kept until they are acknowledged, and not changed: no copy is needed.
    const write = (bytes: Uint8Array) => void socket.write(bytes);
    open.add(socket);
    socket.on('data', (bytes: Buffer) => {
      for (const found of lines.feed(bytes)) {
        const line = readClientLine(found);
        if (line) session.line(line);
      }
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      open.delete(socket);
      session.disconnected(write);
    });
    session.connected(hello, write, heardMs);
  });
  process.once('disconnect', () => session.gone('the agent has ended'));
  const want = await Promise.race([
    session.want(),
    new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    }),
  ]);
  return {
    session,
    want,
    wasThere,
    onEnd(stop) {
      end = stop;
      if (ended !== '') stop();
    },
    why: () => ended,
    async close() {
      await Promise.all([...open].map((socket) => new Promise<void>((done) => socket.end(done))));
      for (const socket of open) socket.destroy();
      if (process.connected) process.disconnect();
    },
  };
}

export function agentView({ session, onEnd }: Client): View {
  const sink = new CaptureFileSink({
    outputs: {
      open: () => ({ path: 'the client', write: (bytes) => session.packets(bytes), close: () => {} }),
    },
    format: 'pcapng',
    plan: {},
    flushEachBatch: true,
    application: 'porthole',
    filter: '',
  });
  return {
    tap: {
      interface: (iface) => sink.interface(iface),
      frame: (frame) => sink.frame(frame),
      loss(loss) {
        sink.loss(loss);
        const { kind, count, iface, detail = '' } = loss;
        session.event({ tell: 'loss', kind, count, iface: iface?.id ?? -1, detail });
      },
      note: (text) => session.event({ tell: 'note', text }),
      batch: () => sink.batch(),
    },
    async finish(counters) {
      await sink.close(counters);
      session.event({ tell: 'counters', over: true, counters: { ...counters } });
      await session.end();
    },
    report: () => [],
    onEnd,
    member: (mark, text, label) => session.event({ tell: 'member', mark, label, text }),
  };
}
