/** The terminal's face of a desk: panes, pages and what lies over them; keys become commands by the table. */
import { cutEnd } from '../sinks/text/width.ts';
import type { Desk } from '../view/ports.ts';
import { type Command, commandOf, commands, hintsOf, type Place } from './commands.ts';
import { attribute, ink, paper, styled } from './draw/style.ts';
import type { Surface } from './draw/surface.ts';
import { copyMenu, type Keeper, type SaveFile, saveMenu } from './keeping.ts';
import { FilterBar } from './over/filter-bar.ts';
import { Menu } from './over/menu.ts';
import type { Overlay } from './over/overlay.ts';
import { Prompt, Question } from './over/prompt.ts';
import { DetailPane } from './panes/detail-pane.ts';
import { ListPane, orderBy } from './panes/list-pane.ts';
import { HelpPage, type Page, RawPage, StatisticsPage, StatusPage, StreamPage } from './panes/pages.ts';
import type { Area } from './panes/scroll-pane.ts';
import { panesOf } from './panes/split.ts';
import type { Said } from './panes/status-lines.ts';
import { stallText } from './panes/status-lines.ts';
import type { Player, Scene } from './stage.ts';
import type { Input } from './terminal/keys.ts';
import type { Stall } from './terminal/output.ts';
import { drawTitle } from './title-bar.ts';

export interface AppOptions {
  readonly desk: Desk;
  readonly stage: Scene;
  /** What is watched. */
  readonly title: string;
  readonly query: string;
  readonly isLive: boolean;
  readonly showsTarget: boolean;
  readonly save: SaveFile;
  /** How the capture stands, in lines for people. */
  readonly stands?: () => Promise<readonly string[]>;
  /** The user has seen enough; the screen is given back already. */
  readonly onQuit: () => void;
}

/** How often what came is looked at: often enough to seem at once. */
const tickMs = 100;
/** What is opened and still under way is made anew this often. */
const refreshMs = 500;
/** How long a line that was said stays at the bottom. */
const tellMs = 6000;
const maxSaid = 500;
const wheelRows = 3;

export class App implements Player, Keeper {
  readonly desk: Desk;
  readonly #stage: Scene;
  readonly #options: AppOptions;
  readonly #list: ListPane;
  readonly #detail: DetailPane;
  readonly #filter: FilterBar;
  readonly #pages: Page[] = [];
  #overlay: Overlay | undefined;
  #focus: 'list' | 'detail' = 'list';
  #isOpen = false;
  #isMaximised = false;
  #isBeside = false;
  /** Share of the list, in tenths. */
  #share = 5;
  #hasHints = true;
  readonly #said: Said[] = [];
  readonly #stalls: string[] = [];
  #capture: readonly string[] = [];
  #isOver = false;
  /** Entries that had come when the last picture was drawn. */
  #seen = 0;
  #message: { text: string; isBad: boolean; until: number } | undefined;
  readonly #finds: string[] = [];
  readonly #typed: string[] = [];
  #revision = -1;
  /** Entries that sums had yet to look at. */
  #behind = 0;
  #refreshedAt = 0;
  #drawnSecond = 0;
  #timer: NodeJS.Timeout;
  #areas: { list?: Area; detail?: Area; page?: Area } = {};

  constructor(options: AppOptions) {
    this.#options = options;
    this.desk = options.desk;
    this.#stage = options.stage;
    this.#list = new ListPane(
      options.desk,
      { query: options.query },
      { follows: options.isLive, showsTarget: options.showsTarget },
    );
    this.#detail = new DetailPane(options.desk);
    this.#filter = new FilterBar(options.desk, options.query, (query) => this.#narrow(query));
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
    options.stage.play(this);
  }

  // What others tell

  /** A line that would have gone to stderr. */
  say(text: string): void {
    this.#said.push({ at: Date.now(), text });
    if (this.#said.length > maxSaid) this.#said.shift();
    this.tell(text);
  }

  tell(text: string, isBad = false): void {
    this.#message = { text, isBad, until: Date.now() + tellMs };
    this.#stage.draw();
  }

  /** No more comes. */
  finished(text: string): void {
    this.#isOver = true;
    this.tell(text);
  }

  get said(): readonly Said[] {
    return this.#said;
  }

  stalled(stall: Stall): void {
    const text = stallText(stall, this.desk.state().seen - this.#seen);
    this.#stalls.push(text);
    if (this.#stalls.length > maxSaid) this.#stalls.shift();
    // A slow line is behind now and then: only what somebody would wonder about is told.
    if (stall.until - stall.since > 1000) this.tell(text, true);
  }

  end(): void {
    this.quit();
  }

  quit(): void {
    clearInterval(this.#timer);
    this.#options.onQuit();
  }

  copy(text: string): void {
    this.#stage.terminal.copy(text);
  }

  over(overlay: Overlay): void {
    this.#overlay = overlay;
  }

  get save(): SaveFile {
    return this.#options.save;
  }

  // Time

  #tick(): void {
    const now = Date.now();
    this.desk.turn(now);
    const { revision } = this.#list.state();
    const second = Math.floor(now / 1000);
    const { behind = 0 } = this.desk.state();
    const isNews = revision !== this.#revision || behind > 0 || this.#behind > 0;
    if (isNews && now - this.#refreshedAt >= refreshMs) {
      this.#refreshedAt = now;
      this.#revision = revision;
      this.#behind = behind;
      this.#detail.refresh();
      for (const page of this.#pages) page.refresh?.();
    }
    // Rates and what is under way change by themselves.
    if (isNews || second !== this.#drawnSecond) {
      this.#drawnSecond = second;
      this.#stage.draw();
    }
  }

  // Drawing

  paint(surface: Surface): void {
    const now = Date.now();
    const state = this.desk.state();
    this.#seen = state.seen;
    const { width, height } = surface;
    if (width < 20 || height < 6) {
      surface.put(0, 0, 'too small', ink.warn);
      return;
    }
    const page = this.#pages.at(-1);
    const bottom = this.#hasHints || this.#message ? 1 : 0;
    const main: Area = { x: 0, y: 2, width, height: height - 2 - bottom };
    this.#areas = {};
    if (page) {
      this.#areas = { page: { ...main, y: main.y + 1, height: main.height - 1 } };
      this.#pageTitle(surface, page, main);
      page.draw(surface, this.#areas.page!);
    } else this.#panes(surface, main, now);
    drawTitle(surface, {
      title: this.#options.title,
      desk: state,
      list: this.#list.state(),
      isNarrowed: this.#filter.query !== '' || this.#list.wanted.marked === true,
      isFrozen: this.#list.isFrozen,
      newer: this.#list.newer,
      follows: this.#list.selection.follows,
      onlyMarked: this.#list.wanted.marked === true,
      isReading: !this.#options.isLive && !this.#isOver,
    });
    this.#bottom(surface, now);
    this.#filter.draw(surface, { x: 1, y: 1, width: width - 2, height: 1 });
    this.#overlay?.draw(surface);
  }

  #panes(surface: Surface, main: Area, now: number): void {
    this.#areas = panesOf(main, {
      isOpen: this.#isOpen,
      isMaximised: this.#isMaximised,
      isBeside: this.#isBeside,
      share: this.#share,
      focus: this.#focus,
    });
    const { list, detail } = this.#areas;
    if (list) this.#list.draw(surface, list, this.#focus === 'list', now);
    if (detail) {
      this.#detail.show(this.#list.row?.id);
      this.#detail.draw(surface, detail, this.#focus === 'detail');
      if (list && detail.x > 0)
        for (let y = detail.y; y < detail.y + detail.height; y++) surface.put(detail.x - 1, y, '│', ink.dim);
    }
  }

  #pageTitle(surface: Surface, page: Page, { y, width }: Area): void {
    surface.fill(0, y, width, 1, styled(ink.plain, paper.bar));
    surface.put(
      1,
      y,
      cutEnd(page.title, width - 8),
      styled(ink.accent, paper.bar, attribute.bold),
      width - 8,
    );
    surface.put(width - 5, y, page.pane.place().padStart(4), styled(ink.dim, paper.bar));
  }

  #bottom(surface: Surface, now: number): void {
    const y = surface.height - 1;
    if (this.#message && this.#message.until < now) this.#message = undefined;
    if (this.#message) {
      const { text, isBad } = this.#message;
      surface.put(
        1,
        y,
        cutEnd(text.replace(/\n[\s\S]*/, ''), surface.width - 2),
        isBad ? ink.warn : ink.accent,
      );
      return;
    }
    if (!this.#hasHints) return;
    let x = 1;
    for (const { key, word } of hintsOf(this.#place, surface.width)) {
      x = surface.put(x, y, key, styled(ink.accent, paper.none, attribute.bold));
      x = surface.put(x + 1, y, word, ink.dim) + 2;
    }
  }

  get #place(): Place {
    return this.#pages.at(-1)?.place ?? this.#focus;
  }

  // Input

  input(input: Input): void {
    if (this.#overlay) {
      const overlay = this.#overlay;
      // It may have put another one in its place.
      if (overlay.input(input) === 'close' && this.#overlay === overlay) this.#overlay = undefined;
      return;
    }
    if (this.#filter.isOpen) {
      this.#filter.input(input);
      return;
    }
    if (input.kind === 'mouse') this.#mouse(input);
    if (input.kind !== 'key') return;
    const command = commandOf(input.key, this.#place);
    if (command) this.#run(command, input.key);
  }

  #mouse({ action, x, y }: Extract<Input, { kind: 'mouse' }>): void {
    const over = (area?: Area) =>
      area && x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height;
    const { list, detail, page } = this.#areas;
    const step = action === 'up' ? -wheelRows : action === 'down' ? wheelRows : 0;
    if (over(page)) {
      if (step !== 0) this.#pages.at(-1)!.pane.scroll(step);
      else if (action === 'press') this.#pages.at(-1)!.pane.select(y - page!.y);
    } else if (over(list)) {
      this.#focus = 'list';
      if (step !== 0) this.#list.scroll(step);
      else if (action === 'press') this.#list.select(y - list!.y);
    } else if (over(detail)) {
      this.#focus = 'detail';
      if (step !== 0) this.#detail.pane.scroll(step);
      else if (action === 'press') this.#detail.pane.select(y - detail!.y - 1);
    } else if (action === 'press' && y === 1) this.#filter.open();
  }

  /** Those that a pane has are its own; the others are below. */
  #run({ name }: Command, key: string): void {
    this.#message = undefined;
    const page = this.#pages.at(-1);
    if (page) {
      if (page.act(name)) return;
    } else if (this.#focus === 'detail' && this.#detail.act(name, key)) return;
    else if (this.#focus === 'list') {
      if (name === 'mark' && key === 'space') {
        this.#list.act('mark');
        this.#list.act('down');
        return;
      }
      if (this.#list.act(name)) return;
    }
    const act = this.#actions[name];
    if (act) act(key);
  }

  readonly #actions: Readonly<Record<string, (key: string) => void>> = {
    open: () => this.#open(),
    select: () => {
      const line = (this.#pages.at(-1)?.pane ?? this.#detail.pane).line;
      if (line?.query) this.#andFilter(line.query);
    },
    back: (key) => this.#back(key),
    'next-entry': () => this.#step('down'),
    'previous-entry': () => this.#step('up'),
    'follow-stream': () => {
      const { row } = this.#list;
      if (row) this.#push(new StreamPage(this.desk, row));
    },
    raw: () => {
      const { row } = this.#list;
      if (row) this.#push(new RawPage(this.desk, row));
    },
    statistics: () => this.#push(new StatisticsPage(this.desk, () => this.#filter.query)),
    status: () => this.#status(),
    help: () => this.#push(new HelpPage(['list', 'detail', 'stream', 'statistics', 'text'])),
    filter: () => this.#filter.open(),
    find: () => this.#find(),
    sort: () => this.#sort(),
    reverse: () => {
      const { order } = this.#list.wanted;
      if (!order) this.tell('in order of arrival; o sorts');
      else this.#list.wanted = { ...this.#list.wanted, order: { ...order, descending: !order.descending } };
    },
    columns: () => this.#columns(),
    mark: () => this.#list.act('mark'),
    'only-marked': () => {
      this.#list.wanted = { ...this.#list.wanted, marked: !this.#list.wanted.marked };
    },
    unmark: () => this.#unmark(),
    copy: () => {
      const { row } = this.#list;
      const detail = row && this.desk.detail(row.id);
      if (!detail || detail.copies.length === 0) this.tell('there is nothing to copy of it');
      else this.over(copyMenu(this, detail.row.id, detail.copies));
    },
    save: () => this.#save(),
    'save-packets': () => this.#save('pcapng'),
    clear: () =>
      this.over(
        new Question('Forget all entries? Files that are written keep theirs.', () => this.desk.clear()),
      ),
    'next-pane': () => {
      if (!this.#isOpen) this.#open();
      else this.#focus = this.#focus === 'list' ? 'detail' : 'list';
    },
    maximise: () => {
      this.#isMaximised = !this.#isMaximised;
    },
    layout: () => {
      this.#isBeside = !this.#isBeside;
    },
    larger: () => this.#resize(this.#focus === 'list' ? 1 : -1),
    smaller: () => this.#resize(this.#focus === 'list' ? -1 : 1),
    mouse: () => {
      const { terminal } = this.#stage;
      terminal.hasMouse = !terminal.hasMouse;
      this.tell(
        terminal.hasMouse
          ? 'wheel and clicks are ours; with Shift the terminal selects'
          : 'the mouse is the terminal’s',
      );
    },
    hints: () => {
      this.#hasHints = !this.#hasHints;
    },
    command: () => this.#command(),
    redraw: () => this.#stage.redraw(),
    suspend: () => this.#stage.terminal.suspend(),
    quit: () => this.quit(),
  };

  #status(): void {
    this.#push(
      new StatusPage(() => [this.desk.state(), this.#said, this.#stalls, this.#stage.spent, this.#capture]),
    );
    void this.#options.stands?.().then((lines) => {
      this.#capture = lines;
      this.#stage.draw();
    });
  }

  #open(): void {
    const { selection } = this.#list;
    if (!this.#list.row) return;
    // What is read must not move on.
    selection.follows = false;
    this.#isOpen = true;
    this.#focus = 'detail';
  }

  #back(key: string): void {
    if (this.#pages.length > 0) {
      this.#pages.pop();
    } else if (this.#isOpen) {
      this.#isOpen = false;
      this.#focus = 'list';
    } else if (this.#list.isFrozen) this.#list.act('freeze');
    else if (this.#filter.query !== '' || this.#list.wanted.marked) this.#narrow('');
    // Pressed once too often it is no reason to lose what is there.
    else if (key === 'escape') this.tell('q ends');
    else this.quit();
  }

  #step(command: 'up' | 'down'): void {
    this.#list.act(command);
    const page = this.#pages.at(-1);
    const { row } = this.#list;
    if (page instanceof StreamPage && row) {
      this.#pages.pop();
      this.#push(new StreamPage(this.desk, row));
    }
  }

  #push(page: Page): void {
    // The same one twice is no use.
    if (this.#pages.at(-1)?.constructor === page.constructor) this.#pages.pop();
    this.#pages.push(page);
  }

  #narrow(query: string): void {
    this.#filter.set(query);
    const { marked: _, ...wanted } = this.#list.wanted;
    this.#list.wanted = { ...wanted, query };
    for (const page of this.#pages) page.refresh?.();
  }

  #andFilter(query: string): void {
    const before = this.#filter.query;
    this.#pages.length = 0;
    this.#focus = 'list';
    this.#isOpen = false;
    this.#narrow(before === '' || before === query ? query : `(${before}) && ${query}`);
    this.tell(`filter: ${this.#filter.query}; Esc takes it back`);
  }

  #find(): void {
    const pane = this.#pages.at(-1)?.pane ?? (this.#focus === 'detail' ? this.#detail.pane : undefined);
    this.over(
      new Prompt({
        title: 'Find',
        history: this.#finds,
        done: (text) => {
          const isThere = pane ? pane.find(text, 1) : this.#list.find(text, false);
          if (!isThere) this.tell(`'${text}' is not there`, true);
        },
      }),
    );
  }

  #sort(): void {
    const { order } = this.#list.wanted;
    const all = this.desk.columns();
    const choices = [
      { key: '', text: 'arrival', note: 'as they came', isOn: !order },
      ...all.map((c) => ({ key: '', text: c.name, note: c.label, isOn: order?.column === c.name })),
    ];
    this.over(
      new Menu('Sort by', choices, (index) => {
        const { order: _, ...wanted } = this.#list.wanted;
        this.#list.wanted = index === 0 ? wanted : { ...wanted, order: orderBy(order, all[index - 1]!.name) };
      }),
    );
  }

  #columns(): void {
    const chosen = this.#list.wanted.columns ?? [];
    const all = this.desk.columns();
    const choices = all.map((c) => ({
      key: '',
      text: c.name,
      note: c.description,
      isOn: chosen.includes(c.name),
    }));
    this.over(
      new Menu('Column, or not', choices, (index) => {
        const { name } = all[index]!;
        const columns = chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name];
        this.#list.wanted = { ...this.#list.wanted, columns };
      }),
    );
  }

  #marked(): number[] {
    const list = this.desk.list({ query: '', marked: true });
    const ids = list.rows(0, list.state().length).map(({ id }) => id);
    list.close();
    return ids;
  }

  #unmark(): void {
    for (const id of this.#marked()) this.desk.mark(id, false);
  }

  #save(format?: 'pcapng'): void {
    this.over(
      saveMenu(
        this,
        {
          id: this.#list.row?.id,
          query: this.#filter.query,
          shown: this.#list.state().length,
          marked: this.#marked().length,
        },
        format,
      ),
    );
  }

  #resize(step: number): void {
    this.#share = Math.max(2, Math.min(8, this.#share + step));
  }

  #command(): void {
    const names = [...new Set(commands.map(({ name }) => name))];
    this.over(
      new Prompt({
        title: 'Command',
        history: this.#typed,
        note: 'a name from the help page; filter QUERY',
        complete: (text) => names.find((name) => name.startsWith(text)) ?? text,
        done: (text) => {
          const [word = '', ...rest] = text.trim().split(/\s+/);
          if (word === 'filter' && rest.length > 0) {
            const query = text.trim().slice(word.length).trim();
            const { state, message } = this.desk.check(query);
            if (state === 'valid') this.#narrow(query);
            else this.tell(message, true);
            return;
          }
          const name = { q: 'quit', 'q!': 'quit', qa: 'quit', h: 'help', w: 'save' }[word] ?? word;
          const command = commands.find((c) => c.name === name);
          if (command) this.#run(command, '');
          else if (word !== '') this.tell(`there is no command '${word}'`, true);
        },
      }),
    );
  }
}
