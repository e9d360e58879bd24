/** What can be watched, with live rates: moves, filters, sorts; Enter chooses. */
import { columns, cutEnd } from '../sinks/text/width.ts';
import { commandOf, hintsOf } from './commands.ts';
import { attribute, hashedInk, ink, paper, styled } from './draw/style.ts';
import type { Surface } from './draw/surface.ts';
import { LineEditor } from './line-editor.ts';
import { drawEditor } from './over/prompt.ts';
import { HelpPage } from './panes/pages.ts';
import { type Rows, Selection } from './panes/selection.ts';
import type { Player, Scene } from './stage.ts';
import type { Input } from './terminal/keys.ts';

export interface PickRow {
  /** The same from look to look. */
  readonly key: string;
  readonly name: string;
  readonly runtime: string;
  readonly image: string;
  readonly address: string;
  /** Bytes a second; undefined: not known (yet). */
  readonly inRate: number | undefined;
  readonly outRate: number | undefined;
  readonly loRate: number | undefined;
}

/** What is there now. Called every second. */
export type Look = () => Promise<readonly PickRow[]>;

const lookMs = 1000;
/** Of name, image and address each: what beside them is as wide as rates and runtimes are. */
const textRoom = (width: number): number => Math.max(8, Math.floor((width - 50) / 3));

const heads = ['NAME', 'RUNTIME', 'IMAGE', 'IPS', 'IN', 'OUT', 'LO'] as const;

/** @returns the chosen row's key; undefined: none */
export function pick(
  stage: Scene,
  first: readonly PickRow[],
  look: Look,
  rate: (n: number) => string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    stage.play(new Picker(stage, first, look, rate, resolve));
  });
}

class Picker implements Player {
  readonly #stage: Scene;
  readonly #rate: (n: number) => string;
  readonly #done: (key: string | undefined) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #selection = new Selection(false);
  readonly #numbers = new Map<string, number>();
  readonly #filter = new LineEditor();
  #rows: readonly PickRow[];
  #isTyping = false;
  #byTraffic = false;
  #help: HelpPage | undefined;

  constructor(
    stage: Scene,
    first: readonly PickRow[],
    look: Look,
    rate: (n: number) => string,
    done: (key: string | undefined) => void,
  ) {
    this.#stage = stage;
    this.#rows = first;
    this.#rate = rate;
    this.#done = done;
    let isLooking = false;
    this.#timer = setInterval(async () => {
      if (isLooking) return;
      isLooking = true;
      // What could not be asked now is asked again in a second.
      this.#rows = await look().catch(() => this.#rows);
      isLooking = false;
      this.#stage.draw();
    }, lookMs);
  }

  end(): void {
    this.#end(undefined);
  }

  stalled(): void {}

  #end(key: string | undefined): void {
    clearInterval(this.#timer);
    this.#done(key);
  }

  input(input: Input): void {
    if (this.#isTyping) {
      const key = input.kind === 'key' ? input.key : '';
      if (key === 'escape') this.#filter.set('');
      if (key === 'enter' || key === 'escape') this.#isTyping = false;
      else if (key === 'ctrl-c') this.#end(undefined);
      else this.#filter.take(input);
      return;
    }
    if (input.kind !== 'key') return;
    const command = commandOf(input.key, this.#help ? 'text' : 'picker')?.name ?? '';
    if (command === 'quit') this.#end(undefined);
    else if (this.#help) {
      if (command === 'back') this.#help = undefined;
      else this.#help.act(command);
    } else this.#act(command);
  }

  #act(command: string): void {
    const shown = this.#shown();
    const rows = this.#rowsOf(shown);
    const selection = this.#selection;
    if (command === 'down') selection.moveBy(1, rows);
    else if (command === 'up') selection.moveBy(-1, rows);
    else if (command === 'page-down') selection.page(1, rows);
    else if (command === 'page-up') selection.page(-1, rows);
    else if (command === 'top') selection.moveTo(0, rows);
    else if (command === 'bottom') selection.moveTo(rows.length - 1, rows);
    else if (command === 'open') {
      const row = shown[selection.at];
      if (row) this.#end(row.key);
    } else if (command === 'back') {
      if (this.#filter.text === '') this.#end(undefined);
      else this.#filter.set('');
    } else if (command === 'filter') this.#isTyping = true;
    else if (command === 'sort') this.#byTraffic = !this.#byTraffic;
    else if (command === 'help') this.#help = new HelpPage(['picker']);
    else if (command === 'suspend') this.#stage.terminal.suspend();
    else if (command === 'redraw') this.#stage.redraw();
  }

  paint(surface: Surface): void {
    const { width, height } = surface;
    if (this.#help) {
      this.#help.draw(surface, { x: 0, y: 0, width, height });
      return;
    }
    const shown = this.#shown();
    const seen = Math.max(1, height - 4);
    this.#selection.refresh(this.#rowsOf(shown), seen);
    const { top, at } = this.#selection;
    const room = textRoom(width);
    const cells = shown.map((row) => this.#cells(row, room));
    const widths = heads.map((head, i) => Math.max(head.length, ...cells.map((row) => columns(row[i]!))));
    let x = 2;
    heads.forEach((head, i) => {
      surface.put(x, 0, head, styled(ink.dim, paper.none, attribute.bold));
      x += widths[i]! + 3;
    });
    cells.slice(top, top + seen).forEach((row, i) => {
      let x = 2;
      const y = i + 1;
      row.forEach((cell, column) => {
        surface.put(x, y, cell, column === 0 ? hashedInk(cell) : column > 3 ? ink.plain : ink.dim);
        x += widths[column]! + 3;
      });
      if (top + i !== at) return;
      surface.put(0, y, '>', styled(ink.accent, paper.none, attribute.bold));
      surface.tint(0, y, width, paper.selected, attribute.bold);
    });
    if (shown.length === 0) surface.put(2, 1, 'nothing is called so', ink.dim);
    if (this.#isTyping || this.#filter.text !== '') {
      surface.put(2, height - 2, 'filter ', ink.accent);
      if (this.#isTyping) drawEditor(surface, this.#filter, 9, height - 2, width - 10, ink.plain);
      else surface.put(9, height - 2, cutEnd(this.#filter.text, width - 10), ink.plain);
    }
    let at2 = 2;
    for (const { key, word } of hintsOf('picker', width - 2)) {
      at2 = surface.put(at2, height - 1, key, styled(ink.accent, paper.none, attribute.bold));
      at2 = surface.put(at2 + 1, height - 1, word, ink.dim) + 2;
    }
  }

  #cells(row: PickRow, room: number): string[] {
    const rate = (n: number | undefined) => (n === undefined ? '-' : this.#rate(n));
    return [
      cutEnd(row.name, room),
      row.runtime,
      cutEnd(row.image, room),
      cutEnd(row.address, room),
      rate(row.inRate),
      rate(row.outRate),
      rate(row.loRate),
    ];
  }

  #shown(): readonly PickRow[] {
    const wanted = this.#filter.text.toLowerCase();
    const rows = this.#rows.filter(({ name, image, runtime, address }) =>
      [name, image, runtime, address].some((text) => text.toLowerCase().includes(wanted)),
    );
    if (!this.#byTraffic) return rows;
    const traffic = (row: PickRow) => (row.inRate ?? 0) + (row.outRate ?? 0) + (row.loRate ?? 0);
    return rows.sort((a, b) => traffic(b) - traffic(a));
  }

  /** Numbers for keys, so that the selection stays on its target, wherever that is now. */
  #rowsOf(shown: readonly PickRow[]): Rows {
    const number = ({ key }: PickRow) => {
      let n = this.#numbers.get(key);
      if (n === undefined) {
        n = this.#numbers.size + 1;
        this.#numbers.set(key, n);
      }
      return n;
    };
    return {
      length: shown.length,
      position: (id) => {
        const at = shown.findIndex((row) => number(row) === id);
        // It has gone: what is in its place now.
        return at < 0 ? Math.min(this.#selection.at, shown.length - 1) : at;
      },
      idAt: (at) => (shown[at] ? number(shown[at]) : undefined),
    };
  }
}
