/** Does a container belong to what was typed? A name is that of one container, whichever run of it. */
import { type Container, type ContainerSelector, selects } from '../target/index.ts';
import type { Member } from './messages.ts';

/** Until it is known what a name means: so much of an id is meant as one. Shorter hex words may be names. */
const idForm = /^[0-9a-f]{12,64}$/;

type NameSelector = Extract<ContainerSelector, { kind: 'name' }>;

/** What a name stands for, once it has been found: a name, of one runtime, or an id. */
interface Bond {
  readonly runtime: string;
  readonly name?: string;
  readonly id?: string;
}

export class Membership {
  readonly #groups: readonly ContainerSelector[];
  readonly #names: readonly NameSelector[];
  readonly #bonds = new Map<NameSelector, Bond>();
  readonly #removed = new Set<string>();

  constructor(selectors: readonly ContainerSelector[], known: readonly Member[]) {
    this.#groups = selectors.filter((s) => s.kind !== 'name');
    this.#names = selectors.filter((s) => s.kind === 'name');
    for (const member of known) if (member.id !== '') this.bind(member);
  }

  wants(container: Container): boolean {
    return (
      this.#groups.some((selector) => selects(selector, container)) ||
      this.#names.some((selector) => this.#isNamed(selector, container))
    );
  }

  /** It has joined: from now on its name, or its id, is what was meant. */
  bind({ runtime, id, name }: Pick<Member, 'runtime' | 'id' | 'name'>): void {
    for (const selector of this.#names) {
      if (this.#bonds.has(selector) || (selector.runtime !== '' && selector.runtime !== runtime)) continue;
      if (name === selector.name) this.#bonds.set(selector, { runtime, name });
      else if (id.startsWith(selector.name)) this.#bonds.set(selector, { runtime, id });
    }
  }

  /** The runtime has forgotten it: an id never comes back. */
  removed(id: string): void {
    this.#removed.add(id);
  }

  /** Nobody can join any more. */
  get isOver(): boolean {
    return (
      this.#groups.length === 0 &&
      this.#names.every((selector) => this.#removed.has(this.#bonds.get(selector)?.id ?? ''))
    );
  }

  #isNamed(selector: NameSelector, { runtime, id, name }: Container): boolean {
    const bond = this.#bonds.get(selector);
    if (bond)
      return bond.runtime === runtime && (bond.id === undefined ? bond.name === name : bond.id === id);
    if (selector.runtime !== '' && selector.runtime !== runtime) return false;
    return name === selector.name || (idForm.test(selector.name) && id.startsWith(selector.name));
  }
}
