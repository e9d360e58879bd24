/**
 * The terminal as ours: raw, on its alternate screen, and given back as it was found whatever ends us but SIGKILL.
 * Opened while we have the rights to; drawn to and read from without.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { type Input, KeyReader } from './keys.ts';
import { Output, type Stall, writeTo } from './output.ts';

/**
 * The alternate screen, so that what was there before comes back; no cursor; lines do not wrap; pasted text is told
 * apart from keys (xterm's control sequences).
 */
const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J';
const leave = '\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Buttons and wheel, in SGR's form. Not the way it moves: with shift, the terminal selects text as ever. */
const mouse = { on: '\x1b[?1000h\x1b[?1006h', off: '\x1b[?1006l\x1b[?1000l' };
/** The background's colour (OSC 11), then who it is (DA1), which everybody answers: an answer to one is none to the other. */
const question = '\x1b]11;?\x07\x1b[c';
/** An escape that nothing follows for so long was the key. */
const escapeMs = 40;

/** SIGTERM and SIGHUP: once, whoever else hears them is to end the program in order. */
const endSignals = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

export interface TerminalEvents {
  input(input: Input): void;
  resize(): void;
  /** It drew again after it had stood still. */
  stalled(stall: Stall): void;
  /** It is gone, or a signal says that we should be. */
  end(): void;
}

export class Terminal {
  readonly #fd: number;
  readonly #keyboard: ReadStream;
  readonly #keys = new KeyReader();
  readonly output: Output;
  #events: TerminalEvents | undefined;
  #isOurs = false;
  #hasMouse = false;
  #escape: NodeJS.Timeout | undefined;

  /** Throws when there is no terminal. */
  constructor() {
    // Of descriptor 1 others have the same open file: only one that is our own may be made non-blocking.
    this.#fd = open(constants.O_WRONLY | constants.O_NONBLOCK);
    this.#keyboard = new ReadStream(open(constants.O_RDONLY));
    this.output = new Output(
      writeTo(this.#fd),
      (stall) => this.#events?.stalled(stall),
      () => this.#events?.end(),
    );
  }

  get columns(): number {
    return process.stdout.columns || 80;
  }

  get rows(): number {
    return process.stdout.rows || 24;
  }

  /** Whose the input is from now on. */
  attend(events: TerminalEvents): void {
    this.#events = events;
  }

  enter(): void {
    if (this.#isOurs) return;
    this.#isOurs = true;
    this.#keyboard.setRawMode(true);
    this.#keyboard.on('data', this.#onData).on('error', this.#onEnd).on('end', this.#onEnd).resume();
    process.stdout.on('resize', this.#onResize);
    process.on('exit', this.#restore);
    // Before the stack is printed: it would be gone with the alternate screen.
    process.on('uncaughtExceptionMonitor', this.#restore);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.#onContinue);
    for (const signal of endSignals) process.on(signal, this.#onSignal);
    this.output.send(enter + (this.#hasMouse ? mouse.on : '') + question);
  }

  /** Gives it back. It can be entered again. */
  leave(): void {
    if (!this.#isOurs) return;
    this.#restore();
    this.#isOurs = false;
    this.#keyboard
      .off('data', this.#onData)
      .off('error', this.#onEnd)
      .off('end', this.#onEnd)
      .on('error', () => {})
      .pause();
    process.stdout.off('resize', this.#onResize);
    process.off('exit', this.#restore);
    process.off('uncaughtExceptionMonitor', this.#restore);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.#onContinue);
    for (const signal of endSignals) process.off(signal, this.#onSignal);
    clearTimeout(this.#escape);
  }

  close(): void {
    this.leave();
    this.#keyboard.destroy();
    closeSync(this.#fd);
  }

  get hasMouse(): boolean {
    return this.#hasMouse;
  }

  set hasMouse(has: boolean) {
    this.#hasMouse = has;
    if (this.#isOurs) this.output.send(has ? mouse.on : mouse.off);
  }

  /** To the clipboard of whoever sits at the terminal, over ssh too (OSC 52). */
  copy(text: string): void {
    this.output.send(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  }

  /** As ^Z does to a program in the foreground. Comes back with SIGCONT. */
  readonly suspend = (): void => {
    this.#restore();
    process.off('SIGTSTP', this.suspend);
    // The whole group, so that the shell sees its job stopped. Those that keep the rights do not listen to it.
    process.kill(0, 'SIGTSTP');
    process.on('SIGTSTP', this.suspend);
  };

  readonly #restore = (): void => {
    if (!this.#isOurs) return;
    this.output.finish((this.#hasMouse ? mouse.off : '') + leave);
    try {
      this.#keyboard.setRawMode(false);
    } catch {
      // It is gone, and with it its modes.
    }
  };

  readonly #onContinue = (): void => {
    this.#keyboard.setRawMode(true);
    this.output.send(enter + (this.#hasMouse ? mouse.on : ''));
    this.#events?.resize();
  };

  /** The second one is not waited with: as without us, it ends the process, but the terminal is given back. */
  #signals = 0;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#signals++ === 0) {
      this.#events?.end();
      return;
    }
    this.leave();
    process.kill(process.pid, signal);
  };

  readonly #onEnd = (): void => this.#events?.end();
  readonly #onResize = (): void => this.#events?.resize();

  readonly #onData = (bytes: Buffer): void => {
    clearTimeout(this.#escape);
    for (const input of this.#keys.feed(bytes)) this.#events?.input(input);
    if (this.#keys.isWaiting)
      this.#escape = setTimeout(() => {
        for (const input of this.#keys.flush()) this.#events?.input(input);
      }, escapeMs);
  };
}

/** The one that we are in the foreground of; where that is not to be had, the one that stdout is. */
function open(flags: number): number {
  try {
    return openSync('/dev/tty', flags | constants.O_NOCTTY);
  } catch {
    return openSync('/proc/self/fd/1', flags | constants.O_NOCTTY);
  }
}
