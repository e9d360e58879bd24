/** The namespaces that are watched, by number, and who is in each. */
import type { Member } from './messages.ts';

export interface Seat {
  /** What parser and opener call it. */
  readonly namespace: number;
  readonly inode: number;
  readonly label: string;
  /** Where it can be opened, for one that has no process we know of. */
  readonly path?: string;
  members: readonly Member[];
}

export class Seats {
  readonly #seats = new Map<number, Seat>();
  #next = 0;

  /** Numbers are given once. */
  add(seat: Omit<Seat, 'namespace'>): Seat {
    const added = { ...seat, namespace: this.#next++ };
    this.#seats.set(added.namespace, added);
    return added;
  }

  remove(seat: Seat): void {
    this.#seats.delete(seat.namespace);
  }

  of(namespace: number): Seat | undefined {
    return this.#seats.get(namespace);
  }

  /** An inode is used again when a namespace is gone: of those that are watched only one has it. */
  at(inode: number): Seat | undefined {
    return this.all().find((seat) => seat.inode === inode);
  }

  all(): Seat[] {
    return [...this.#seats.values()];
  }
}
