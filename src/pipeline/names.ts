/** Names of addresses: what the watcher knows (containers), and what DNS answers said. */
import type { Exchange } from '../model/index.ts';
import { utf8FromBytes } from '../util/text.ts';

/** Names from DNS kept; the oldest goes. A busy resolver names some thousand hosts an hour. */
const maxNames = 16_384;

export class Names {
  readonly #known: ReadonlyMap<string, string>;
  readonly #seen = new Map<string, string>();

  /** @param known address -> name, above what DNS says */
  constructor(known: ReadonlyMap<string, string> = new Map()) {
    this.#known = known;
  }

  of(address: string): string | undefined {
    return this.#known.get(address) ?? this.#seen.get(address);
  }

  /** By DNS alone. */
  learned(address: string): string | undefined {
    return this.#seen.get(address);
  }

  /** An answer names the addresses it gives by what was asked, not by where a CNAME led. */
  learn(exchange: Exchange): void {
    if (exchange.protocol !== 'dns') return;
    const name = exchange.fields['dns.qry.name'];
    if (typeof name !== 'string' || name === '') return;
    for (const field of ['dns.a', 'dns.aaaa']) {
      const addresses = exchange.fields[field];
      if (!Array.isArray(addresses)) continue;
      for (const address of addresses as readonly string[]) this.#remember(address, utf8FromBytes(name));
    }
  }

  #remember(address: string, name: string): void {
    this.#seen.delete(address);
    this.#seen.set(address, name);
    if (this.#seen.size <= maxNames) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      return;
    }
  }

  /** What DNS said: address, name. For files. */
  entries(): IterableIterator<[string, string]> {
    return this.#seen.entries();
  }
}
