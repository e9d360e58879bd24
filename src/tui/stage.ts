/** When a picture is drawn: soon after a key, now and then while things come, never while the last is on its way. */
import { Frames } from './draw/frames.ts';
import { Surface } from './draw/surface.ts';
import { type Brightness, brightnessOf, brightnessOfAnswer, createTheme, depthOf } from './draw/theme.ts';
import { editorKeys } from './line-editor.ts';
import type { Input } from './terminal/keys.ts';
import type { Stall } from './terminal/output.ts';
import { Terminal } from './terminal/terminal.ts';

/** What is on the stage. */
export interface Player {
  paint(surface: Surface): void;
  input(input: Input): void;
  /** The terminal had stood still, and draws again. */
  stalled(stall: Stall): void;
  /** The terminal is gone, or we are to end. */
  end(): void;
}

/** Escape and the next key, typed or sent at once, are what a terminal sends for Alt: only editors have keys with it. */
function apart(input: Input): readonly Input[] {
  const [, rest] = (input.kind === 'key' && /^alt-(.+)$/.exec(input.key)) || [];
  if (rest === undefined || editorKeys.has(`alt-${rest}`)) return [input];
  return [
    { kind: 'key', key: 'escape' },
    { kind: 'key', key: rest },
  ];
}

/** Between two pictures: what a hand cannot outrun. */
const leastMs = 16;

/** What a player sees of it. */
export interface Scene {
  readonly terminal: Pick<Terminal, 'hasMouse' | 'copy' | 'suspend'>;
  readonly spent: { readonly frames: number; readonly ms: number; readonly mostMs: number };
  play(player: Player): void;
  draw(): void;
  redraw(): void;
}

/** Of this thread, where Node tells it: others compile and collect meanwhile, and the machine has other work. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

export class Stage implements Scene {
  readonly terminal: Terminal;
  readonly #frames: Frames;
  #surface: Surface;
  #player: Player | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drawnAt = 0;
  /** Pictures drawn, and the processor's time that took, for who measures. */
  readonly spent = { frames: 0, ms: 0, mostMs: 0 };

  /** Throws when there is no terminal. @param color of --color */
  constructor(color: string) {
    this.terminal = new Terminal();
    const { env } = process;
    this.#frames = new Frames(createTheme(depthOf(env, color), brightnessOf(env) ?? 'dark'));
    this.#surface = new Surface(this.terminal.columns, this.terminal.rows);
    this.terminal.attend({
      input: (input) => this.#input(input),
      resize: () => {
        this.#surface = new Surface(this.terminal.columns, this.terminal.rows);
        this.#frames.forget();
        this.draw();
      },
      stalled: (stall) => {
        this.#player?.stalled(stall);
        this.draw();
      },
      end: () => this.#player?.end(),
    });
  }

  /** Enters the screen, when it is not ours yet. */
  play(player: Player): void {
    this.#player = player;
    this.terminal.enter();
    this.draw();
  }

  /** Soon. */
  draw(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#drawnAt + leastMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#draw();
    }, wait);
  }

  redraw(): void {
    this.#frames.forget();
    this.draw();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#player = undefined;
    this.terminal.close();
  }

  #draw(): void {
    if (!this.#player) return;
    const { output } = this.terminal;
    if (output.isBusy) {
      output.skip();
      return;
    }
    const from = cpuMs();
    this.#surface.clear();
    this.#player.paint(this.#surface);
    const sent = this.#frames.next(this.#surface);
    this.#drawnAt = performance.now();
    const took = cpuMs() - from;
    this.spent.frames++;
    this.spent.ms += took;
    this.spent.mostMs = Math.max(this.spent.mostMs, took);
    output.send(sent);
  }

  #input(input: Input): void {
    if (input.kind === 'answer') {
      // COLORFGBG is what somebody has set, this is what is so.
      const brightness = brightnessOfAnswer(input.text);
      if (brightness !== undefined) this.#turn(brightness);
      return;
    }
    for (const one of apart(input)) this.#player?.input(one);
    this.draw();
  }

  #turn(brightness: Brightness): void {
    const { theme } = this.#frames;
    if (theme.brightness === brightness) return;
    this.#frames.theme = createTheme(theme.depth, brightness);
    this.draw();
  }
}
