/** What a page is told about the capture behind it, beyond its entries. */
export interface About {
  /** What is watched, as it was asked for. */
  readonly title: string;
  readonly version: string;
  /** What the filter begins with; the one in the page's URL goes first. */
  readonly query: string;
  /** Secrets in it are masked. */
  readonly isMasked: boolean;
  readonly targets: readonly WatchableTarget[];
  /** How the capture stands, in words. */
  readonly status: readonly string[];
}

export interface WatchableTarget {
  readonly name: string;
  readonly runtime: string;
  readonly state: 'watched' | 'ended' | 'not watched';
  /** Image, process. */
  readonly detail: string;
  readonly addresses: readonly string[];
}
