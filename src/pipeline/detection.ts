/** Which protocol is it: by content of both sides; ports only order the questions. */
import type { ProtocolModule } from '../model/index.ts';

export type Verdict =
  | { readonly kind: 'found'; readonly module: ProtocolModule; readonly flipped: boolean }
  | { readonly kind: 'more' }
  | { readonly kind: 'none' };

const more: Verdict = { kind: 'more' };
const none: Verdict = { kind: 'none' };

/** Port orders kept: a scan of all ports must not keep 65536 lists. */
const maxOrders = 1024;

export class Detection {
  readonly #modules: readonly ProtocolModule[];
  readonly #orders = new Map<number, readonly ProtocolModule[]>();
  readonly #serverPorts: ReadonlySet<number>;
  /** By port: said to be that, so nothing is asked. */
  readonly #said = new Map<number, ProtocolModule>();

  /** @param decodeAs port -> name of a module; unknown names are left out */
  constructor(modules: readonly ProtocolModule[], decodeAs: ReadonlyMap<number, string> = new Map()) {
    this.#modules = modules;
    for (const [port, name] of decodeAs) {
      const module = this.byName(name);
      if (module) this.#said.set(port, module);
    }
    this.#serverPorts = new Set([...modules.flatMap((m) => [...m.ports]), ...this.#said.keys()]);
  }

  /** A port some protocol usually listens on. */
  isServerPort(port: number): boolean {
    return this.#serverPorts.has(port);
  }

  byName(name: string): ProtocolModule | undefined {
    return this.#modules.find((m) => m.name === name);
  }

  /** @param mayFlip whether client and server are only guessed */
  ask(
    client: Uint8Array,
    server: Uint8Array,
    transport: 'tcp' | 'udp',
    port: number,
    mayFlip: boolean,
  ): Verdict {
    const said = this.#said.get(port);
    if (said?.transports.includes(transport)) return { kind: 'found', module: said, flipped: false };
    let open = false;
    const order = this.#orderFor(port);
    for (const module of order) {
      if (!module.transports.includes(transport)) continue;
      const answer = module.detect(client, server, transport);
      if (answer === 'yes') return { kind: 'found', module, flipped: false };
      if (answer === 'more') open = true;
    }
    if (mayFlip)
      for (const module of order)
        if (module.transports.includes(transport) && module.detect(server, client, transport) === 'yes')
          return { kind: 'found', module, flipped: true };
    return open ? more : none;
  }

  #orderFor(port: number): readonly ProtocolModule[] {
    let order = this.#orders.get(port);
    if (!order) {
      if (this.#orders.size >= maxOrders) this.#orders.clear();
      const usual = this.#modules.filter((m) => m.ports.includes(port));
      order = [...usual, ...this.#modules.filter((m) => !m.ports.includes(port))];
      this.#orders.set(port, order);
    }
    return order;
  }
}
