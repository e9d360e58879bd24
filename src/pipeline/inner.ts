/** What rides inside one exchange's bodies: every module that claims it listens, in the registry's order. */
import type {
  AnalyzerContext,
  Exchange,
  Inner,
  InnerAnalyzer,
  InnerModule,
  InnerOutput,
  Side,
  Timestamp,
} from '../model/index.ts';

/** Whose messages they ride inside: the connection's tree. */
export interface InnerHost extends InnerOutput {
  innerContext(): AnalyzerContext;
  /** It takes so much more memory, or less. */
  hold(change: number): void;
}

class Inners implements Inner {
  readonly #out: InnerHost;
  /** Mostly one; at the same places. */
  #modules: InnerModule[] = [];
  #open: InnerAnalyzer[] = [];
  #held = 0;

  constructor(out: InnerHost) {
    this.#out = out;
  }

  add(module: InnerModule, analyzer: InnerAnalyzer): void {
    this.#modules.push(module);
    this.#open.push(analyzer);
  }

  has(module: InnerModule): boolean {
    return this.#modules.includes(module);
  }

  answered(exchange: Exchange): void {
    const open = this.#open;
    for (let i = 0; i < open.length; i++) open[i]!.answered?.(exchange);
  }

  data(side: Side, bytes: Uint8Array, at: Timestamp): void {
    const open = this.#open;
    for (let i = 0; i < open.length; i++) open[i]!.data(side, bytes, at, this.#out);
    this.#account();
  }

  gap(side: Side, length: number, at: Timestamp): void {
    const open = this.#open;
    for (let i = 0; i < open.length; i++) open[i]!.gap(side, length, at, this.#out);
  }

  finish(exchange: Exchange): Exchange {
    const open = this.#open;
    let finished = exchange;
    for (let i = 0; i < open.length; i++) finished = open[i]!.finish(finished, this.#out);
    this.#open = [];
    this.#modules = [];
    this.#account();
    return finished;
  }

  #account(): void {
    const open = this.#open;
    let held = 0;
    for (let i = 0; i < open.length; i++) held += open[i]!.buffered();
    if (held !== this.#held) this.#out.hold(held - this.#held);
    this.#held = held;
  }
}

/**
 * Undefined when no module claims the exchange.
 * @param before what the request's head alone was answered with
 */
export function openInner(
  modules: readonly InnerModule[],
  exchange: Exchange,
  host: InnerHost,
  before?: Inner,
): Inner | undefined {
  let inners = before instanceof Inners ? before : undefined;
  inners?.answered(exchange);
  for (const module of modules) {
    if (inners?.has(module) || !module.claims(exchange)) continue;
    inners ??= new Inners(host);
    inners.add(module, module.open(exchange, host.innerContext()));
  }
  return inners;
}

/** Media types whose verdict is kept; the network makes them up, so that all go when there are more. */
const maxTypes = 256;

/** AnalyzerContext.mayRide for these modules. */
export function mayRideIn(modules: readonly InnerModule[]): NonNullable<AnalyzerContext['mayRide']> {
  if (modules.some(({ signs }) => !signs)) return () => true;
  const parts = [...new Set(modules.flatMap(({ signs }) => signs!.target))];
  const target = parts.length === 0 ? undefined : new RegExp(parts.map(literally).join('|'), 'i');
  const byType = (head: 'request' | 'response') => {
    const begins = modules.flatMap(({ signs }) => signs![head]);
    const verdicts = new Map<string, boolean>();
    // Mostly it is the one before again.
    let lastType = '';
    let last = false;
    return (type: string): boolean => {
      if (type === lastType) return last;
      let verdict = verdicts.get(type);
      if (verdict === undefined) {
        verdict = begins.some((begin) => type.toLowerCase().trimStart().startsWith(begin));
        if (verdicts.size >= maxTypes) verdicts.clear();
        verdicts.set(type, verdict);
      }
      lastType = type;
      last = verdict;
      return verdict;
    };
  };
  const ask = { request: byType('request'), response: byType('response') };
  return (head, type, text) =>
    (type !== '' && ask[head](type)) || (target !== undefined && text.includes('?') && target.test(text));
}

const literally = (part: string) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
