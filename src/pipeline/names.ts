/** Names of addresses: what the watcher knows (containers), and what DNS answers said. */
import type { Exchange } from '../model/index.ts';
import { formatIpv6 } from '../util/address.ts';
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
    if (exchange.protocol !== 'dns' || exchange.outcome !== 'ok') return;
    const { 'dns.qry.name': name, 'dns.qry.type': type, 'dns.result': result } = exchange.fields;
    if (typeof name !== 'string' || name === '') return;
    for (const field of ['dns.a', 'dns.aaaa']) {
      const addresses = exchange.fields[field];
      if (!Array.isArray(addresses)) continue;
      for (const address of addresses as readonly string[]) this.#remember(address, utf8FromBytes(name));
    }
    // A name that was looked up for an address says less than the one it was reached by.
    const address = type === 'PTR' ? reversed(name) : undefined;
    if (address === undefined || typeof result !== 'string' || this.#seen.has(address)) return;
    const [first = ''] = result.split(', ');
    if (/^[\w.-]+$/.test(first)) this.#remember(address, first);
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

/** The address of an in-addr.arpa or ip6.arpa name (RFC 1035 section 3.5, RFC 3596 section 2.5). */
function reversed(name: string): string | undefined {
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/i.exec(name);
  if (v4) return `${v4[4]}.${v4[3]}.${v4[2]}.${v4[1]}`;
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/i.exec(name);
  if (!v6) return undefined;
  const digits = v6[1]!.replaceAll('.', '').split('').reverse();
  return formatIpv6(
    Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits[2 * i]! + digits[2 * i + 1]!, 16)),
    0,
  );
}
