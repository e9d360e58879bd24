/** The view of `web`: a desk, and the page's server in front of it, in the process that has no rights. */
import type { Target } from '../model/index.ts';
import { createDesk } from '../view/index.ts';
import type { About, PageServer, WatchableTarget } from '../web/index.ts';
import { DeskTalk, encodeFrame, type Outbox, type Post } from '../web/index.ts';
import type { Setting, View } from './capture.ts';
import type { CaptureOptions } from './capture-options.ts';
import type { DecodingOptions } from './decoding-options.ts';
import { deskView } from './desk-view.ts';
import { memberLine } from './members.ts';
import { platform as undo } from './platform.ts';
import { plainText, stderr } from './terminal.ts';
import { version } from './version.ts';

export interface WebOptions extends DecodingOptions {
  readonly options: CaptureOptions;
  readonly title: string;
  readonly server: PageServer;
}

/** Lists and rates are brought up to date so often; what is asked is answered at once. */
const turnMs = 100;
/** Somebody waits for a list to be whole: the capture, on the same thread, still has every other moment. */
const hurryMs = 20;

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function webView(setting: Setting, wanted: WebOptions): View {
  const { options, server, title } = wanted;
  const release = version();
  const desk = createDesk({
    now: () => performance.now(),
    platform: { ...undo, schema: wanted.schema },
    rules: wanted.rules,
    isLive: setting.live,
    version: release,
  });
  const view = deskView(setting, { ...wanted, desk, noNames: options.noNames > 0 });
  const board = new Targets();
  const ended = signalled();
  const talks = new Set<DeskTalk>();
  let lines: () => Promise<readonly string[]> = async () => [];
  let over = '';
  const about = async (): Promise<About> => ({
    title,
    version: release,
    query: wanted.query,
    isMasked: wanted.rules !== undefined,
    targets: board.rows(),
    status: [...(over === '' ? [] : [over]), ...(await lines()).map(plainText)],
  });
  let timer: NodeJS.Timeout | undefined;
  const turn = () => {
    desk.turn(Date.now());
    let isBehind = false;
    for (const talk of talks) {
      talk.turn();
      isBehind ||= talk.isBehind;
    }
    timer = setTimeout(turn, isBehind ? hurryMs : turnMs);
  };
  turn();
  return {
    ...view,
    targets: (known, watched) => board.know(known, watched),
    stands(ask) {
      lines = ask;
    },
    member(mark, text, label) {
      memberLine(mark, text, label);
      board.member(mark, label);
    },
    begin() {
      server.talk((outbox) => {
        const talk = new DeskTalk(desk, postTo(outbox), about);
        talks.add(talk);
        return {
          receive: (message) => talk.receive(message),
          close() {
            talk.close();
            talks.delete(talk);
          },
        };
      });
      process.stdout.write(`${server.url}\n`);
    },
    async finish(counters) {
      await view.finish(counters);
      over = setting.live ? 'the capture is over' : 'the file is read to its end';
    },
    async linger(failed) {
      if (!failed && !ended.is()) {
        stderr(`${over}: the page stays until Ctrl-C`);
        await ended.promise;
      }
      clearTimeout(timer);
      ended.release();
    },
  };
}

const postTo = (outbox: Outbox): Post => ({
  answer: (message) => outbox.answer(encodeFrame(message)),
  news: (topic, make) => outbox.news(topic, () => encodeFrame(make(), true)),
  get overtaken() {
    return outbox.overtaken;
  },
});

/** Somebody said that it is enough; the capture is told elsewhere. */
function signalled() {
  let isSo = false;
  let tell = () => {};
  const promise = new Promise<void>((done) => {
    tell = () => {
      isSo = true;
      done();
    };
  });
  for (const signal of endSignals) process.once(signal, tell);
  return {
    is: () => isSo,
    promise,
    release() {
      for (const signal of endSignals) process.off(signal, tell);
    },
  };
}

/** What can be watched, as it was in the beginning, and who of it is: that goes on. */
class Targets {
  readonly #rows = new Map<string, WatchableTarget>();

  know(known: readonly Target[], watched: readonly Target[]): void {
    for (const target of known) this.#put(target, 'not watched');
    for (const target of watched) this.#put(target, 'watched');
  }

  member(mark: '+' | '-', label: string): void {
    for (const name of label.split('+')) {
      const row = [...this.#rows.values()].find((one) => one.name === name);
      const key = row ? `${row.runtime}:${name}` : `:${name}`;
      const state = mark === '+' ? 'watched' : 'ended';
      this.#rows.set(key, { ...(row ?? { name, runtime: '', detail: '', addresses: [] }), state });
    }
  }

  rows(): WatchableTarget[] {
    const order = ['watched', 'ended', 'not watched'];
    return [...this.#rows.values()].sort(
      (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.name < b.name ? -1 : 1),
    );
  }

  #put(target: Target, state: WatchableTarget['state']): void {
    const { runtime, name, image, id, pid, addresses } = target;
    const detail = [image, id.slice(0, 12), pid > 0 ? `pid ${pid}` : '']
      .filter((part) => part !== '')
      .join(', ');
    this.#rows.set(`${runtime}:${name}`, { name, runtime, state, detail, addresses });
  }
}
