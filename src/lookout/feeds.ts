/** One runtime followed for as long as the watch lasts: what it tells, and asked again when it stops telling. */
import {
  type Container,
  type ContainerEvent,
  type Runtime,
  type Subscription,
  TargetError,
} from '../target/index.ts';

export interface FeedListener {
  event(runtime: Runtime, event: ContainerEvent): void;
  /** Everything it has, each time a subscription stands: what happened in between is in there. */
  list(runtime: Runtime, all: readonly Container[]): void;
  note(text: string): void;
}

/** Between two attempts: a daemon that is started again takes a second or two. */
const firstRetryMs = 100;
const lastRetryMs = 2000;

export class Feed {
  readonly #runtime: Runtime;
  readonly #on: FeedListener;
  #subscription: Subscription | undefined;
  readonly #isMissed: boolean;
  #retryMs = firstRetryMs;
  #isTold = false;
  #hasTold = false;

  /** @param isMissed it has told of one that is watched: if it tells nothing now, that is news */
  constructor(runtime: Runtime, isMissed: boolean, on: FeedListener) {
    this.#runtime = runtime;
    this.#isMissed = isMissed;
    this.#on = on;
  }

  /** Resolves when the first attempt is over, however it went. */
  async start(): Promise<void> {
    try {
      // Subscribed first: what starts between the two is told twice rather than never.
      this.#subscription = await this.#runtime.watchEvents(
        (event) => this.#on.event(this.#runtime, event),
        (reason) => this.#lost(reason),
      );
      this.#on.list(this.#runtime, await this.#runtime.list());
      if (this.#isTold)
        this.#on.note(`${this.#runtime.name} tells ${this.#hasTold ? 'again ' : ''}what starts and ends`);
      this.#isTold = false;
      this.#hasTold = true;
      this.#retryMs = firstRetryMs;
    } catch (error) {
      this.#lost(error as Error);
    }
  }

  /** Told once. A runtime that is not there, or is not for us, is no news when it never was. */
  #lost(reason: Error): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    const isNews =
      this.#hasTold || this.#isMissed || (reason instanceof TargetError && reason.kind === 'no-answer');
    if (!this.#isTold && isNews) {
      this.#isTold = true;
      this.#on.note(
        `${this.#runtime.name} ${this.#hasTold ? 'no longer tells' : 'does not tell'} what starts and ends (${reason.message}): it is asked until it does`,
      );
    }
    setTimeout(() => void this.start(), this.#retryMs);
    this.#retryMs = Math.min(lastRetryMs, 2 * this.#retryMs);
  }
}
