/** The parser's end of the opener. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { programPath } from '../../util/program.ts';
import { pair, pollReadable, receiveMessage, sendMessage } from '../sys/index.ts';
import type { OpenerAnswer, OpenerConfig, OpenerRequest, OutputSpec, SaveSpec } from './messages.ts';
import { type HeldNamespaces, OpenerError } from './namespaces.ts';

/** An answer takes well under a millisecond, opening a file on a hung disk longer. */
const answerTimeoutMs = 5000;

export class Opener {
  readonly #channel: number;
  readonly #child: ChildProcess;
  readonly #takesOrders: boolean;

  /**
   * Starts the process; it loads while we do other things. Call it before giving rights up.
   * @param orders its end of the lookout's channel, which is closed here
   */
  static start(orders?: number): Opener {
    const [mine, theirs] = pair();
    const child = spawn(process.execPath, [...process.execArgv, programPath('capture/opener/main')], {
      stdio: ['ignore', 'ignore', 'inherit', theirs, ...(orders === undefined ? [] : [orders])],
      // One thing at a time.
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    closeSync(theirs);
    if (orders !== undefined) closeSync(orders);
    child.unref();
    // Told when its answer is waited for: its end of the channel is closed then.
    child.once('error', () => {});
    return new Opener(mine, child, orders !== undefined);
  }

  private constructor(channel: number, child: ChildProcess, takesOrders: boolean) {
    this.#channel = channel;
    this.#child = child;
    this.#takesOrders = takesOrders;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Fixes what may be asked for from now on, and hands the namespaces over. */
  async configure(
    namespaces: HeldNamespaces | undefined,
    output?: OutputSpec,
    saves?: SaveSpec,
  ): Promise<void> {
    const handles = namespaces?.handles ?? [];
    const config: OpenerConfig = {
      namespaces: handles.length,
      ...(output ? { output } : {}),
      ...(saves ? { saves } : {}),
      ...(this.#takesOrders ? { takesOrders: true } : {}),
    };
    sendMessage(this.#channel, JSON.stringify(config));
    for (const { fd } of handles) sendMessage(this.#channel, '{}', fd);
    // The first answer comes when the process has loaded: let our own loading go on meanwhile.
    for (let waited = 0; !pollReadable(this.#channel, 0); waited += 2) {
      if (waited > answerTimeoutMs) throw new OpenerError('the opener process did not start', 'ETIMEDOUT');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    this.#receive();
  }

  linkSocket(namespace: number): number {
    return this.#ask({ ask: 'links', namespace }).fd!;
  }

  packetSocket(namespace: number, cooked: boolean): number {
    return this.#ask({ ask: 'packets', namespace, cooked }).fd!;
  }

  outputFile(sequence: number, sec: number): { fd: number; path: string } {
    const { fd, answer } = this.#ask({ ask: 'file', sequence, sec });
    return { fd: fd!, path: answer.path! };
  }

  /** A new file where files are saved. Throws OpenerError: EEXIST, EINVAL ... */
  newFile(name: string): { fd: number; path: string } {
    const { fd, answer } = this.#ask({ ask: 'save', name });
    return { fd: fd!, path: answer.path! };
  }

  close(): void {
    closeSync(this.#channel);
  }

  #ask(request: OpenerRequest): { answer: OpenerAnswer; fd?: number } {
    sendMessage(this.#channel, JSON.stringify(request));
    return this.#receive();
  }

  #receive(): { answer: OpenerAnswer; fd?: number } {
    if (!pollReadable(this.#channel, answerTimeoutMs))
      throw new OpenerError('the opener process does not answer', 'ETIMEDOUT');
    const message = receiveMessage(this.#channel);
    if (!message) throw new OpenerError('the opener process ended', 'EPIPE');
    const answer = JSON.parse(message.text) as OpenerAnswer;
    if (!answer.ok) throw new OpenerError(answer.message ?? 'failed', answer.code ?? '');
    return message.fd === undefined ? { answer } : { answer, fd: message.fd };
  }
}
