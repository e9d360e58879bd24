/**
 * Requests under way, found again when their exchange is over: it has the same begin on the same connection. So have
 * others that came with the same packet (pipelined, or streams of one connection): of them it is the one that it says
 * the same as.
 */
import type { Exchange } from '../model/index.ts';

/** Beyond it requests get a row when they are answered. */
const openMax = 50_000;

interface Open {
  readonly id: number;
  readonly fields: Exchange['fields'];
}

const keyOf = ({ connection, startAt }: Exchange) => `${connection.id} ${startAt}`;

/** What rides inside may be told as another protocol in the end, and more is known then. */
const saysTheSame = (open: Open, { fields }: Exchange) =>
  Object.keys(open.fields).every(
    (name) =>
      open.fields[name] === undefined || fields[name] === undefined || open.fields[name] === fields[name],
  );

export class UnderWay {
  readonly #open = new Map<string, Open[]>();
  #count = 0;

  get isFull(): boolean {
    return this.#count >= openMax;
  }

  begin(exchange: Exchange, id: number): void {
    const key = keyOf(exchange);
    const open = { id, fields: exchange.fields };
    const others = this.#open.get(key);
    if (others) others.push(open);
    else this.#open.set(key, [open]);
    this.#count++;
  }

  /** @returns the row it had; undefined: it had none */
  finish(exchange: Exchange): number | undefined {
    const key = keyOf(exchange);
    const all = this.#open.get(key);
    if (!all) return undefined;
    const same = all.findIndex((open) => saysTheSame(open, exchange));
    const [found] = all.splice(Math.max(0, same), 1);
    if (all.length === 0) this.#open.delete(key);
    this.#count--;
    return found!.id;
  }

  clear(): void {
    this.#open.clear();
    this.#count = 0;
  }
}
