/** The parser's end of the lookout. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { offerMessage, pair, pollReadable, receiveMessage, sendMessage } from '../capture/sys/index.ts';
import { programPath } from '../util/program.ts';
import type { KnownNamespace, LookoutConfig, News, Question } from './messages.ts';

/** News taken at once, so that packets get their turn: more than a machine starts containers within a second. */
const newsPerTurn = 256;

/** Some 200 bytes each; a message holds 64 KiB. */
const membersPerMessage = 128;

/** On the host's network there may be hundreds in one namespace: the first piece is followed by the others. */
function inPieces(namespace: KnownNamespace): KnownNamespace[] {
  const { members } = namespace;
  return Array.from({ length: Math.max(1, Math.ceil(members.length / membersPerMessage)) }, (_, i) => ({
    ...namespace,
    members: members.slice(i * membersPerMessage, (i + 1) * membersPerMessage),
  }));
}

export class Lookout {
  /** Readable when there is news, or when the process has ended. */
  readonly fd: number;
  /** For the opener; whoever starts that closes it. */
  readonly orders: number;
  readonly #child: ChildProcess;
  #isOpen = true;

  /** Starts the process; it loads while we do other things. Call it before giving rights up, then `configure`. */
  static start(): Lookout {
    const [mine, theirs] = pair();
    const [toOpener, orders] = pair();
    const child = spawn(process.execPath, [...process.execArgv, programPath('lookout/main')], {
      stdio: ['ignore', 'ignore', 'inherit', theirs, toOpener],
      // Some waits and look-ups at a time, no rings.
      env: { ...process.env, UV_THREADPOOL_SIZE: '4' },
    });
    closeSync(theirs);
    closeSync(toOpener);
    child.unref();
    // Told when its news is waited for: its end of the channel is closed then.
    child.once('error', () => {});
    return new Lookout(mine, orders, child);
  }

  private constructor(fd: number, orders: number, child: ChildProcess) {
    this.fd = fd;
    this.orders = orders;
    this.#child = child;
  }

  /** Fixes what it looks for, and tells what is known already. */
  configure(config: Omit<LookoutConfig, 'known'>, known: readonly KnownNamespace[]): void {
    const messages = known.flatMap(inPieces);
    sendMessage(this.fd, JSON.stringify({ ...config, known: messages.length } satisfies LookoutConfig));
    for (const namespace of messages) sendMessage(this.fd, JSON.stringify(namespace));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** False when the process has ended: nothing is followed any more. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What has come meanwhile; does not wait. */
  read(): News[] {
    const news: News[] = [];
    while (this.#isOpen && news.length < newsPerTurn && pollReadable(this.fd, 0)) {
      const message = receiveMessage(this.fd);
      if (message) news.push(JSON.parse(message.text) as News);
      else this.#isOpen = false;
    }
    return news;
  }

  /** False when it has too much to do to take the question, or has ended. */
  ask(question: Question): boolean {
    try {
      return this.#isOpen && offerMessage(this.fd, JSON.stringify(question));
    } catch {
      return false;
    }
  }

  /** It ends when we do, or now. */
  close(): void {
    this.#isOpen = false;
    closeSync(this.fd);
  }
}
