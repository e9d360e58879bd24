/** A capture whose namespaces come and go, by what the lookout tells. */
import type { Control, LiveCapture } from '../capture/live/index.ts';
import type { Lookout, News } from '../lookout/index.ts';
import type { FrameCollector } from '../model/index.ts';

export interface FollowListener {
  /** Somebody joined or left: a line for people, about a target. */
  member(mark: '+' | '-', text: string, label: string): void;
  /** Addresses have names. Old: of what was there already, a name that is known stays. */
  names(names: readonly (readonly [address: string, name: string])[], isOld: boolean): void;
  /** From here on nothing that starts is missed. */
  ready(): void;
  /** Processes hold sockets of a watched namespace. */
  owners(news: OwnersNews): void;
}

type Joined = Extract<News, { news: 'joined' }>;
export type OwnersNews = Extract<News, { news: 'owners' }>;
type Left = Extract<News, { news: 'left' }>;

/**
 * From here on the lookout says which namespaces are captured, and when all is over.
 * @param isFixed it only tells about them: the end of their processes is the end
 */
export function follow(source: LiveCapture, lookout: Lookout, on: FollowListener, isFixed = false): void {
  source.controlledBy(new Following(source, lookout, on, isFixed));
}

class Following implements Control {
  readonly fd: number;
  readonly isFixed: boolean;
  readonly #source: LiveCapture;
  readonly #lookout: Lookout;
  readonly #on: FollowListener;
  /** Namespaces that are being opened. */
  readonly #opening = new Set<number>();
  /** Of those, the ones that were left meanwhile. */
  readonly #leftEarly = new Set<number>();

  constructor(source: LiveCapture, lookout: Lookout, on: FollowListener, isFixed: boolean) {
    this.isFixed = isFixed;
    this.fd = lookout.fd;
    this.#source = source;
    this.#lookout = lookout;
    this.#on = on;
  }

  act(out: FrameCollector): boolean {
    for (const news of this.#lookout.read()) this.#take(news, out);
    if (this.#lookout.isOpen) return true;
    out.note(
      this.isFixed
        ? 'the process that looks up names and owners of connections has ended'
        : 'the process that follows the container runtimes has ended: nothing joins any more',
    );
    return false;
  }

  #take(news: News, out: FrameCollector): void {
    switch (news.news) {
      case 'joined':
        void this.#join(news, out);
        break;
      case 'left':
        this.#leave(news);
        break;
      case 'names':
        this.#on.names(news.names, news.isOld ?? false);
        break;
      case 'owners':
        this.#on.owners(news);
        break;
      case 'note':
        if (news.mark === undefined) out.note(news.text);
        else this.#on.member(news.mark, news.text, news.label);
        break;
      case 'ready':
        this.#on.ready();
        break;
      case 'over':
        this.#source.stop();
        break;
    }
  }

  async #join(joined: Joined, out: FrameCollector): Promise<void> {
    const { namespace, inode, label, leftAt } = joined;
    const at = Date.now();
    const gap = leftAt === undefined ? '' : gapText(label, leftAt, at);
    this.#opening.add(namespace);
    try {
      await this.#source.add(namespace, {
        ...{ label, inode, pids: [], isComing: true },
        ...(gap === '' ? {} : { comment: gap }),
      });
      this.#on.member('+', `${joined.text} joined${leftAt === undefined ? '' : ' again'}`, label);
      if (gap !== '') out.note(gap);
    } catch (error) {
      // It was gone before it could be opened: the lookout tells that too.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL')
        out.note(`cannot watch ${label}: ${(error as Error).message}`);
    } finally {
      this.#opening.delete(namespace);
      if (this.#leftEarly.delete(namespace)) this.#source.remove(namespace);
    }
  }

  #leave({ namespace, text, label }: Left): void {
    if (this.#opening.has(namespace)) this.#leftEarly.add(namespace);
    else this.#source.remove(namespace);
    this.#on.member('-', text, label);
  }
}

/** `web was away for 312 ms, from 2026-11-25T03:06:25.123Z to ...: nothing was captured in between` */
function gapText(label: string, fromMs: number, toMs: number): string {
  const time = (ms: number) => new Date(ms).toISOString();
  return `${label} was away for ${toMs - fromMs} ms, from ${time(fromMs)} to ${time(toMs)}: nothing was captured in between`;
}
