/**
 * The agent's front: it listens, looks at nothing but a client's first line, and gives each session a process of its
 * own, which captures, gives its rights up and is told of connections. A connection that comes back goes to the
 * process that has its session.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import {
  encodeUnit,
  type Hello,
  LineReader,
  preface,
  type Refusal,
  readClientLine,
  UnitKind,
} from '../remote/index.ts';
import { utf8Bytes } from '../util/text.ts';
import { isTokenOf } from './token.ts';

/** A client's first line comes at once. */
const helloMs = 10_000;
/** A process that nobody got in this time has no use: the next client starts another. */
const spareMs = helloMs;
/** Each is a process of some 60 MB, and the rings of what it captures. */
const sessionsMax = 16;

export interface BrokerOptions {
  readonly port: number;
  /** tokenDigest of the token. */
  readonly digest: string;
  /** Command and arguments of a session's process; the session's id is added. */
  readonly command: readonly string[];
  /** Ends when there was no session for so long; 0: never. */
  readonly idleMs: number;
  /** Ends with its last session: it was made for one client. */
  readonly isOnce?: boolean;
  /** A line for people. */
  note(text: string): void;
}

/** What a session's process is sent with each connection. */
export interface Handover {
  readonly hello: Hello;
  /** When it came, Unix milliseconds: a session's process needs a while to begin. */
  readonly heardMs: number;
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #sessions = new Map<string, ChildProcess>();
  /** Started when somebody connected, and not taken yet: it loads while the client says who it is. */
  #spare: { readonly id: string; readonly child: ChildProcess; readonly timer: NodeJS.Timeout } | undefined;
  readonly #server: Server;
  #idle: NodeJS.Timeout | undefined;
  #closed: (() => void) | undefined;
  #isClosed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true, pauseOnConnect: false }, (socket) => this.#greet(socket));
  }

  /** Calls `listening` with its port. Resolves when it has ended: nobody was there for too long, or `close` was called. */
  async run(listening: (port: number) => void): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(this.#options.port, '127.0.0.1', done);
    });
    listening((this.#server.address() as { port: number }).port);
    this.#expectSomebody();
    await new Promise<void>((closed) => {
      this.#closed = closed;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    // Not by a signal: a session has become nobody, and there is no CAP_KILL. It ends when its channel does.
    for (const child of this.#sessions.values()) if (child.connected) child.disconnect();
    this.#dismiss();
    this.#server.close();
    this.#closed?.();
  }

  #expectSomebody(): void {
    clearTimeout(this.#idle);
    if (!this.#isClosed && this.#options.idleMs > 0 && this.#sessions.size === 0)
      this.#idle = setTimeout(() => {
        this.#options.note('no client: ended');
        this.close();
      }, this.#options.idleMs);
  }

  #greet(socket: Socket): void {
    this.#prepare();
    const lines = new LineReader();
    socket.on('error', () => socket.destroy());
    socket.setTimeout(helloMs, () => socket.destroy());
    const listen = (bytes: Buffer) => {
      const [found] = lines.feed(bytes);
      if (!found) {
        if (lines.ignored > 0) socket.destroy();
        return;
      }
      socket.off('data', listen);
      socket.pause();
      socket.setTimeout(0);
      const hello = readClientLine(found);
      if (hello?.say === 'hello') this.#admit(socket, hello);
      else socket.destroy();
    };
    socket.on('data', listen);
  }

  #admit(socket: Socket, hello: Hello): void {
    if (!isTokenOf(hello.token, this.#options.digest)) {
      this.#options.note(`refused: a client with a wrong token`);
      return this.#refuse(socket, hello, { reason: 'the token is not the one of this agent', hint: '' });
    }
    const { resume } = hello;
    if (resume !== undefined) {
      const child = this.#sessions.get(resume.session);
      if (child) this.#hand(child, hello, socket);
      else
        this.#refuse(socket, hello, {
          reason: 'the session is over: what the agent had captured is gone',
          hint: '',
        });
      return;
    }
    if (this.#sessions.size >= sessionsMax)
      return this.#refuse(socket, hello, {
        reason: `the agent has ${sessionsMax} sessions, which is the most it takes`,
        hint: '',
      });
    this.#hand(this.#start(), hello, socket);
  }

  /** One at most, however many connect. */
  #prepare(): void {
    if (this.#spare || this.#sessions.size >= sessionsMax || this.#isClosed) return;
    const id = crypto.randomUUID();
    const [command, ...args] = this.#options.command;
    const child = spawn(command!, [...args, id], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.once('error', (error) => this.#options.note(`a session could not be started: ${error.message}`));
    child.once('close', () => {
      if (this.#spare?.child === child) this.#forget();
      if (!this.#sessions.delete(id)) return;
      if (this.#options.isOnce && this.#sessions.size === 0) this.close();
      else this.#expectSomebody();
    });
    this.#spare = { id, child, timer: setTimeout(() => this.#dismiss(), spareMs).unref() };
  }

  #forget(): void {
    clearTimeout(this.#spare?.timer);
    this.#spare = undefined;
  }

  #dismiss(): void {
    const child = this.#spare?.child;
    this.#forget();
    if (child?.connected) child.disconnect();
  }

  #start(): ChildProcess {
    this.#prepare();
    const { id, child } = this.#spare!;
    this.#forget();
    this.#sessions.set(id, child);
    clearTimeout(this.#idle);
    return child;
  }

  /** The process must have its listeners before the line that follows is read: nothing is read here any more. */
  #hand(child: ChildProcess, hello: Hello, socket: Socket): void {
    const { token: _, ...rest } = hello;
    child.send(
      { hello: rest, heardMs: Date.now() } satisfies Handover,
      socket,
      { keepOpen: false },
      (error) => {
        if (error) socket.destroy();
      },
    );
  }

  #refuse(socket: Socket, hello: Hello, refusal: Refusal): void {
    socket.write(preface(hello.nonce));
    socket.end(encodeUnit(UnitKind.refusal, 0, utf8Bytes(JSON.stringify(refusal))));
  }
}
