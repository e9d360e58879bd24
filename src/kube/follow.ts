/** Objects of a list, now and as they come and go: one list and one watch. */
import { ApiError, type KubeApi, type WatchEvent } from './api.ts';

/** Between two attempts when the server ends a watch or does not answer. */
const againMs = 1000;

export interface ObjectListener<T> {
  /** For people: 'pods'. */
  readonly title: string;
  /** What is kept of an object. */
  read(object: object): T;
  /** Everything there is: first, and after a watch was too old to go on from. */
  all(things: readonly T[]): void;
  /** New or changed. */
  put(thing: T): void;
  gone(thing: T): void;
  note(text: string): void;
  /** It is only nice to have: without the right to watch, what was listed is all. */
  readonly isOptional?: boolean;
}

/** Lists, then watches until `stop`. Rejects when the first list fails. */
export async function follow<T>(
  api: KubeApi,
  path: string,
  query: Readonly<Record<string, string>>,
  on: ObjectListener<T>,
): Promise<{ stop(): void }> {
  let isStopped = false;
  let watch: { stop(): void } | undefined;
  let version = '';
  let isTold = false;

  const list = async () => {
    // While it comes, what was there before is still true.
    let listed: T[] = [];
    version = await api.pages(path, query, {
      begin: () => {
        listed = [];
      },
      page: (items) => {
        for (const item of items) listed.push(on.read(item));
      },
    });
    if (!isStopped) on.all(listed);
  };
  const event = ({ type, object }: WatchEvent) => {
    const at = (object as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
    if (type === 'ERROR') {
      // 410 Gone: the version is too old to go on from.
      version = '';
      return;
    }
    if (at !== undefined) version = at;
    if (type === 'BOOKMARK') return;
    const thing = on.read(object);
    if (type === 'DELETED') on.gone(thing);
    else on.put(thing);
  };
  const again = () => {
    if (!isStopped) setTimeout(() => void go(), againMs);
  };
  const go = async () => {
    try {
      if (version === '') await list();
      watch = await api.watch(path, { ...query, resourceVersion: version }, event, again);
      if (isStopped) watch.stop();
      if (isTold) on.note(`${on.title} are followed again`);
      isTold = false;
    } catch (error) {
      if (on.isOptional && error instanceof ApiError && error.status === 403) return;
      version = '';
      if (!isTold && !isStopped)
        on.note(`${on.title} are not followed for the moment: ${(error as Error).message}`);
      isTold = true;
      again();
    }
  };
  await list();
  void go();
  return {
    stop() {
      isStopped = true;
      watch?.stop();
    },
  };
}
